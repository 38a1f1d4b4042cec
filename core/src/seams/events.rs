//! Waking those who wait. Events carry nothing that counts: whoever is woken reads the store.

use std::pin::Pin;

use async_trait::async_trait;
use futures_util::Stream;

use crate::words::{Block, InboundId, PersonId};

/// What somebody who watches a person's conversations is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something was committed: read the store.
    Changed,
    /// A checked piece of a reply that is still being written. Shown if it comes, never relied on.
    Delta {
        /// The messages the reply answers.
        answers: Vec<InboundId>,
        /// Which piece it is, from 0; a 0 after others means the reply starts over.
        index: usize,
        /// The piece. Text is one sentence.
        block: Block,
        /// For text: whether a paragraph begins here.
        paragraph: bool,
    },
}

/// What a subscriber reads. A subscriber that lags sees a [`Event::Changed`] for all it missed.
pub type Subscription = Pin<Box<dyn Stream<Item = Event> + Send>>;

/// Tells those who wait.
#[async_trait]
pub trait Events: Send + Sync {
    /// Tells everyone who watches this person. Never fails: nobody may rely on it.
    async fn publish(&self, person: &PersonId, event: Event);

    /// Watches a person from now on.
    async fn subscribe(&self, person: &PersonId) -> Subscription;
}
