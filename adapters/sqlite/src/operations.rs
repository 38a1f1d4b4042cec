//! The operator's seam.

use std::time::Duration;

use async_trait::async_trait;
use muykol_core::{
    seams::{Operations, OutboxStats, ParkedEffect, Retention, StoreError, Swept},
    words::{Action, EffectId, Timestamp},
};
use rusqlite::params;

use crate::{
    db::{Db, from_column, from_json, limit},
    failure::Failure,
    store::SqliteStore,
};

/// How many rows of a kind a sweep removes in one step, so that no write waits long behind it.
const STEP: usize = 500;

#[async_trait]
impl Operations for SqliteStore {
    async fn probe(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| {
            db.run("UPDATE installation SET probed = ?1", [now.0])?;
            Ok(())
        })
        .await?;
        let found = self
            .read(|db| {
                db.one("SELECT probed FROM installation", [], |row| {
                    row.get::<_, i64>(0)
                })
            })
            .await?;
        // Another process may have probed since.
        match found {
            Some(_) => Ok(()),
            None => Err(StoreError::Corrupt("installation".to_owned())),
        }
    }

    async fn installation_key(&self) -> Result<Vec<u8>, StoreError> {
        Ok(self.key().to_vec())
    }

    async fn outbox_stats(&self) -> Result<OutboxStats, StoreError> {
        let stats = self
            .read(|db| {
                db.one(
                    "SELECT count(*) FILTER (WHERE parked IS NULL),
                            min(created) FILTER (WHERE parked IS NULL),
                            count(*) FILTER (WHERE parked IS NOT NULL)
                       FROM effects WHERE church = ?1",
                    params![db.church],
                    |row| {
                        Ok(OutboxStats {
                            due: from_column(row.get(0)?),
                            oldest: row.get::<_, Option<i64>>(1)?.map(Timestamp),
                            parked: from_column(row.get(2)?),
                        })
                    },
                )
            })
            .await?;
        Ok(stats.unwrap_or_default())
    }

    async fn parked(&self, rows: usize) -> Result<Vec<ParkedEffect>, StoreError> {
        let parked = self
            .read(move |db| {
                db.all(
                    "SELECT id, action, parked, created FROM effects
                      WHERE church = ?1 AND parked IS NOT NULL ORDER BY seq LIMIT ?2",
                    params![db.church, limit(rows)],
                    |row| {
                        let effect = ParkedEffect {
                            id: EffectId(row.get(0)?),
                            channel: String::new(),
                            reason: row.get(2)?,
                            created: Timestamp(row.get(3)?),
                        };
                        Ok((effect, row.get::<_, String>(1)?))
                    },
                )
            })
            .await?;
        let parked = parked.into_iter().map(|(effect, action)| ParkedEffect {
            channel: from_json::<Action>(&action, "action").map_or_else(
                |_| "unreadable".to_owned(),
                |action| action.channel().to_owned(),
            ),
            ..effect
        });
        Ok(parked.collect())
    }

    async fn retry(&self, effect: &EffectId, now: Timestamp) -> Result<bool, StoreError> {
        let effect = effect.clone();
        self.write(move |db| {
            let retried = db.run(
                "UPDATE effects SET parked = NULL, due = ?3, attempts = 0
                  WHERE church = ?1 AND id = ?2 AND parked IS NOT NULL",
                params![db.church, effect.0, now.0],
            )?;
            Ok(retried == 1)
        })
        .await
    }

    async fn sweep(&self, retention: Retention, now: Timestamp) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        for kind in KINDS {
            let before = now - (kind.kept)(&retention);
            loop {
                let removed = self.write(move |db| (kind.sweep)(db, before)).await?;
                swept.rows += removed.rows;
                if removed.batch < STEP {
                    break;
                }
            }
        }
        Ok(swept)
    }
}

/// A kind of row, how long it is kept, and how a step of its sweep goes.
#[derive(Clone, Copy)]
struct Kind {
    kept: fn(&Retention) -> Duration,
    sweep: fn(&Db, Timestamp) -> Result<Removed, Failure>,
}

struct Removed {
    /// How many rows went, those that hang on them included.
    rows: u64,
    /// How many of them count towards the step.
    batch: usize,
}

// Keys, receipts and audit entries are written in the order of time, so that only the oldest are
// looked at.
const KINDS: [Kind; 7] = [
    Kind {
        kept: |_| Duration::ZERO,
        sweep: |db, before| {
            lines(
                db,
                "SELECT seq FROM entries WHERE church = ?1 AND expires <= ?2 LIMIT ?3",
                before,
            )
        },
    },
    Kind {
        kept: |retention| retention.history,
        sweep: |db, before| {
            lines(
                db,
                "SELECT seq FROM entries
                  WHERE church = ?1 AND expires IS NULL AND at <= ?2 LIMIT ?3",
                before,
            )
        },
    },
    // Messages that were set aside because they cannot be read.
    Kind {
        kept: |retention| retention.history,
        sweep: |db, before| {
            rows(
                db,
                "DELETE FROM waiting WHERE seq IN
                    (SELECT seq FROM waiting
                      WHERE church = ?1 AND conversation >= 'unreadable:'
                        AND conversation < 'unreadable;' AND received <= ?2 LIMIT ?3)",
                before,
            )
        },
    },
    Kind {
        kept: |retention| retention.dedupe,
        sweep: |db, before| {
            rows(
                db,
                "DELETE FROM dedupe WHERE seq IN
                    (SELECT seq FROM (SELECT seq, received, inbound FROM dedupe
                                       WHERE church = ?1 ORDER BY seq LIMIT ?3)
                      WHERE received <= ?2
                        AND inbound NOT IN (SELECT id FROM waiting WHERE church = ?1))",
                before,
            )
        },
    },
    Kind {
        kept: |retention| retention.receipts,
        sweep: |db, before| {
            rows(
                db,
                "DELETE FROM receipts WHERE seq IN
                    (SELECT seq FROM (SELECT seq, settled FROM receipts
                                       WHERE church = ?1 ORDER BY seq LIMIT ?3)
                      WHERE settled <= ?2)",
                before,
            )
        },
    },
    Kind {
        kept: |_| Duration::ZERO,
        sweep: |db, before| {
            rows(
                db,
                "DELETE FROM sessions WHERE (church, token) IN
                    (SELECT church, token FROM sessions
                      WHERE church = ?1 AND expires <= ?2 LIMIT ?3)",
                before,
            )
        },
    },
    Kind {
        kept: |retention| retention.audit,
        sweep: audit,
    },
];

fn rows(db: &Db, sql: &str, before: Timestamp) -> Result<Removed, Failure> {
    let batch = db.run(sql, params![db.church, before.0, limit(STEP)])?;
    Ok(Removed {
        rows: batch as u64,
        batch,
    })
}

/// Removes lines, and with them what was said of them.
fn lines(db: &Db, select: &str, before: Timestamp) -> Result<Removed, Failure> {
    let lines: Vec<i64> = db.all(select, params![db.church, before.0, limit(STEP)], |row| {
        row.get(0)
    })?;
    let mut removed = 0;
    for seq in &lines {
        removed += db.run("DELETE FROM feedback WHERE entry = ?1", [seq])?;
        removed += db.run("DELETE FROM entries WHERE seq = ?1", [seq])?;
    }
    Ok(Removed {
        rows: removed as u64,
        batch: lines.len(),
    })
}

/// Removes audit entries and their details.
fn audit(db: &Db, before: Timestamp) -> Result<Removed, Failure> {
    let entries: Vec<(i64, String)> = db.all(
        "SELECT seq, subject FROM
            (SELECT seq, subject, at FROM audit WHERE church = ?1 ORDER BY seq LIMIT ?3)
          WHERE at <= ?2",
        params![db.church, before.0, limit(STEP)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for (seq, subject) in &entries {
        db.run(
            "DELETE FROM audit_details WHERE church = ?1 AND subject = ?2 AND seq = ?3",
            params![db.church, subject, seq],
        )?;
        db.run("DELETE FROM audit WHERE seq = ?1", [seq])?;
    }
    Ok(Removed {
        rows: entries.len() as u64,
        batch: entries.len(),
    })
}
