//! Identifiers. All are opaque; none can be read back into an address or a name.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Address, Place, Timestamp};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    };
}

macro_rules! fresh_id {
    ($name:ident) => {
        impl $name {
            /// A new id whose order follows `now` (UUID version 7, RFC 9562 section 5.7).
            pub fn new(now: Timestamp) -> Self {
                let millis = u64::try_from(now.0).unwrap_or(0);
                let stamp = uuid::Timestamp::from_unix(
                    uuid::NoContext,
                    millis / 1000,
                    u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000,
                );
                Self(Uuid::new_v7(stamp).simple().to_string())
            }
        }
    };
}

text_id! {
    /// The church a row belongs to; every stored key begins with it.
    ChurchId
}
text_id! {
    /// One human, whatever the channel.
    PersonId
}
text_id! {
    /// One place on one channel where turns are taken in order.
    ConversationId
}
text_id! {
    /// One accepted message.
    InboundId
}
text_id! {
    /// One line of history.
    EntryId
}
text_id! {
    /// One thing to be done outside after a commit.
    EffectId
}
text_id! {
    /// A process that holds leases.
    HolderId
}

fresh_id!(InboundId);
fresh_id!(EntryId);
fresh_id!(EffectId);

impl PersonId {
    /// A new person; random, so that nothing about the address or the time can be read from it.
    pub fn random() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }
}

impl HolderId {
    /// A new holder, one per process start.
    pub fn random() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }
}

impl ConversationId {
    /// The conversation of a place: church, channel, account, room and thread.
    ///
    /// It is derived, so that a door can address it without a look-up. It is keyed with the
    /// installation's secret, so that a telephone number cannot be guessed back from it.
    pub fn of(key: &[u8], church: &ChurchId, address: &Address, place: &Place) -> Self {
        let mut hash = Sha256::new();
        for part in [
            key,
            church.0.as_bytes(),
            address.channel.0.as_bytes(),
            address.account.0.as_bytes(),
            place.room.as_bytes(),
            place.thread.as_deref().unwrap_or("").as_bytes(),
        ] {
            // Lengths keep ("ab", "c") apart from ("a", "bc").
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        Self(hex(&digest[..16]))
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
            use fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// How often a conversation has been claimed; the fence against turns that overslept.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// How often a person's record was re-made by erasure or linking; the second fence.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Generation(pub u64);
