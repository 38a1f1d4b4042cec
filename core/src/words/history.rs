//! What was said, line by line, and what was done with it.

use serde::{Deserialize, Serialize};

use super::{ConversationId, EntryId, InboundId, PersonId, Reply, Timestamp};

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person.
    Person,
    /// muykol.
    Muykol,
}

/// What an entry holds. Backings store it as opaque bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // half of all lines are replies: a box would save little
pub enum EntryBody {
    /// A person's message.
    Person {
        /// What was written.
        text: String,
        /// The message it came with.
        inbound: InboundId,
    },
    /// muykol's reply.
    Muykol {
        /// The whole reply.
        reply: Reply,
        /// The messages it answers.
        answers: Vec<InboundId>,
        /// Ids of the curated pieces in it, so that none comes again too soon.
        pieces: Vec<String>,
    },
}

/// One line of history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// The person it belongs to: the sender, or the one who was answered.
    pub person: PersonId,
    /// When it was said: for a person's message, when it came in.
    pub at: Timestamp,
    /// What was said.
    pub body: EntryBody,
}

impl Entry {
    /// Who said it.
    pub fn role(&self) -> Role {
        match self.body {
            EntryBody::Person { .. } => Role::Person,
            EntryBody::Muykol { .. } => Role::Muykol,
        }
    }

    /// The words, plain.
    pub fn text(&self) -> &str {
        match &self.body {
            EntryBody::Person { text, .. } => text,
            EntryBody::Muykol { reply, .. } => &reply.text,
        }
    }
}

/// Something that was done with a person's data, to be kept as a commitment.
///
/// The store keeps `code` beside a random subject id and an HMAC of `details` under the subject's
/// salt; erasing the salt and the details leaves a chain that still verifies and says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditNote {
    /// What was done: "turn.committed", "consent.given", "person.erased".
    pub code: String,
    /// Details, erased with the person.
    pub details: serde_json::Value,
}
