use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    seams::{Session, Sessions, StoreError},
    words::Timestamp,
};

#[async_trait]
impl Sessions for MemoryStore {
    async fn open(&self, token_hash: &str, session: Session) -> Result<(), StoreError> {
        self.state().sessions.insert(token_hash.to_owned(), session);
        Ok(())
    }

    async fn session(
        &self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        Ok(self
            .state()
            .sessions
            .get(token_hash)
            .filter(|session| now < session.expires)
            .cloned())
    }
}
