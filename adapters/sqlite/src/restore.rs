//! Going back to a backup without sending, or keeping, what time has overtaken.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use muykol_core::words::{
    ConversationId, Entry, EntryBody, EntryId, Inbound, InboundId, PersonId, Timestamp,
};
use rusqlite::{Connection, OpenFlags, params};

use crate::{
    backup::{BackupError, beside, copy, sync_folder},
    commit::{expiry, insert_line},
    db::{Db, from_json},
    erase::{Ledger, erase, mark},
    failure::Failure,
    lock::Presence,
    schema::{OpenError, Role, connect, prepare},
    turns::set_aside,
};

/// What became of what the backup held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restored {
    /// Messages that had not been answered: kept as lines of history that nobody answers any
    /// more, for an answer would come hours late.
    pub unanswered: u64,
    /// Effects that had not been sent: parked for the operator.
    pub parked: u64,
    /// Persons who were erased since the backup, and now again.
    pub erased: u64,
    /// Listeners whose position was taken over from the replaced store because it is newer.
    pub positions: u64,
}

/// Why nothing was restored. The store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no such backup.
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// There is a store already, and nobody said that it may be replaced.
    #[error("{0} exists; say explicitly that it may be replaced, or name another file")]
    Exists(PathBuf),
    /// The store is open.
    #[error("{0} is in use; stop muykol first")]
    InUse(PathBuf),
    /// The backup cannot be used.
    #[error("the backup cannot be used: {0}")]
    Backup(#[source] OpenError),
    /// The backup is damaged.
    #[error("the backup is damaged; use another one")]
    Damaged,
    /// The store that is to be replaced cannot be read, and with it who was erased since.
    #[error(
        "the store that would be replaced cannot be read ({0}); move it away to restore without \
         it, then erase again whoever was erased since the backup"
    )]
    Replaced(#[source] OpenError),
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite failed on the way.
    #[error("the restore failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The backup holds something unreadable, in the column named.
    #[error("the backup holds something unreadable: {0}")]
    Unreadable(&'static str),
}

impl From<Failure> for RestoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Sqlite(error) => Self::Sqlite(error),
            Failure::Unreadable(what) => Self::Unreadable(what),
        }
    }
}

impl From<BackupError> for RestoreError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::File { path, source } => Self::File { path, source },
            BackupError::Sqlite(error) => Self::Sqlite(error),
            BackupError::Exists(path) => Self::Exists(path),
            BackupError::Interrupted => Self::Damaged,
        }
    }
}

/// Puts a backup in the place of the store `destination`, which no process may have open.
///
/// What was to be sent is parked, what waited for an answer becomes history. From a store that is
/// replaced come the newer positions of listeners, the keys of messages that were answered since,
/// and the ledger of erasures, by which persons erased since the backup are erased again. Blocks
/// until the result is on disk; until then the store is as it was.
pub fn restore(
    backup: &Path,
    destination: &Path,
    replace: bool,
    now: Timestamp,
) -> Result<Restored, RestoreError> {
    if !backup.is_file() {
        return Err(RestoreError::Missing(backup.to_owned()));
    }
    let file_error = |source| RestoreError::File {
        path: destination.to_owned(),
        source,
    };
    let _alone = Presence::only(destination)
        .map_err(file_error)?
        .ok_or_else(|| RestoreError::InUse(destination.to_owned()))?;
    let replaces = destination.exists();
    if replaces && !replace {
        return Err(RestoreError::Exists(destination.to_owned()));
    }

    let fresh = beside(destination, ".restoring");
    copy(&open_backup(backup)?, &fresh)?;
    let restored = renew(&fresh, replaces.then_some(destination), now)?;

    // The old journal must not be taken for the new file's.
    for journal in ["-wal", "-shm"] {
        match fs::remove_file(beside(destination, journal)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(file_error(error)),
            _ => {}
        }
    }
    fs::rename(&fresh, destination)
        .and_then(|()| sync_folder(destination))
        .map_err(file_error)?;
    Ok(restored)
}

fn open_backup(path: &Path) -> Result<Connection, RestoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|error| RestoreError::Backup(error.into()))?;
    let sound: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| RestoreError::Backup(error.into()))?;
    if sound == "ok" {
        Ok(connection)
    } else {
        Err(RestoreError::Damaged)
    }
}

/// Brings the copy of the backup to the present, in one transaction, and makes it one file.
fn renew(fresh: &Path, replaced: Option<&Path>, now: Timestamp) -> Result<Restored, RestoreError> {
    prepare(fresh).map_err(RestoreError::Backup)?;
    let connection = connect(fresh, Role::Writer)?;
    if let Some(old) = replaced {
        prepare(old).map_err(RestoreError::Replaced)?;
        // All of it into the file itself: its journal goes with the rename.
        connect(old, Role::Writer)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        connection.execute("ATTACH ?1 AS old", [old.to_string_lossy()])?;
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut restored = Restored::default();
    let mut erased = Vec::new();
    if replaced.is_some() {
        restored.positions = take_over(&connection)?;
        erased = erased_since(&connection)?;
    }
    connection.execute("DELETE FROM effects WHERE vanishes = 1", [])?;
    restored.parked = connection.execute(
        "UPDATE effects SET parked = 'not sent before the backup was restored', holder = NULL,
                lease_until = NULL
          WHERE parked IS NULL",
        [],
    )? as u64;
    connection.execute_batch(
        "UPDATE conversations SET epoch = epoch + 1, holder = NULL, lease_until = NULL,
                draft = NULL, attempts = 0;
         UPDATE leases SET term = term + 1, holder = NULL, lease_until = NULL;",
    )?;

    let churches: Vec<String> = connection
        .prepare("SELECT church FROM persons UNION SELECT church FROM waiting")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut db = Db {
        connection,
        church: String::new(),
    };
    let ledger = Ledger {
        key: secret(&db.connection, "main")?,
        wal: None,
    };
    for church in churches {
        db.church = church;
        restored.unanswered += close_waiting(&db, now)?;
        for (_, person) in erased.iter().filter(|(church, _)| *church == db.church) {
            erase(&db, person, &ledger, now)?;
            restored.erased += 1;
        }
    }
    db.connection.execute_batch("COMMIT")?;
    if replaced.is_some() {
        db.connection.execute_batch("DETACH old")?;
    }
    // One file without a journal, so that the rename moves everything.
    let journal: String =
        db.connection
            .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    if journal == "delete" {
        Ok(restored)
    } else {
        Err(RestoreError::InUse(fresh.to_owned()))
    }
}

fn secret(connection: &Connection, schema: &str) -> rusqlite::Result<Vec<u8>> {
    connection.query_row(
        &format!("SELECT secret FROM {schema}.installation"),
        [],
        |row| row.get(0),
    )
}

/// Takes what is newer in the replaced store; returns how many positions that were.
fn take_over(connection: &Connection) -> Result<u64, RestoreError> {
    let positions = connection.execute(
        "INSERT INTO main.leases (church, name, term, position, moved)
         SELECT church, name, term, position, moved FROM old.leases WHERE true
         ON CONFLICT DO UPDATE SET position = excluded.position, moved = excluded.moved,
                term = max(term, excluded.term)
          WHERE excluded.moved > moved",
        [],
    )?;
    connection.execute(
        "UPDATE main.conversations SET epoch = max(conversations.epoch, o.epoch)
           FROM old.conversations AS o
          WHERE o.church = conversations.church AND o.id = conversations.id",
        [],
    )?;
    if secret(connection, "main")? == secret(connection, "old")? {
        // What waits in the replaced store is lost with it: delivered again, it is to be taken.
        connection.execute(
            "INSERT OR IGNORE INTO main.dedupe (church, key, digest, inbound, received)
             SELECT church, key, digest, inbound, received FROM old.dedupe AS d
              WHERE NOT EXISTS (SELECT 1 FROM old.waiting AS w
                                 WHERE w.church = d.church AND w.id = d.inbound)",
            [],
        )?;
        connection.execute(
            "INSERT OR IGNORE INTO main.erasures SELECT * FROM old.erasures",
            [],
        )?;
    }
    Ok(positions as u64)
}

/// Persons of the backup whom the replaced store's ledger knows as erased.
fn erased_since(connection: &Connection) -> Result<Vec<(String, PersonId)>, RestoreError> {
    let key = secret(connection, "old")?;
    let ledger: HashSet<(String, [u8; 32])> = connection
        .prepare("SELECT church, person FROM old.erasures")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut statement = connection.prepare("SELECT church, id FROM main.persons")?;
    let persons = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut erased = Vec::new();
    for person in persons {
        let (church, id): (String, String) = person?;
        if ledger.contains(&(church.clone(), mark(&key, &id))) {
            erased.push((church, PersonId(id)));
        }
    }
    Ok(erased)
}

/// Makes lines of history of the messages that wait. Returns how many.
fn close_waiting(db: &Db, now: Timestamp) -> Result<u64, Failure> {
    let waiting = db.all(
        "SELECT id, conversation, person, private, received, expires, message FROM waiting
          WHERE church = ?1 ORDER BY seq",
        params![db.church],
        |row| {
            Ok((
                InboundId(row.get(0)?),
                ConversationId(row.get(1)?),
                PersonId(row.get(2)?),
                row.get::<_, bool>(3)?,
                Timestamp(row.get(4)?),
                Timestamp(row.get(5)?),
                row.get::<_, String>(6)?,
            ))
        },
    )?;
    let mut closed = 0;
    for (id, conversation, person, private, received, expires, message) in waiting {
        let Ok(inbound) = from_json::<Inbound>(&message, "message") else {
            set_aside(db, &conversation, &[id])?;
            continue;
        };
        db.run(
            "DELETE FROM waiting WHERE church = ?1 AND id = ?2",
            params![db.church, id.0],
        )?;
        closed += 1;
        let entry = Entry {
            id: EntryId::new(received),
            conversation,
            person,
            at: received,
            body: EntryBody::Person {
                text: inbound.text,
                inbound: id,
            },
        };
        let expires = expiry(db, &entry.person, Some(expires), now)?;
        insert_line(db, &entry, private, expires)?;
    }
    Ok(closed)
}
