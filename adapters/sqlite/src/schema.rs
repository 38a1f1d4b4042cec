//! Opening the file: settings, migrations, and the installation's secret.

use std::{
    fs::OpenOptions,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use muykol_core::words::AuditSalt;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

/// Marks the file as ours: "muyk" in ASCII.
const APPLICATION: i32 = 0x6d75_796b;

/// Every change to the tables, oldest first; the database's `user_version` counts those applied.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001_first.sql")];

/// How long a statement waits for another process. Less than the two seconds in which an
/// operation is answered.
const BUSY: Duration = Duration::from_millis(1500);

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be used.
    #[error("cannot open {path}: {source}; check that the folder exists and may be written to")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A newer muykol has written it.
    #[error(
        "the database has version {found}, this muykol knows versions up to {known}; start the \
         newer muykol, or restore a backup made before the upgrade"
    )]
    Newer {
        /// The version of the file.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// It belongs to another program.
    #[error("{0} is an SQLite database of another program; name another file")]
    Foreign(PathBuf),
    /// SQLite could not read it or prepare it.
    #[error("the database cannot be used: {0}; if it is damaged, restore a backup")]
    Sqlite(#[from] rusqlite::Error),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

/// Creates the file if it is missing, readable by its owner alone, and brings its tables up to
/// date. Returns the installation's secret.
pub(crate) fn prepare(path: &Path) -> Result<Vec<u8>, OpenError> {
    create_private(path).map_err(|source| OpenError::File {
        path: path.to_owned(),
        source,
    })?;
    let mut connection = connect(path, Role::Writer)?;
    migrate(&mut connection, path)?;
    // Two processes that start at once agree on the first secret.
    connection.execute(
        "INSERT INTO installation (only_row, secret) VALUES (1, ?1) ON CONFLICT DO NOTHING",
        [AuditSalt::random().bytes()],
    )?;
    Ok(connection.query_row("SELECT secret FROM installation", [], |row| row.get(0))?)
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Reader,
}

/// Opens a connection with the settings that durability rests on.
pub(crate) fn connect(path: &Path, role: Role) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Checkpoints run in the background, see `checkpoint`.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // What is deleted is overwritten: an erasure leaves nothing in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let kibibytes = match role {
        Role::Writer => 16_384,
        Role::Reader => 2_048,
    };
    connection.pragma_update(None, "cache_size", -kibibytes)?;
    connection.pragma_update(None, "query_only", role == Role::Reader)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let owner: i32 = transaction.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let empty = !transaction
        .prepare("SELECT 1 FROM sqlite_schema")?
        .exists([])?;
    if owner != APPLICATION && !empty {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    if version > known {
        return Err(OpenError::Newer {
            found: version,
            known,
        });
    }
    for migration in MIGRATIONS
        .iter()
        .skip(usize::try_from(version).unwrap_or(0))
    {
        transaction.execute_batch(migration)?;
    }
    if version < known {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", known)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Creates a file that only its owner may read; SQLite gives its journal the same permissions.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_syncs_fully() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.db");
        prepare(&path).unwrap();
        for role in [Role::Writer, Role::Reader] {
            let connection = connect(&path, role).unwrap();
            let number = |name: &str| -> i64 {
                connection
                    .pragma_query_value(None, name, |row| row.get(0))
                    .unwrap()
            };
            let journal: String = connection
                .pragma_query_value(None, "journal_mode", |row| row.get(0))
                .unwrap();
            assert_eq!(journal, "wal");
            assert_eq!(number("synchronous"), 2, "FULL");
            assert_eq!(number("foreign_keys"), 1);
            assert_eq!(number("secure_delete"), 1);
            assert_eq!(number("wal_autocheckpoint"), 0);
        }
    }

    #[test]
    fn the_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.db");
        let secret = prepare(&path).unwrap();
        assert_eq!(secret.len(), 32);
        assert_eq!(prepare(&path).unwrap(), secret);
    }
}
