//! A message as it comes in, the same from every channel.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Address, Place, Timestamp};

/// One message, authenticated and parsed by its door.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Inbound {
    /// Who wrote it, and to which account on which channel.
    pub sender: Address,
    /// Where it was written.
    pub place: Place,
    /// The provider's id of the message; with church, channel and account the idempotency key.
    pub provider_id: String,
    /// What was written; a caption for an attachment; empty for a bare command or choice.
    pub text: String,
    /// The language the provider says the person uses, as BCP 47.
    pub locale: Option<String>,
    /// When the provider says it was written.
    pub at: Timestamp,
    /// What sort of message it is.
    pub kind: InboundKind,
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("sender", &self.sender)
            .field("place", &self.place)
            .field("chars", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// What sort of message it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InboundKind {
    /// Words.
    Text,
    /// A command such as `/verse John 3:16`, the same on every channel.
    Command {
        /// The name, lower case, without the slash.
        name: String,
        /// What follows it, trimmed.
        args: String,
    },
    /// A button that was tapped.
    Choice {
        /// The id of the choice.
        id: String,
    },
    /// Something without words; its caption is in [`Inbound::text`].
    Attachment {
        /// What it was.
        what: Attachment,
    },
}

/// What somebody sent instead of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the documentation
pub enum Attachment {
    Voice,
    Photo,
    Video,
    Sticker,
    Document,
    Location,
    Contact,
    Other,
}
