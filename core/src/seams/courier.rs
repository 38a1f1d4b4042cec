//! The way out through a channel's door.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    seams::Quota,
    words::{Address, Block, Destination, EffectId, Part, Place, Timestamp},
};

/// A channel's quirks, as data that core reads instead of asking which channel it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// How long one message may be; `None` where replies are read from the history and never
    /// sent (the web).
    pub text: Option<TextLimit>,
    /// Whether choices become buttons.
    pub buttons: bool,
    /// How a reply is shown while it is being written.
    pub streaming_private: Streaming,
    /// The same, where others read along.
    pub streaming_public: Streaming,
    /// How long a typing mark lasts; `None` where there is none.
    pub typing: Option<Duration>,
    /// How fast messages may be sent.
    pub pace: Pace,
    /// A link that leads to the private place, for a public room.
    pub private_link: Option<String>,
}

/// How a channel counts the length of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimit {
    /// How many units fit.
    pub max: usize,
    /// What is counted.
    pub unit: TextUnit,
}

/// The unit of a text limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextUnit {
    /// UTF-16 code units.
    Utf16,
    /// Unicode scalar values.
    Chars,
}

/// How a reply is shown while it is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streaming {
    /// Not at all.
    None,
    /// By events that the channel's own readers follow.
    Events,
    /// By an ephemeral draft that the final message replaces; not oftener than this.
    Draft(Duration),
    /// By editing one posted message; not oftener than this.
    Edits(Duration),
}

/// How fast a provider lets us send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// For the whole account.
    pub account: Option<Quota>,
    /// For one private room.
    pub private_room: Option<Quota>,
    /// For one public room.
    pub public_room: Option<Quota>,
}

/// What the provider answered to a message it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The provider's id of the message, where there is one.
    pub message: Option<String>,
}

/// Why a message could not be sent. Reasons carry no content and no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The provider asked for a pause.
    #[error("the provider asks to wait {0:?}")]
    RetryAfter(Duration),
    /// It may work later.
    #[error("a passing failure: {0}")]
    Transient(String),
    /// The person blocked us, left, or is gone.
    #[error("the person can no longer be written to")]
    Blocked,
    /// The room has another id now.
    #[error("the room has moved")]
    Moved(String),
    /// It will never be taken in this form.
    #[error("refused: {0}")]
    Rejected(String),
    /// The request left and no answer came: it may have arrived.
    #[error("no answer: {0}")]
    Unknown(String),
}

/// How a channel is, from its last real event and not from its last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether the channel can be believed to work.
    pub ok: bool,
    /// The last time something really came in or was really taken.
    pub last_event: Option<Timestamp>,
    /// One plain sentence.
    pub detail: String,
}

/// Sends through one channel.
#[async_trait]
pub trait Courier: Send + Sync {
    /// The channel's quirks.
    fn capabilities(&self) -> &Capabilities;

    /// Blocks as parts of this channel, at most 12. Pure; never fails; never splits a verse or a
    /// telephone number that fits into one part.
    fn render(&self, blocks: &[Block], place: &Place) -> Vec<Part>;

    /// Where the person can be written to alone, if the channel allows that.
    fn private_place(&self, address: &Address) -> Option<Place>;

    /// Sends one part. `rich` asks for the marked-up form; core asks again with false when the
    /// provider rejects it. `id` serves as the provider's idempotency key where it has one.
    async fn send(
        &self,
        to: &Destination,
        part: &Part,
        rich: bool,
        id: &EffectId,
    ) -> Result<Sent, SendError>;

    /// Replaces a posted message. A message that already reads so is a success.
    async fn edit(
        &self,
        to: &Destination,
        message: &str,
        part: &Part,
        rich: bool,
    ) -> Result<Sent, SendError>;

    /// Shows an ephemeral draft. `turn` is the same for every draft of one turn.
    async fn draft(&self, to: &Destination, turn: u64, text: &str) -> Result<(), SendError>;

    /// Shows that a reply is being written.
    async fn typing(&self, to: &Destination) -> Result<(), SendError>;

    /// How the channel is.
    async fn health(&self) -> Health;
}
