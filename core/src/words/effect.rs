//! What is to be done outside once a turn is committed.

use serde::{Deserialize, Serialize};

use super::{Choice, ConversationId, Destination, EffectId, HolderId, PersonId, Timestamp};

/// One message to be sent, in the channel's own markup and as plain text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The form with the channel's markup; `None` where plain is all there is.
    pub rich: Option<String>,
    /// The form that cannot be refused for its markup.
    pub plain: String,
    /// Buttons below it, where the channel has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// In which order effects of one conversation go out. Within a lane the order is kept; the
/// emergency lane waits for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Ahead of everything: leased when it is committed, whatever is still unsettled.
    Emergency,
    /// In order.
    Normal,
}

/// What an effect does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// Send a message.
    Send {
        /// To whom.
        to: Destination,
        /// What.
        part: Part,
        /// Where and what instead, if the person cannot be written to there: for a crisis in a
        /// public room, one neutral line in the room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        otherwise: Option<Box<(Destination, Part)>>,
    },
    /// Replace a message that was posted while the turn ran.
    Edit {
        /// Where it was posted.
        to: Destination,
        /// The provider's id of the posted message.
        message: String,
        /// What it becomes.
        part: Part,
    },
    /// Tell the operator. Codes only, never content.
    Alert {
        /// What happened: `turn_parked`, `effect_parked`.
        code: String,
    },
}

impl Action {
    /// The door it goes to; `None` for the operator's.
    pub fn destination(&self) -> Option<&Destination> {
        match self {
            Self::Send { to, .. } | Self::Edit { to, .. } => Some(to),
            Self::Alert { .. } => None,
        }
    }

    /// The same, to be changed when a room has moved.
    pub fn destination_mut(&mut self) -> Option<&mut Destination> {
        match self {
            Self::Send { to, .. } | Self::Edit { to, .. } => Some(to),
            Self::Alert { .. } => None,
        }
    }

    /// The channel it is for, "operator" for an alert.
    pub fn channel(&self) -> &str {
        self.destination()
            .map_or("operator", |to| &to.address.channel.0)
    }
}

/// An effect as a turn asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEffect {
    /// Its id, chosen by the turn, so that a retried commit does not double it.
    pub id: EffectId,
    /// Its lane.
    pub lane: Lane,
    /// What it does.
    pub action: Action,
}

/// An effect as the outbox holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Its id.
    pub id: EffectId,
    /// The conversation whose order it keeps.
    pub conversation: ConversationId,
    /// The person it belongs to, for erasure and opt-out.
    pub person: PersonId,
    /// Its lane.
    pub lane: Lane,
    /// What it does.
    pub action: Action,
    /// How often it was tried and settled as failed.
    pub attempts: u32,
    /// True if an earlier attempt may have sent it: a lease ran out before it was settled, or an
    /// attempt ended without an answer. Never becomes false again.
    pub maybe_sent: bool,
    /// When it was committed, for the outbox's age.
    pub created: Timestamp,
    /// The lease it came with.
    pub lease: Lease,
}

/// Who holds something, and until when nobody else may take it: a politeness, never the safety.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The process.
    pub holder: HolderId,
    /// Until when.
    pub until: Timestamp,
}

impl Lease {
    /// Whether it keeps others away at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.until
    }
}
