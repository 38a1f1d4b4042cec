//! Moving the journal into the database, off the path of the writes.
//!
//! A thread of its own copies the journal back while writing goes on. Under steady load it never
//! catches up with the last frames, and SQLite begins the journal anew only when all is copied; so
//! once the journal is long the writer copies the short rest itself, between two groups.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::Duration,
};

use rusqlite::Connection;

use crate::db::Db;

/// After how many operations the journal is copied.
const OPERATIONS: usize = 2_000;
/// After how long it is copied when less has come in.
const QUIET: Duration = Duration::from_secs(10);
/// From how many frames (of 4 KiB) on the writer helps to begin the journal anew.
const LONG: i64 = 8_192;

/// The checkpoint thread; dropping this ends it and closes its connection.
pub(crate) struct Checkpoints {
    wal: Arc<Wal>,
    thread: Option<JoinHandle<()>>,
}

/// What the writer and the checkpoint thread tell each other.
pub(crate) struct Wal {
    operations: AtomicUsize,
    finish: AtomicBool,
    scrub: AtomicBool,
    stop: AtomicBool,
    wake: SyncSender<()>,
}

impl Checkpoints {
    /// Starts the thread.
    pub(crate) fn start(connection: Connection) -> io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let wal = Arc::new(Wal {
            operations: AtomicUsize::new(0),
            finish: AtomicBool::new(false),
            scrub: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            wake,
        });
        let shared = Arc::clone(&wal);
        let thread = Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || serve(&connection, &shared, &woken))?;
        Ok(Self {
            wal,
            thread: Some(thread),
        })
    }

    pub(crate) fn wal(&self) -> &Arc<Wal> {
        &self.wal
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wal.stop.store(true, Ordering::Relaxed);
        // If this is full the thread is about to wake as it is.
        let _ = self.wal.wake.try_send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Wal {
    /// The writer has committed so many operations.
    pub(crate) fn grew(&self, db: &Db, operations: usize) {
        if self.finish.swap(false, Ordering::Relaxed) {
            let _ = passive(&db.connection);
        }
        let total = self.operations.fetch_add(operations, Ordering::Relaxed) + operations;
        if total >= OPERATIONS || self.scrub.load(Ordering::Relaxed) {
            let _ = self.wake.try_send(());
        }
    }

    /// Something was erased: what the journal still holds of it goes as soon as possible.
    pub(crate) fn scrub(&self) {
        self.scrub.store(true, Ordering::Relaxed);
    }
}

fn serve(connection: &Connection, wal: &Wal, woken: &Receiver<()>) {
    while woken.recv_timeout(QUIET) != Err(RecvTimeoutError::Disconnected)
        && !wal.stop.load(Ordering::Relaxed)
    {
        if wal.operations.swap(0, Ordering::Relaxed) == 0 {
            continue;
        }
        if wal.scrub.swap(false, Ordering::Relaxed) && truncate(connection).is_err() {
            wal.scrub.store(true, Ordering::Relaxed);
        }
        // The second round copies what came in during the first, so that little is left.
        if let Ok(frames) = passive(connection)
            && frames > LONG
            && passive(connection).is_ok()
        {
            wal.finish.store(true, Ordering::Relaxed);
        }
    }
}

/// Copies what can be copied without anybody waiting; returns how long the journal is, in frames.
fn passive(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?
        .query_row([], |row| row.get(1))
}

/// Copies everything and empties the journal's file.
fn truncate(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("PRAGMA wal_checkpoint(TRUNCATE)")?
        .query_row([], |_| Ok(()))
}
