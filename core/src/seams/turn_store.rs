//! The durable path of a message: accepted, claimed, committed.

use async_trait::async_trait;

use crate::{
    seams::{ProfileChange, StoreError},
    words::{
        AuditNote, ChurchId, ConversationId, Effect, Entry, Epoch, Generation, HolderId, Inbound,
        InboundId, Lease, NewEffect, PersonId, Profile, Timestamp,
    },
};

/// A message at the moment of intake.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The church.
    pub church: ChurchId,
    /// The conversation of its place.
    pub conversation: ConversationId,
    /// The id it gets if it is new.
    pub id: InboundId,
    /// The message.
    pub inbound: Inbound,
    /// Keyed digest of sender and text: the same key with another digest is a conflict.
    pub digest: String,
    /// When it came in.
    pub received: Timestamp,
    /// When its line of history may be forgotten unless the person consented to more, should it
    /// never be answered (see `restore`). A message that waits is never forgotten.
    pub expires: Timestamp,
    /// The person it belongs to if its address was never seen.
    pub stranger: PersonId,
    /// The crisis reply that goes with it in the same step.
    pub emergency: Option<Emergency>,
    /// Claim the conversation in the same step if it is idle, that is, nobody holds it at
    /// `received` and no earlier message waits: saves one durable write. Not heeded with an
    /// emergency, which leaves nothing to answer.
    pub claim: Option<Lease>,
}

/// A crisis reply committed together with the message that called for it.
///
/// The store, in the same atomic step: raises the conversation's epoch and clears its lease and
/// attempts (so that a running turn loses its fence); marks this message and every waiting
/// message of the same person in the conversation that is text as answered by `outcome` (commands,
/// choices and attachments keep waiting); writes the entries of those messages, in order and as
/// said when they came in, before the entries of `outcome` and kept as long as those; leases the
/// effects to `holder`. A draft goes with the message at the head of the queue: it stays only
/// if that message still waits. [`Outcome::erase`] is not heeded here.
#[derive(Debug, Clone)]
pub struct Emergency {
    /// The reply; its last entry's `answers` is completed by the store with the absorbed ids, in
    /// order, this message's included.
    pub outcome: Outcome,
    /// Who will send the effects.
    pub holder: HolderId,
}

/// What intake answered.
#[derive(Debug, Clone)]
pub enum Accepted {
    /// It is on disk.
    New {
        /// The person it belongs to.
        person: PersonId,
        /// The claim, if it was asked for and the conversation was idle.
        claim: Option<Box<Claim>>,
        /// The leased effects of the emergency, in order.
        effects: Vec<Effect>,
    },
    /// It was accepted before; nothing changed. Also said of a message whose sender was erased
    /// since: its words are gone, the keyed hash that knows it is not.
    Duplicate {
        /// The id it has.
        id: InboundId,
        /// The person its address belongs to now; nobody's id if that person was erased.
        person: PersonId,
    },
    /// The key was used before with another sender or other words; nothing changed.
    Conflict,
}

/// The right to write for one turn: every later write names it and is refused once it is stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The conversation.
    pub conversation: ConversationId,
    /// The epoch that the claim raised it to.
    pub epoch: Epoch,
    /// The person whose messages are answered.
    pub person: PersonId,
    /// The person's generation when claimed.
    pub generation: Generation,
    /// Who holds it.
    pub holder: HolderId,
}

/// A message that waits for its turn.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its id.
    pub id: InboundId,
    /// The message.
    pub inbound: Inbound,
    /// When it came in.
    pub received: Timestamp,
}

/// A claimed conversation with all that the turn needs, in one read.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The fence.
    pub fence: Fence,
    /// What is to be answered together: the longest leading run of waiting messages of one
    /// person, at most [`COALESCE`]; a command or a choice always stands alone.
    pub messages: Vec<Waiting>,
    /// How often this was claimed without a commit, this time included; 1 for the first.
    pub attempts: u32,
    /// The person.
    pub profile: Profile,
    /// What was said lately, oldest first, at most [`RECENT`]: in a private place all
    /// private conversations of the person, in a public place this room only.
    pub recent: Vec<Entry>,
    /// The message an earlier holder posted while it streamed, if any.
    pub draft: Option<Draft>,
}

/// A message posted while the turn runs, which the commit will turn into an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The provider's id of the posted message.
    pub message: String,
}

/// Whether the fence still stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It did; the lease was extended.
    Yes,
    /// Somebody else has the conversation, or the person is gone: stop, write nothing more.
    Lost,
}

/// All that a turn changes, in one atomic step.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Lines of history, in order. The store puts the fence's person and conversation on them (the
    /// arrival's, in an emergency, where the person is not known before).
    pub entries: Vec<Entry>,
    /// When those lines may be forgotten unless the person consented to more. The store looks at
    /// the profile as it stands after this outcome's own changes: under consent the retention of
    /// histories holds, without it this moment, or `None` for
    /// [`SHORT_KEEPING`](crate::seams::SHORT_KEEPING) from now.
    pub expires: Option<Timestamp>,
    /// What is to be done outside, in order; leased to the committing holder.
    pub effects: Vec<NewEffect>,
    /// Changes to the person.
    pub profile: Vec<ProfileChange>,
    /// What was done with their data.
    pub audit: Vec<AuditNote>,
    /// Erase everything of the person first; only the effects of this outcome survive, and they
    /// vanish once settled. Entries and changes of the outcome are not written; its audit notes
    /// are, without details.
    pub erase: bool,
    /// Until when the effects are leased to the committing holder.
    pub effects_until: Timestamp,
}

/// What a commit answered.
#[derive(Debug, Clone)]
pub enum Committed {
    /// Everything is on disk.
    Done {
        /// The effects to send now, in order. Effects of the normal lane are missing if older ones
        /// of that lane still wait, in which case the sweep sends them after those; effects of the
        /// emergency lane are always among them.
        effects: Vec<Effect>,
        /// More messages wait in this conversation.
        more: bool,
    },
    /// The fence was stale; nothing was written.
    Lost,
}

/// The store of messages and turns.
///
/// Ordering, claiming and completing are per conversation. Safety rests on the epoch and the
/// person's generation, never on clocks: a lease that ran out early costs work, never truth.
#[async_trait]
pub trait TurnStore: Send + Sync {
    /// Puts a message on disk, once. See [`Emergency`] for what else happens in the same step.
    ///
    /// Also resolves the sender's address to a person, making one if it was never seen, and lifts
    /// a pause of the address (somebody who writes can be written to).
    async fn accept(&self, arrival: Arrival) -> Result<Accepted, StoreError>;

    /// Claims a conversation that has waiting messages and no live lease at `now`, also against
    /// the same holder. Raises its epoch and its attempts. `None` if there is nothing to claim.
    ///
    /// A lease is live while `now` is before its `until`.
    async fn claim(
        &self,
        conversation: &ConversationId,
        request: Lease,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError>;

    /// Conversations with waiting messages and no live lease at `now`, oldest message first.
    async fn waiting(
        &self,
        shard: u16,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError>;

    /// Sets the end of the lease of a running turn and, if given, saves what it posted. An end
    /// that has passed gives the conversation back. A lease that ran out is extended as long as
    /// nobody has claimed.
    async fn hold(
        &self,
        fence: &Fence,
        until: Timestamp,
        draft: Option<Draft>,
    ) -> Result<Held, StoreError>;

    /// Writes the outcome and completes the messages `answered` (those of the fence's person in
    /// the fence's conversation; other ids are ignored), if the fence still stands, which a lease
    /// that merely ran out does not change. Clears lease, draft and attempts. Repeating a commit
    /// that succeeded is answered `Lost`.
    async fn commit(
        &self,
        fence: &Fence,
        answered: &[InboundId],
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Committed, StoreError>;

    /// Into how many shards [`TurnStore::waiting`] and the outbox are cut.
    fn shards(&self) -> u16 {
        1
    }
}

/// How many messages one turn answers at most.
pub const COALESCE: usize = 16;
/// How many lines of history a claim carries at most.
pub const RECENT: usize = 40;
