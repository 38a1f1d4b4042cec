//! The seam of persons.

use async_trait::async_trait;
use muykol_core::{
    seams::{Erased, People, ProfileChange, SHORT_KEEPING, StoreError},
    words::{Address, AuditNote, Entry, PersonId, Profile, Purpose, Timestamp},
};
use rusqlite::params;

use crate::{
    audit,
    db::{Db, from_json, to_column, to_json},
    erase::erase,
    failure::Failure,
    store::SqliteStore,
    turns::profile,
};

#[async_trait]
impl People for SqliteStore {
    async fn find(&self, address: &Address) -> Result<Option<Profile>, StoreError> {
        let address = address.clone();
        let json = self
            .read(move |db| {
                db.one(
                    "SELECT p.profile FROM addresses AS a
                       JOIN persons AS p ON p.church = a.church AND p.id = a.person
                      WHERE a.church = ?1 AND a.channel = ?2 AND a.account = ?3 AND a.id = ?4",
                    params![db.church, address.channel.0, address.account.0, address.id],
                    |row| row.get::<_, String>(0),
                )
            })
            .await?;
        Ok(json.map(|json| from_json(&json, "profile")).transpose()?)
    }

    async fn change(
        &self,
        person: &PersonId,
        changes: &[ProfileChange],
        audit: AuditNote,
        now: Timestamp,
    ) -> Result<Option<Profile>, StoreError> {
        let person = person.clone();
        let changes = changes.to_vec();
        self.write(move |db| {
            let after = change(db, &person, &changes)?;
            if after.is_some() {
                audit::append(db, &person, &[audit], now)?;
            }
            Ok(after)
        })
        .await
    }

    async fn erase(&self, person: &PersonId, now: Timestamp) -> Result<Erased, StoreError> {
        let person = person.clone();
        let ledger = self.ledger();
        self.write(move |db| erase(db, &person, &ledger, now)).await
    }

    async fn export(&self, person: &PersonId) -> Result<Option<(Profile, Vec<Entry>)>, StoreError> {
        let person = person.clone();
        let held = self
            .read(move |db| {
                db.snapshot(|db| {
                    let lines = db.all(
                        "SELECT body FROM entries WHERE church = ?1 AND person = ?2 ORDER BY seq",
                        params![db.church, person.0],
                        |row| row.get::<_, String>(0),
                    )?;
                    Ok(profile(db, &person)?.map(|profile| (profile, lines)))
                })
            })
            .await?;
        let Some((profile, lines)) = held else {
            return Ok(None);
        };
        let lines = lines.iter().map(|line| from_json(line, "entry"));
        Ok(Some((profile, lines.collect::<Result<_, Failure>>()?)))
    }
}

/// Applies changes to a person; `None` if there is no such person.
pub(crate) fn change(
    db: &Db,
    person: &PersonId,
    changes: &[ProfileChange],
) -> Result<Option<Profile>, Failure> {
    let Some(mut profile) = profile(db, person)? else {
        return Ok(None);
    };
    for change in changes {
        profile.apply(change);
        if let ProfileChange::Consent(consent) = change
            && consent.purpose == Purpose::History
        {
            keep_lines(db, person, consent.given, consent.at)?;
        }
    }
    db.run(
        "UPDATE persons SET profile = ?3, generation = ?4 WHERE church = ?1 AND id = ?2",
        params![
            db.church,
            person.0,
            to_json(&profile, "profile")?,
            to_column(profile.generation.0)
        ],
    )?;
    Ok(Some(profile))
}

/// Lines under consent have no expiry; without it, the short one.
fn keep_lines(db: &Db, person: &PersonId, given: bool, at: Timestamp) -> Result<(), Failure> {
    if given {
        db.run(
            "UPDATE entries SET expires = NULL
              WHERE church = ?1 AND person = ?2 AND expires IS NOT NULL",
            params![db.church, person.0],
        )?;
    } else {
        db.run(
            "UPDATE entries SET expires = ?3
              WHERE church = ?1 AND person = ?2 AND expires IS NULL",
            params![db.church, person.0, (at + SHORT_KEEPING).0],
        )?;
    }
    Ok(())
}
