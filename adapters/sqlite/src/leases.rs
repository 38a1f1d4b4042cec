//! The seam of listeners' leases.

use async_trait::async_trait;
use muykol_core::{
    seams::{Grant, Leases, StoreError},
    words::{HolderId, Timestamp},
};
use rusqlite::params;

use crate::{db::from_column, db::to_column, store::SqliteStore};

#[async_trait]
impl Leases for SqliteStore {
    async fn acquire(
        &self,
        name: &str,
        holder: &HolderId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        let name = name.to_owned();
        let holder = holder.clone();
        self.write(move |db| {
            db.one(
                "INSERT INTO leases (church, name, term, holder, lease_until)
                 VALUES (?1, ?2, 1, ?3, ?5)
                 ON CONFLICT DO UPDATE SET
                        term = term + (holder IS NOT excluded.holder),
                        holder = excluded.holder, lease_until = excluded.lease_until
                  WHERE holder IS NULL OR holder = excluded.holder OR lease_until <= ?4
                 RETURNING term, position",
                params![db.church, name, holder.0, now.0, until.0],
                |row| {
                    Ok(Grant {
                        term: from_column(row.get(0)?),
                        position: row.get(1)?,
                    })
                },
            )
        })
        .await
    }

    async fn advance(
        &self,
        name: &str,
        term: u64,
        position: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let name = name.to_owned();
        let position = position.to_owned();
        self.write(move |db| {
            let advanced = db.run(
                "UPDATE leases SET position = ?4, lease_until = ?5, moved = ?5
                  WHERE church = ?1 AND name = ?2 AND term = ?3 AND holder IS NOT NULL",
                params![db.church, name, to_column(term), position, until.0],
            )?;
            Ok(advanced == 1)
        })
        .await
    }

    async fn release(&self, name: &str, term: u64) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write(move |db| {
            db.run(
                "UPDATE leases SET holder = NULL, lease_until = NULL
                  WHERE church = ?1 AND name = ?2 AND term = ?3",
                params![db.church, name, to_column(term)],
            )?;
            Ok(())
        })
        .await
    }
}
