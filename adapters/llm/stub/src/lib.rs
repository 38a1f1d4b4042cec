//! A local server that speaks enough of the OpenAI chat API to test muykol against, without a
//! model: the same answer each time, as fast or as badly as the script says.
//!
//! - `POST /v1/chat/completions` answers by the script.
//! - `PUT /control/scripts` takes one [`Script`] or a list of them as JSON; each request takes the
//!   next, the last stays.
//! - `GET /control/requests` → `{"requests": n}`.
//!
//! For tests only: it asks for no key and keeps the last request in memory.

mod frames;
mod script;

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
    serve::ListenerExt,
};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use frames::Prepared;
pub use script::{Behaviour, Script};

/// A running server; it stops when this is dropped.
pub struct ModelStub {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// Is told of every answer; see [`ModelStub::observe`].
type Observer = dyn Fn(&[u8], Duration) + Send + Sync;

#[derive(Default)]
struct Shared {
    observer: OnceLock<Box<Observer>>,
    requests: AtomicU64,
    scripts: Mutex<VecDeque<Arc<Prepared>>>,
    last: Mutex<LastRequest>,
}

#[derive(Default, Clone)]
struct LastRequest {
    body: Bytes,
    authorization: Option<String>,
}

impl ModelStub {
    /// Starts on a free port of this machine.
    ///
    /// # Errors
    /// Where no port can be bound.
    pub async fn start(script: Script) -> io::Result<Self> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), script).await
    }

    /// Starts on this address.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub async fn start_on(address: SocketAddr, script: Script) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        shared.set([script]);
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/control/scripts", put(set_scripts))
            .route("/control/requests", get(count))
            .with_state(Arc::clone(&shared));
        // A socket that cannot be set up so is slower, not wrong.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self {
            address,
            shared,
            server,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to configure: `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Answers by these scripts from now on, one request each; the last stays.
    pub fn play(&self, scripts: impl IntoIterator<Item = Script>) {
        self.shared.set(scripts);
    }

    /// How many completions have been asked for.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Tells of every answer from now on: the request's body, and how long it took from the whole
    /// request to the last piece handed to the socket. Only the first observer is told.
    pub fn observe(&self, observer: impl Fn(&[u8], Duration) + Send + Sync + 'static) {
        let _ = self.shared.observer.set(Box::new(observer));
    }

    /// The last request's body; null before the first.
    pub fn last_request(&self) -> Value {
        serde_json::from_slice(&lock(&self.shared.last).body).unwrap_or(Value::Null)
    }

    /// The last request's `Authorization`.
    pub fn last_authorization(&self) -> Option<String> {
        lock(&self.shared.last).authorization.clone()
    }

    /// Serves until the process ends.
    pub async fn serve(mut self) {
        drop((&mut self.server).await);
    }
}

impl Drop for ModelStub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn set(&self, scripts: impl IntoIterator<Item = Script>) {
        let prepared: VecDeque<_> = scripts
            .into_iter()
            .map(|script| Arc::new(Prepared::new(script)))
            .collect();
        if !prepared.is_empty() {
            *lock(&self.scripts) = prepared;
        }
    }

    fn next(&self) -> Option<Arc<Prepared>> {
        let mut scripts = lock(&self.scripts);
        if scripts.len() > 1 {
            scripts.pop_front()
        } else {
            scripts.front().cloned()
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Deserialize)]
struct Ask {
    #[serde(default)]
    stream: bool,
    response_format: Option<serde::de::IgnoredAny>,
}

async fn complete(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let begun = Instant::now();
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let ask: Ask = match serde_json::from_slice(&body) {
        Ok(ask) => ask,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    *lock(&shared.last) = LastRequest {
        body: body.clone(),
        authorization: headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
    };
    match shared.next() {
        Some(prepared) => {
            let response = prepared
                .respond(ask.stream, ask.response_format.is_some())
                .await;
            watched(response, shared, body, begun)
        }
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The response, with the observer told when all of it is written.
fn watched(response: Response, shared: Arc<Shared>, request: Bytes, begun: Instant) -> Response {
    if shared.observer.get().is_none() {
        return response;
    }
    let told = stream::once(async move {
        if let Some(observer) = shared.observer.get() {
            observer(&request, begun.elapsed());
        }
    })
    .filter_map(|()| std::future::ready(None));
    response.map(|body| Body::from_stream(body.into_data_stream().chain(told)))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scripts {
    Many(Vec<Script>),
    One(Box<Script>),
}

async fn set_scripts(
    State(shared): State<Arc<Shared>>,
    Json(scripts): Json<Scripts>,
) -> StatusCode {
    match scripts {
        Scripts::Many(scripts) => shared.set(scripts),
        Scripts::One(script) => shared.set([*script]),
    }
    StatusCode::NO_CONTENT
}

async fn count(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "requests": shared.requests.load(Ordering::Relaxed) }))
}
