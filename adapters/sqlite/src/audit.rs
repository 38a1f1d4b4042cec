//! What was done with a person's data, as commitments that outlive the details.

use muykol_core::words::{AuditNote, AuditSalt, PersonId, Timestamp};
use rusqlite::params;
use uuid::Uuid;

use crate::{db::Db, failure::Failure};

/// Appends notes about a person under their subject, which is made at the first note.
pub(crate) fn append(
    db: &Db,
    person: &PersonId,
    notes: &[AuditNote],
    now: Timestamp,
) -> Result<(), Failure> {
    if notes.is_empty() {
        return Ok(());
    }
    let (subject, salt) = subject(db, person)?;
    for note in notes {
        db.run(
            "INSERT INTO audit (church, subject, code, at, commitment) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![db.church, subject, note.code, now.0, note.commitment(&salt)],
        )?;
        db.run(
            "INSERT INTO audit_details (church, subject, seq, details) VALUES (?1, ?2, ?3, ?4)",
            params![
                db.church,
                subject,
                db.connection.last_insert_rowid(),
                note.canonical_details()
            ],
        )?;
    }
    Ok(())
}

/// Removes all that ties a person's audit entries to them. The entries stay.
pub(crate) fn forget(db: &Db, person: &PersonId) -> Result<(), Failure> {
    db.run(
        "DELETE FROM audit_details WHERE church = ?1 AND subject =
            (SELECT subject FROM subjects WHERE church = ?1 AND person = ?2)",
        params![db.church, person.0],
    )?;
    db.run(
        "DELETE FROM subjects WHERE church = ?1 AND person = ?2",
        params![db.church, person.0],
    )?;
    Ok(())
}

fn subject(db: &Db, person: &PersonId) -> Result<(String, AuditSalt), Failure> {
    let held = db.one(
        "SELECT subject, salt FROM subjects WHERE church = ?1 AND person = ?2",
        params![db.church, person.0],
        |row| Ok((row.get(0)?, AuditSalt::kept(row.get(1)?))),
    )?;
    if let Some(held) = held {
        return Ok(held);
    }
    let subject = Uuid::new_v4().simple().to_string();
    let salt = AuditSalt::random();
    db.run(
        "INSERT INTO subjects (church, person, subject, salt) VALUES (?1, ?2, ?3, ?4)",
        params![db.church, person.0, subject, salt.bytes()],
    )?;
    Ok((subject, salt))
}
