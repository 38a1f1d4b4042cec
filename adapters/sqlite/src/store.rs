//! The store as a whole: opened, shared, closed.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hmac::{Hmac, Mac};
use muykol_core::{seams::StoreError, words::ChurchId};
use sha2::Sha256;
use tokio::{sync::oneshot, time::timeout};
use uuid::Uuid;

use crate::{
    checkpoint::{Checkpoints, Wal},
    db::Db,
    failure::Failure,
    lock::Presence,
    reader::Readers,
    schema::{OpenError, Role, connect, prepare},
    writer::Writer,
};

/// How the store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The church whose rows are read and written.
    pub church: ChurchId,
    /// How many threads read; at least 1. Each has its own connection and up to 2 MiB of cache.
    pub readers: usize,
    /// How many operations may wait before further ones are refused as unavailable.
    pub queue: usize,
    /// How long an operation may take before it is answered as unavailable.
    pub patience: Duration,
}

impl Options {
    /// Two readers, 4,096 operations waiting at most, for two seconds at most.
    pub fn new(church: ChurchId) -> Self {
        Self {
            church,
            readers: 2,
            queue: 4096,
            patience: Duration::from_secs(2),
        }
    }
}

/// The store in one SQLite file. Clones share it; it closes with the last of them, which waits for
/// what is queued.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

// In the order in which they are to be dropped: the file goes last.
struct Inner {
    writer: Writer,
    readers: Readers,
    checkpoints: Checkpoints,
    key: Vec<u8>,
    options: Options,
    path: PathBuf,
    presence: Presence,
    _temporary: Option<Temporary>,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.inner.path)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the store, creating the file if it is missing. `:memory:` makes one that is gone
    /// when it is closed (a file all the same, in the folder for temporary files).
    ///
    /// If no other process has the file open, leases of dead holders end at once; otherwise they
    /// run out by time.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let temporary = (path == Path::new(":memory:")).then(Temporary::new);
        let path = temporary
            .as_ref()
            .map_or_else(|| path.to_owned(), |temporary| temporary.0.clone());

        let mut key = Vec::new();
        let presence = Presence::enter(&path, || {
            key = prepare(&path)?;
            Ok(end_leases(&connect(&path, Role::Writer)?)?)
        })
        .map_err(|error: EnterError| error.into_open(&path))?;
        if key.is_empty() {
            key = prepare(&path)?;
        }
        let db = |role| -> Result<Db, OpenError> {
            Ok(Db {
                connection: connect(&path, role)?,
                church: options.church.0.clone(),
            })
        };
        let checkpoints =
            Checkpoints::start(connect(&path, Role::Writer)?).map_err(OpenError::Thread)?;
        let writer = Writer::start(
            db(Role::Writer)?,
            Arc::clone(checkpoints.wal()),
            options.queue,
        )
        .map_err(OpenError::Thread)?;
        let connections = (0..options.readers.max(1))
            .map(|_| db(Role::Reader))
            .collect::<Result<_, _>>()?;
        let readers = Readers::start(connections, options.queue).map_err(OpenError::Thread)?;
        Ok(Self {
            inner: Arc::new(Inner {
                writer,
                readers,
                checkpoints,
                key,
                options,
                path,
                presence,
                _temporary: temporary,
            }),
        })
    }

    /// Whether no other process had the file open when this one opened it.
    pub fn was_alone(&self) -> bool {
        self.inner.presence.alone
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    pub(crate) fn church(&self) -> &ChurchId {
        &self.inner.options.church
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.inner.key
    }

    pub(crate) fn wal(&self) -> &Arc<Wal> {
        self.inner.checkpoints.wal()
    }

    /// Writes; the answer comes when it is on disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.answered(self.inner.writer.submit(work)?).await
    }

    /// Reads what is on disk.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Db) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.answered(self.inner.readers.submit(read)?).await
    }

    async fn answered<T>(
        &self,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match timeout(self.inner.options.patience, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Unavailable("it has stopped".to_owned())),
            Err(_) => Err(StoreError::Unavailable(
                "it did not answer in time".to_owned(),
            )),
        }
    }
}

/// Ends every lease, keeping who held it: what was being sent may have been sent.
fn end_leases(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "BEGIN IMMEDIATE;
         UPDATE conversations SET lease_until = 0
          WHERE lease_until > 0
            AND (church, id) IN (SELECT church, conversation FROM waiting);
         UPDATE effects SET lease_until = 0 WHERE lease_until > 0;
         UPDATE leases SET lease_until = 0 WHERE lease_until > 0;
         COMMIT;",
    )
}

/// The keyed hash of parts, each with its length, so that ("ab", "c") is not ("a", "bc").
pub(crate) fn keyed_hash(key: &[u8], parts: &[&str]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length");
    };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// Either an input or output error or one that says more.
enum EnterError {
    Io(std::io::Error),
    Open(OpenError),
}

impl From<std::io::Error> for EnterError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<OpenError> for EnterError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<rusqlite::Error> for EnterError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Open(error.into())
    }
}

impl EnterError {
    fn into_open(self, path: &Path) -> OpenError {
        match self {
            Self::Open(error) => error,
            Self::Io(source) => OpenError::File {
                path: path.to_owned(),
                source,
            },
        }
    }
}

/// A file that is removed when it is no longer needed.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("muykol-{}.db", Uuid::new_v4().simple())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let mut name = self.0.as_os_str().to_owned();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
    }
}
