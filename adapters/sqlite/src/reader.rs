//! Reads, on a few threads with a connection each.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{Builder, JoinHandle},
};

use muykol_core::seams::StoreError;
use tokio::sync::oneshot;

use crate::{db::Db, failure::Failure};

type Read = Box<dyn FnOnce(&Db) + Send>;

/// The way to the reading threads.
pub(crate) struct Readers {
    queue: Option<SyncSender<Read>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts one thread for each connection.
    pub(crate) fn start(connections: Vec<Db>, queue: usize) -> io::Result<Self> {
        let (sender, receiver) = sync_channel::<Read>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        let threads = connections
            .into_iter()
            .map(|db| {
                let receiver = Arc::clone(&receiver);
                Builder::new()
                    .name("store-reader".to_owned())
                    .spawn(move || {
                        while let Some(read) = next(&receiver) {
                            read(&db);
                        }
                    })
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            queue: Some(sender),
            threads,
        })
    }

    /// Queues a read.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Db) -> Result<T, Failure> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Read = Box::new(move |db| {
            if !reply.is_closed() {
                let _ = reply.send(read(db).map_err(StoreError::from));
            }
        });
        let stopped = || StoreError::Unavailable("the readers have stopped".to_owned());
        match self.queue.as_ref().ok_or_else(stopped)?.try_send(job) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => Err(StoreError::Unavailable(
                "too many reads are waiting".to_owned(),
            )),
            Err(TrySendError::Disconnected(_)) => Err(stopped()),
        }
    }
}

fn next(receiver: &Mutex<Receiver<Read>>) -> Option<Read> {
    receiver
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recv()
        .ok()
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(self.queue.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
