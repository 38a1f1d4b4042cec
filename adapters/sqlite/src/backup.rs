//! A copy of the whole store in one file, while it runs.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::{
    schema::{Role, connect, create_private},
    store::SqliteStore,
};

/// Why no backup was made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something is there already.
    #[error("{0} exists; name another file, or move it away first")]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite could not read the store or write the copy.
    #[error("the backup failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The process is stopping.
    #[error("the backup was interrupted")]
    Interrupted,
}

impl SqliteStore {
    /// Writes everything that was committed at one moment into one file, readable by its owner
    /// alone, and returns when it is on disk. Messages go on being taken meanwhile.
    ///
    /// The copy holds personal data and the installation's secret, as the store does.
    pub async fn backup(&self, destination: impl Into<PathBuf>) -> Result<(), BackupError> {
        let source = self.path().to_owned();
        let destination = destination.into();
        tokio::task::spawn_blocking(move || {
            if destination.exists() {
                return Err(BackupError::Exists(destination));
            }
            let partial = beside(&destination, ".partial");
            let connection = connect(&source, Role::Writer)?;
            copy(&connection, &partial)?;
            // The name appears only with the whole copy under it.
            fs::rename(&partial, &destination)
                .and_then(|()| sync_folder(&destination))
                .map_err(|source| BackupError::File {
                    path: destination,
                    source,
                })
        })
        .await
        .map_err(|_| BackupError::Interrupted)?
    }
}

/// Copies a database into a file that nobody else may read, and syncs it.
pub(crate) fn copy(connection: &Connection, destination: &Path) -> Result<(), BackupError> {
    let file_error = |source| BackupError::File {
        path: destination.to_owned(),
        source,
    };
    match fs::remove_file(destination) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(file_error(error)),
        _ => {}
    }
    create_private(destination).map_err(file_error)?;
    connection.execute("VACUUM INTO ?1", [destination.to_string_lossy()])?;
    File::open(destination)
        .and_then(|file| file.sync_all())
        .map_err(file_error)
}

/// A file of a similar name in the same folder.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes a rename in the folder of `path` durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
