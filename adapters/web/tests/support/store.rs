//! The model store with a switch: it works, fails, or never answers.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use muykol_core::{
    contract::MemoryStore,
    seams::{
        Accepted, Arrival, Claim, Committed, Draft, Erased, Feedback, Fence, Held, History,
        OutboxStore, Outcome, People, ProfileChange, Session, Sessions, Settlement, StoreError,
        TurnStore,
    },
    words::{
        Address, AuditNote, ConversationId, Effect, Entry, EntryId, InboundId, Lease, PersonId,
        Profile, Timestamp,
    },
};

use super::Gate;

/// The store under test.
#[derive(Clone)]
pub struct Switched {
    pub inner: MemoryStore,
    state: Arc<AtomicU8>,
    /// Lets the reply be committed between a reader's first look and its return.
    pub race: Arc<AtomicBool>,
    pub gate: Gate,
    pub session_reads: Arc<AtomicU8>,
}

impl Switched {
    pub fn new(gate: Gate) -> Self {
        Self {
            inner: MemoryStore::new(),
            state: Arc::default(),
            race: Arc::default(),
            gate,
            session_reads: Arc::default(),
        }
    }

    pub fn works(&self) {
        self.state.store(0, Ordering::SeqCst);
    }

    pub fn fails(&self) {
        self.state.store(1, Ordering::SeqCst);
    }

    pub fn hangs(&self) {
        self.state.store(2, Ordering::SeqCst);
    }

    async fn up(&self) -> Result<(), StoreError> {
        match self.state.load(Ordering::SeqCst) {
            0 => Ok(()),
            1 => Err(StoreError::Unavailable("switched off".to_owned())),
            _ => pending().await,
        }
    }
}

#[async_trait]
impl Sessions for Switched {
    async fn open(&self, token_hash: &str, session: Session) -> Result<(), StoreError> {
        self.up().await?;
        self.inner.open(token_hash, session).await
    }
    async fn session(&self, hash: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        self.up().await?;
        self.session_reads.fetch_add(1, Ordering::SeqCst);
        self.inner.session(hash, now).await
    }
}

#[async_trait]
impl History for Switched {
    async fn before(
        &self,
        person: &PersonId,
        before: Option<&EntryId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        self.up().await?;
        self.inner.before(person, before, limit, now).await
    }
    async fn after(
        &self,
        person: &PersonId,
        after: Option<&EntryId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        self.up().await?;
        self.inner.after(person, after, limit, now).await
    }
    async fn answer(&self, inbound: &InboundId) -> Result<Option<Entry>, StoreError> {
        self.up().await?;
        let answer = self.inner.answer(inbound).await?;
        if answer.is_none() && self.race.swap(false, Ordering::SeqCst) {
            self.gate.open();
            while self.inner.answer(inbound).await?.is_none() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            // Time for the wake-up to be published, too.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(answer)
    }
    async fn rate(
        &self,
        person: &PersonId,
        entry: &EntryId,
        feedback: Feedback,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.up().await?;
        self.inner.rate(person, entry, feedback, now).await
    }
}

#[async_trait]
impl People for Switched {
    async fn find(&self, address: &Address) -> Result<Option<Profile>, StoreError> {
        self.up().await?;
        self.inner.find(address).await
    }
    async fn change(
        &self,
        person: &PersonId,
        changes: &[ProfileChange],
        audit: AuditNote,
        now: Timestamp,
    ) -> Result<Option<Profile>, StoreError> {
        self.up().await?;
        self.inner.change(person, changes, audit, now).await
    }
    async fn erase(&self, person: &PersonId, now: Timestamp) -> Result<Erased, StoreError> {
        self.up().await?;
        self.inner.erase(person, now).await
    }
    async fn export(&self, person: &PersonId) -> Result<Option<(Profile, Vec<Entry>)>, StoreError> {
        self.up().await?;
        self.inner.export(person).await
    }
}

#[async_trait]
impl TurnStore for Switched {
    async fn accept(&self, arrival: Arrival) -> Result<Accepted, StoreError> {
        self.up().await?;
        self.inner.accept(arrival).await
    }
    async fn claim(
        &self,
        conversation: &ConversationId,
        request: Lease,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        self.up().await?;
        self.inner.claim(conversation, request, now).await
    }
    async fn waiting(
        &self,
        shard: u16,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        self.up().await?;
        self.inner.waiting(shard, now, limit).await
    }
    async fn hold(
        &self,
        fence: &Fence,
        until: Timestamp,
        draft: Option<Draft>,
    ) -> Result<Held, StoreError> {
        self.up().await?;
        self.inner.hold(fence, until, draft).await
    }
    async fn commit(
        &self,
        fence: &Fence,
        answered: &[InboundId],
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        self.up().await?;
        self.inner.commit(fence, answered, outcome, now).await
    }
}

#[async_trait]
impl OutboxStore for Switched {
    async fn due(
        &self,
        shard: u16,
        request: Lease,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Effect>, StoreError> {
        self.up().await?;
        self.inner.due(shard, request, now, limit).await
    }
    async fn settle(
        &self,
        effect: &Effect,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.up().await?;
        self.inner.settle(effect, settlement, now).await
    }
}
