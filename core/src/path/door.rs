//! Where a message comes in.

use async_trait::async_trait;

use crate::words::{ConversationId, Inbound, InboundId, PersonId, Reply};

/// What became of a message at the door. The adapter answers its provider accordingly.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// It is on disk: acknowledge.
    Accepted {
        /// Its id.
        id: InboundId,
        /// Whose it is.
        person: PersonId,
        /// Where it belongs.
        conversation: ConversationId,
        /// Whether it is the first time that it came.
        new: bool,
    },
    /// The same key came before with another sender or other words: a client's mistake, 409.
    /// A provider that cannot act on that is acknowledged.
    Conflict,
    /// It could not be stored: answer with an error, so that the provider delivers it again.
    NotStored {
        /// For a message in danger, the crisis reply. On a channel that sends it is on its way
        /// already; on one whose replies are read from the response it belongs into the response.
        crisis: Option<Box<Reply>>,
    },
}

/// The one way in. An adapter authenticates, parses, calls this, and answers its provider.
#[async_trait]
pub trait Door: Send + Sync {
    /// Assesses and stores a message; never waits for a model; returns within 3 seconds, and for
    /// a message in danger within 1 second, whatever the store does.
    async fn receive(&self, inbound: Inbound) -> Received;
}
