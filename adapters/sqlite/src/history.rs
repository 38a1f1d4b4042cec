//! The seam of history.

use async_trait::async_trait;
use muykol_core::{
    seams::{Feedback, History, StoreError},
    words::{Entry, EntryId, InboundId, PersonId, Timestamp},
};
use rusqlite::params;

use crate::{
    db::{Db, from_json, limit},
    failure::Failure,
    store::SqliteStore,
};

#[async_trait]
impl History for SqliteStore {
    async fn before(
        &self,
        person: &PersonId,
        before: Option<&EntryId>,
        rows: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        let person = person.clone();
        let before = before.cloned();
        let lines = self
            .read(move |db| {
                let end = match &before {
                    Some(id) => position(db, &person, id)?.unwrap_or(0),
                    None => i64::MAX,
                };
                db.all(
                    "SELECT body FROM entries
                      WHERE church = ?1 AND person = ?2 AND seq < ?3
                        AND (expires IS NULL OR expires > ?4)
                      ORDER BY seq DESC LIMIT ?5",
                    params![db.church, person.0, end, now.0, limit(rows)],
                    |row| row.get(0),
                )
            })
            .await?;
        entries(&lines)
    }

    async fn after(
        &self,
        person: &PersonId,
        after: Option<&EntryId>,
        rows: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        let person = person.clone();
        let after = after.cloned();
        let lines = self
            .read(move |db| {
                let start = match &after {
                    Some(id) => position(db, &person, id)?.unwrap_or(0),
                    None => 0,
                };
                db.all(
                    "SELECT body FROM entries
                      WHERE church = ?1 AND person = ?2 AND seq > ?3
                        AND (expires IS NULL OR expires > ?4)
                      ORDER BY seq LIMIT ?5",
                    params![db.church, person.0, start, now.0, limit(rows)],
                    |row| row.get(0),
                )
            })
            .await?;
        entries(&lines)
    }

    async fn answer(&self, inbound: &InboundId) -> Result<Option<Entry>, StoreError> {
        let inbound = inbound.clone();
        let line = self
            .read(move |db| {
                db.one(
                    "SELECT e.body FROM answers AS a JOIN entries AS e ON e.seq = a.entry
                      WHERE a.church = ?1 AND a.inbound = ?2",
                    params![db.church, inbound.0],
                    |row| row.get::<_, String>(0),
                )
            })
            .await?;
        Ok(line.map(|line| from_json(&line, "entry")).transpose()?)
    }

    async fn rate(
        &self,
        person: &PersonId,
        entry: &EntryId,
        feedback: Feedback,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let person = person.clone();
        let entry = entry.clone();
        self.write(move |db| {
            let kept = db.run(
                "INSERT INTO feedback (entry, church, at, rating, wrong, comment)
                 SELECT seq, church, ?4, ?5, ?6, ?7 FROM entries
                  WHERE church = ?1 AND id = ?2 AND person = ?3 AND of_muykol = 1
                    AND (expires IS NULL OR expires > ?4)
                 ON CONFLICT DO UPDATE SET at = excluded.at, rating = excluded.rating,
                        wrong = excluded.wrong, comment = excluded.comment",
                params![
                    db.church,
                    entry.0,
                    person.0,
                    now.0,
                    feedback.rating,
                    feedback.wrong,
                    feedback.comment
                ],
            )?;
            Ok(kept == 1)
        })
        .await
    }
}

fn position(db: &Db, person: &PersonId, entry: &EntryId) -> Result<Option<i64>, Failure> {
    db.one(
        "SELECT seq FROM entries WHERE church = ?1 AND id = ?2 AND person = ?3",
        params![db.church, entry.0, person.0],
        |row| row.get(0),
    )
}

fn entries(lines: &[String]) -> Result<Vec<Entry>, StoreError> {
    let lines = lines.iter().map(|line| from_json(line, "entry"));
    Ok(lines.collect::<Result<_, Failure>>()?)
}
