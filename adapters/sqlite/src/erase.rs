//! Erasing a person.

use std::sync::Arc;

use muykol_core::{
    seams::Erased,
    words::{AuditNote, PersonId, Timestamp},
};
use rusqlite::params;
use serde_json::Value;

use crate::{
    audit,
    checkpoint::Wal,
    db::Db,
    failure::Failure,
    store::{SqliteStore, keyed_hash},
};

/// Where the erased are remembered, as keyed hashes.
pub(crate) struct Ledger {
    /// The secret under which they are hashed.
    pub(crate) key: Vec<u8>,
    /// The journal that is to be emptied of what was erased; none while a backup is restored.
    pub(crate) wal: Option<Arc<Wal>>,
}

impl SqliteStore {
    pub(crate) fn ledger(&self) -> Ledger {
        Ledger {
            key: self.key().to_vec(),
            wal: Some(Arc::clone(self.wal())),
        }
    }
}

/// How an erased person is remembered.
pub(crate) fn mark(key: &[u8], person: &str) -> [u8; 32] {
    keyed_hash(key, &["erased", person])
}

/// Removes everything of a person but the keyed hashes of their messages.
pub(crate) fn erase(
    db: &Db,
    person: &PersonId,
    ledger: &Ledger,
    now: Timestamp,
) -> Result<Erased, Failure> {
    let exists = db.any(
        "SELECT 1 FROM persons WHERE church = ?1 AND id = ?2",
        params![db.church, person.0],
    )?;
    if !exists {
        return Ok(Erased::default());
    }
    let note = AuditNote {
        code: "person.erased".to_owned(),
        details: Value::Null,
    };
    audit::append(db, person, &[note], now)?;
    audit::forget(db, person)?;
    db.run(
        "INSERT INTO erasures (church, person, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![db.church, mark(&ledger.key, &person.0), now.0],
    )?;

    // Whoever is at the head is who is being answered: that turn is over.
    db.run(
        "UPDATE conversations SET holder = NULL, lease_until = NULL, draft = NULL, attempts = 0
          WHERE church = ?1 AND id IN
            (SELECT w.conversation FROM waiting AS w
              WHERE w.church = ?1 AND w.person = ?2 AND w.seq =
                (SELECT min(seq) FROM waiting
                  WHERE church = ?1 AND conversation = w.conversation))",
        params![db.church, person.0],
    )?;
    db.run(
        "DELETE FROM sessions WHERE church = ?1 AND (channel, account, address) IN
            (SELECT channel, account, id FROM addresses WHERE church = ?1 AND person = ?2)",
        params![db.church, person.0],
    )?;
    let delete = |sql: &str| -> Result<u64, Failure> {
        Ok(db.run(sql, params![db.church, person.0])? as u64)
    };
    delete("DELETE FROM receipts WHERE church = ?1 AND person = ?2")?;
    let erased = Erased {
        entries: delete("DELETE FROM entries WHERE church = ?1 AND person = ?2")?,
        waiting: delete("DELETE FROM waiting WHERE church = ?1 AND person = ?2")?,
        effects: delete("DELETE FROM effects WHERE church = ?1 AND person = ?2 AND vanishes = 0")?,
        addresses: delete("DELETE FROM addresses WHERE church = ?1 AND person = ?2")?,
    };
    delete("DELETE FROM persons WHERE church = ?1 AND id = ?2")?;
    if let Some(wal) = &ledger.wal {
        wal.scrub();
    }
    Ok(erased)
}
