//! Reading back what was said.

use async_trait::async_trait;

use crate::{
    seams::StoreError,
    words::{Entry, EntryId, InboundId, PersonId, Timestamp},
};

/// What a person says of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// 1 (did not help) to 5 (helped much).
    pub rating: Option<u8>,
    /// "This was wrong."
    pub wrong: bool,
    /// In their words, at most 2,000 characters.
    pub comment: Option<String>,
}

/// The history of a person: a merge-read of their conversations. Expired lines are never
/// returned, whether or not they have been swept.
#[async_trait]
pub trait History: Send + Sync {
    /// Lines before `before` (or the latest), newest first. Order is that of writing. Nothing, if
    /// there is no such line of the person any more.
    async fn before(
        &self,
        person: &PersonId,
        before: Option<&EntryId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Lines after `after` in the order they were written; all that is held if `after` is `None`
    /// or is no line of the person any more, so that a reader rather sees a line twice than not.
    async fn after(
        &self,
        person: &PersonId,
        after: Option<&EntryId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError>;

    /// The reply that answered a message, once there is one and as long as it is held; the first
    /// if several did.
    async fn answer(&self, inbound: &InboundId) -> Result<Option<Entry>, StoreError>;

    /// Keeps what a person says of a reply to them; false if there is no such reply of theirs.
    /// A second rating replaces the first.
    async fn rate(
        &self,
        person: &PersonId,
        entry: &EntryId,
        feedback: Feedback,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
