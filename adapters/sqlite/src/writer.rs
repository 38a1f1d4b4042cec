//! The single writer: what has queued up becomes one transaction.
//!
//! An operation runs in its own savepoint, so that a failing one takes nothing else with it. All
//! of a group are answered after the commit has been synced to disk, never before.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{Builder, JoinHandle},
    time::Instant,
};

use muykol_core::seams::StoreError;
use tokio::sync::oneshot;

use crate::{checkpoint::Wal, db::Db, failure::Failure};

/// How many operations share one commit at most.
const GROUP: usize = 512;

/// The way to the writer thread.
pub(crate) struct Writer {
    queue: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

/// One operation on its way through a group.
trait Job: Send {
    /// Does the work; false if it failed and is to be rolled back.
    fn run(&mut self, db: &Db) -> bool;
    /// Answers, with the work's own result if the group was committed.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
}

struct Write<W, T> {
    work: Option<W>,
    result: Option<Result<T, Failure>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<W, T> Job for Write<W, T>
where
    W: FnOnce(&Db) -> Result<T, Failure> + Send,
    T: Send,
{
    fn run(&mut self, db: &Db) -> bool {
        self.result = self.work.take().map(|work| work(db));
        matches!(self.result, Some(Ok(_)))
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.result, committed) {
            (Some(Err(failure)), _) => Err(failure.into()),
            (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(StoreError::Unavailable("it was not tried".to_owned())),
        };
        // Whoever gave up waiting does not hear it; operations are safe to repeat.
        let _ = self.reply.send(answer);
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(db: Db, wal: Arc<Wal>, queue: usize) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(queue);
        let thread = Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&db, &wal, &receiver))?;
        Ok(Self {
            queue: Some(sender),
            thread: Some(thread),
        })
    }

    /// Queues an operation; its answer comes through the receiver once it is on disk.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, Failure> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Write {
            work: Some(work),
            result: None,
            reply,
        });
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        match queue.try_send(job) {
            Ok(()) => {
                metrics::gauge!("muykol_store_queue_depth").increment(1.0);
                Ok(answer)
            }
            Err(TrySendError::Full(_)) => Err(StoreError::Unavailable(
                "too many writes are waiting".to_owned(),
            )),
            Err(TrySendError::Disconnected(_)) => Err(stopped()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".to_owned())
}

fn serve(db: &Db, wal: &Wal, queue: &Receiver<Box<dyn Job>>) {
    let mut group = Vec::with_capacity(GROUP);
    while let Ok(first) = queue.recv() {
        group.push(first);
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        metrics::gauge!("muykol_store_queue_depth").decrement(count(group.len()));
        group.retain(|job| !job.is_abandoned());
        if group.is_empty() {
            continue;
        }
        let started = Instant::now();
        let committed = write_group(db, &mut group).map_err(StoreError::from);
        metrics::histogram!("muykol_store_commit_seconds").record(started.elapsed());
        metrics::histogram!("muykol_store_group_size").record(count(group.len()));
        let operations = group.len();
        for job in group.drain(..) {
            job.finish(committed.clone());
        }
        wal.grew(db, operations);
    }
}

/// A group's size as a metric; never more than [`GROUP`].
fn count(operations: usize) -> f64 {
    u32::try_from(operations).map_or(f64::INFINITY, f64::from)
}

fn write_group(db: &Db, group: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    let result = db.run("BEGIN IMMEDIATE", []).and_then(|_| {
        for job in group {
            run_one(db, job.as_mut())?;
        }
        db.run("COMMIT", [])
    });
    if result.is_err() && !db.connection.is_autocommit() {
        // If even this fails, the next BEGIN says so.
        let _ = db.run("ROLLBACK", []);
    }
    result.map(drop)
}

/// Runs one operation; an error means that the whole group is lost.
fn run_one(db: &Db, job: &mut dyn Job) -> Result<(), Failure> {
    db.run("SAVEPOINT operation", [])?;
    if !job.run(db) {
        // A full disk, for one, ends the transaction itself; this fails then, and with it all.
        db.run("ROLLBACK TO operation", [])?;
    }
    db.run("RELEASE operation", [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::{
        checkpoint::Checkpoints,
        schema::{Role, connect, prepare},
    };

    /// A writer that is busy until the sender is dropped.
    fn busy(queue: usize) -> (tempfile::TempDir, Checkpoints, Writer, Sender<()>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("writer.db");
        prepare(&path).unwrap();
        let db = Db {
            connection: connect(&path, Role::Writer).unwrap(),
            church: "grace".to_owned(),
        };
        let checkpoints = Checkpoints::start(connect(&path, Role::Writer).unwrap()).unwrap();
        let writer = Writer::start(db, Arc::clone(checkpoints.wal()), queue).unwrap();
        let (release, released) = channel::<()>();
        let (entered, inside) = channel::<()>();
        drop(writer.submit(|_| Ok(())).unwrap());
        let hold = writer.submit(move |_| {
            entered.send(()).ok();
            released.recv().ok();
            Ok(())
        });
        inside.recv().unwrap();
        std::mem::forget(hold);
        (folder, checkpoints, writer, release)
    }

    fn insert(db: &Db, id: &str) -> Result<(), Failure> {
        db.run(
            "INSERT INTO persons (church, id, generation, profile) VALUES ('grace', ?1, 0, '{}')",
            [id],
        )?;
        Ok(())
    }

    #[tokio::test]
    async fn a_failing_operation_takes_nothing_else_with_it() {
        let (_folder, _checkpoints, writer, release) = busy(16);
        let first = writer.submit(|db| insert(db, "first")).unwrap();
        let broken = writer
            .submit(|db| {
                insert(db, "half")?;
                insert(db, "first")
            })
            .unwrap();
        let last = writer.submit(|db| insert(db, "last")).unwrap();
        drop(release);
        first.await.unwrap().unwrap();
        assert!(broken.await.unwrap().is_err());
        last.await.unwrap().unwrap();
        let held = writer
            .submit(|db| {
                db.all("SELECT id FROM persons ORDER BY id", [], |row| {
                    row.get::<_, String>(0)
                })
            })
            .unwrap();
        assert_eq!(held.await.unwrap().unwrap(), ["first", "last"]);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_done() {
        let (_folder, _checkpoints, writer, release) = busy(16);
        drop(writer.submit(|db| insert(db, "abandoned")).unwrap());
        let wanted = writer.submit(|db| insert(db, "wanted")).unwrap();
        drop(release);
        wanted.await.unwrap().unwrap();
        let held = writer
            .submit(|db| db.any("SELECT 1 FROM persons WHERE id = 'abandoned'", []))
            .unwrap();
        assert!(!held.await.unwrap().unwrap());
    }

    #[test]
    fn a_full_queue_says_so() {
        let (_folder, _checkpoints, writer, release) = busy(2);
        let waiting: Vec<_> = (0..2).map(|_| writer.submit(|_| Ok(())).unwrap()).collect();
        let refused = writer.submit(|_| Ok(())).err();
        assert!(matches!(refused, Some(StoreError::Unavailable(_))));
        drop(release);
        drop(waiting);
    }
}
