//! The model's stand-in, and how long each message spent in it.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use muykol_model_stub::{ModelStub, Script};

/// A stub that keeps the time of every request.
pub struct Model {
    stub: ModelStub,
    times: Arc<Mutex<HashMap<u64, Duration>>>,
}

impl Model {
    /// What stands before a message's number in its text.
    pub const MARK: &str = " Day ";

    /// Starts a model that thinks for so long before its first word, and then writes at once.
    pub async fn start(first_token: Duration) -> io::Result<Self> {
        let stub = ModelStub::start(Script::default().after(first_token)).await?;
        let times: Arc<Mutex<HashMap<u64, Duration>>> = Arc::default();
        let noted = times.clone();
        stub.observe(move |request, took| {
            if let Some(number) = last_number(&String::from_utf8_lossy(request)) {
                let mut times = noted.lock().unwrap_or_else(PoisonError::into_inner);
                *times.entry(number).or_default() += took;
            }
        });
        Ok(Self { stub, times })
    }

    /// The address to configure.
    pub fn base_url(&self) -> String {
        self.stub.base_url()
    }

    /// How long the model took for a message, in all its requests; zero if it was not asked.
    pub fn time_of(&self, number: u64) -> Duration {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.remove(&number).unwrap_or_default()
    }

    /// How many requests it has had.
    pub fn requests(&self) -> u64 {
        self.stub.requests()
    }
}

/// The number of the message that a request ends with; what was said before carries others.
fn last_number(request: &str) -> Option<u64> {
    let (_, rest) = request.rsplit_once(Model::MARK)?;
    rest.split_once('.')?.0.parse().ok()
}
