//! Where a person writes from and where a reply goes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a channel: "telegram", "discord", "sms", "web".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Channel(pub String);

/// The account on the channel that people write to: a bot's id, a phone number, a site.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Account(pub String);

impl From<&str> for Channel {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl From<&str> for Account {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One person's name on one channel. Personal data: `Debug` does not show the id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// The channel.
    pub channel: Channel,
    /// The account written to.
    pub account: Account,
    /// The provider's id of the person.
    pub id: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}, …)", self.channel.0)
    }
}

/// Whether only the person can read along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Only the person and muykol.
    Private,
    /// Others can read: nothing personal is quoted, no person-level state is used.
    Public,
}

/// Whose place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceRole {
    /// Somebody who writes to muykol.
    Person,
    /// The prayer team's room.
    Team,
}

/// Where a message was written.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The chat, channel or session.
    pub room: String,
    /// The thread in it, where the channel has them.
    pub thread: Option<String>,
    /// The provider's id of the message that a reply should point to.
    pub reply_to: Option<String>,
    /// Whose place it is.
    pub role: PlaceRole,
    /// Who can read along.
    pub audience: Audience,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({:?}, {:?}, …)", self.role, self.audience)
    }
}

/// Where an effect is sent: everything a courier needs to find the door again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Destination {
    /// The address of the person (or of the room, for a room without one).
    pub address: Address,
    /// The place.
    pub place: Place,
}
