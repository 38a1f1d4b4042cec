//! Anonymous sessions of the web.

use async_trait::async_trait;

use crate::{
    seams::StoreError,
    words::{Address, Timestamp},
};

/// A session: a bearer that stands for one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The address it writes from.
    pub address: Address,
    /// When it ends.
    pub expires: Timestamp,
}

/// The store of sessions. Tokens never reach it, only their SHA-256.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session; the same token again replaces it.
    async fn open(&self, token_hash: &str, session: Session) -> Result<(), StoreError>;

    /// The session of a token, if it has not ended at `now`.
    async fn session(
        &self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError>;
}
