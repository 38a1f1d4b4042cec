//! The words of the domain, shared by every channel and backing.

mod address;
mod audit;
mod crisis;
mod effect;
mod emotion;
mod history;
mod ids;
mod inbound;
mod person;
mod reply;
mod time;

pub use address::{Account, Address, Audience, Channel, Destination, Place, PlaceRole};
pub use audit::AuditSalt;
pub use crisis::{CrisisKind, CrisisLevel, CrisisReading};
pub use effect::{Action, Effect, Lane, Lease, NewEffect, Part};
pub use emotion::{Emotion, EmotionReading};
pub use history::{AuditNote, Entry, EntryBody, Role};
pub(crate) use ids::hex;
pub use ids::{
    ChurchId, ConversationId, EffectId, EntryId, Epoch, Generation, HolderId, InboundId, PersonId,
};
pub use inbound::{Attachment, Inbound, InboundKind};
pub use person::{Consent, Profile, Purpose, QuietHours};
pub use reply::{AnsweredBy, Block, Choice, Reply, Resource};
pub use time::{Clock, Timestamp};
