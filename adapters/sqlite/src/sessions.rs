//! The seam of anonymous sessions.

use async_trait::async_trait;
use muykol_core::{
    seams::{Session, Sessions, StoreError},
    words::{Account, Address, Channel, Timestamp},
};
use rusqlite::params;

use crate::store::SqliteStore;

#[async_trait]
impl Sessions for SqliteStore {
    async fn open(&self, token_hash: &str, session: Session) -> Result<(), StoreError> {
        let token = token_hash.to_owned();
        self.write(move |db| {
            let address = session.address;
            db.run(
                "INSERT OR REPLACE INTO sessions (church, token, channel, account, address, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    db.church,
                    token,
                    address.channel.0,
                    address.account.0,
                    address.id,
                    session.expires.0
                ],
            )?;
            Ok(())
        })
        .await
    }

    async fn session(
        &self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let token = token_hash.to_owned();
        self.read(move |db| {
            db.one(
                "SELECT channel, account, address, expires FROM sessions
                  WHERE church = ?1 AND token = ?2 AND expires > ?3",
                params![db.church, token, now.0],
                |row| {
                    Ok(Session {
                        address: Address {
                            channel: Channel(row.get(0)?),
                            account: Account(row.get(1)?),
                            id: row.get(2)?,
                        },
                        expires: Timestamp(row.get(3)?),
                    })
                },
            )
        })
        .await
    }
}
