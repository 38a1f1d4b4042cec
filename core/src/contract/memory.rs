//! A store that is simple enough to be obviously right: the model that tests measure by.
//!
//! One lock over plain lists; every method is one atomic step because it holds the lock from
//! beginning to end. Nothing is durable: a clone shares the content, so that a test can drop a
//! process and start another one on the same store.

mod history;
mod leases;
mod operations;
mod outbox;
mod people;
mod sessions;
mod turn_store;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use uuid::Uuid;

use crate::{
    seams::{Draft, Feedback, Session, Waiting},
    words::{
        Account, Address, Audience, Channel, ChurchId, ConversationId, Effect, Entry, EntryId,
        InboundId, Lease, PersonId, Profile, Timestamp,
    },
};

/// Every store seam in memory, for tests only.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        let state = State {
            key: [Uuid::new_v4(), Uuid::new_v4()]
                .iter()
                .flat_map(|half| half.as_bytes().iter().copied())
                .collect(),
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// All that is held. Lists are in the order of writing.
#[derive(Debug, Default)]
struct State {
    key: Vec<u8>,
    persons: BTreeMap<PersonId, Profile>,
    addresses: HashMap<Address, Pointer>,
    seen: HashMap<Key, Seen>,
    conversations: HashMap<ConversationId, Conversation>,
    waiting: Vec<Queued>,
    lines: Vec<Line>,
    feedback: HashMap<EntryId, Feedback>,
    effects: Vec<Outgoing>,
    receipts: Vec<Receipt>,
    leases: HashMap<String, Listener>,
    sessions: HashMap<String, Session>,
}

/// The idempotency key of a message.
type Key = (ChurchId, Channel, Account, String);

/// Whose an address is.
#[derive(Debug, Clone)]
struct Pointer {
    person: PersonId,
    paused: bool,
}

/// A key that was used.
#[derive(Debug, Clone)]
struct Seen {
    digest: String,
    id: InboundId,
    received: Timestamp,
}

#[derive(Debug, Clone)]
struct Conversation {
    epoch: u64,
    attempts: u32,
    lease: Option<Lease>,
    draft: Option<Draft>,
    audience: Audience,
}

/// A message that waits.
#[derive(Debug, Clone)]
struct Queued {
    conversation: ConversationId,
    person: PersonId,
    message: Waiting,
}

#[derive(Debug, Clone)]
struct Line {
    entry: Entry,
    expires: Option<Timestamp>,
    audience: Audience,
}

impl Line {
    fn is_held(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// An effect that is not settled, or parked.
#[derive(Debug, Clone)]
struct Outgoing {
    effect: Effect,
    due: Timestamp,
    lease: Option<Lease>,
    parked: Option<String>,
    /// Leaves nothing behind once settled: it belongs to somebody who was erased.
    vanishes: bool,
}

impl Outgoing {
    /// Whether it keeps its lane waiting.
    fn is_open(&self) -> bool {
        self.parked.is_none()
    }

    /// Whether it could be sent, were it the only one of its lane.
    fn is_ready(&self, now: Timestamp) -> bool {
        self.due <= now && !self.lease.as_ref().is_some_and(|lease| lease.is_live(now))
    }

    fn shares_lane(&self, other: &Self) -> bool {
        self.effect.conversation == other.effect.conversation
            && self.effect.lane == other.effect.lane
    }
}

/// What is left of an effect that was carried out or dropped. No seam reads receipts, so only what
/// decides how long they stay is kept.
#[derive(Debug, Clone)]
struct Receipt {
    person: PersonId,
    settled: Timestamp,
}

/// A listener's lease.
#[derive(Debug, Clone, Default)]
struct Listener {
    term: u64,
    lease: Option<Lease>,
    position: Option<String>,
}
