//! A store whose every call can be interrupted before and after it takes effect, and can fail.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
};

use async_trait::async_trait;

use crate::{
    path::Store,
    seams::{
        Accepted, Arrival, Claim, Committed, Draft, Erased, Feedback, Fence, Held, History,
        OutboxStore, Outcome, People, ProfileChange, Settlement, StoreError, TurnStore,
    },
    words::{
        Address, AuditNote, ConversationId, Effect, Entry, EntryId, InboundId, Lease, PersonId,
        Profile, Timestamp,
    },
};

/// What the simulation saw the store take.
#[derive(Debug, Default)]
pub struct Ledger {
    /// New messages in the order in which they were taken.
    pub accepted: Vec<InboundId>,
    /// How many of the next calls fail, half of them after they took effect.
    pub failures: u32,
}

/// The store under simulation.
pub struct Shaky<S> {
    pub store: S,
    pub ledger: Arc<Mutex<Ledger>>,
}

/// Gives the simulation a place to stop, once.
pub async fn pause() {
    let mut paused = false;
    poll_fn(|_| {
        if paused {
            Poll::Ready(())
        } else {
            paused = true;
            Poll::Pending
        }
    })
    .await;
}

impl<S: Store> Shaky<S> {
    async fn shake<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        pause().await;
        let failure = {
            let mut ledger = self.ledger.lock().unwrap();
            let left = ledger.failures;
            ledger.failures = left.saturating_sub(1);
            left
        };
        let away = || StoreError::Unavailable("the simulation says so".to_owned());
        if failure > 0 && failure.is_multiple_of(2) {
            return Err(away());
        }
        let done = call.await;
        pause().await;
        if failure > 0 { Err(away()) } else { done }
    }
}

#[async_trait]
impl<S: Store> TurnStore for Shaky<S> {
    async fn accept(&self, arrival: Arrival) -> Result<Accepted, StoreError> {
        let id = arrival.id.clone();
        self.shake(async {
            let accepted = self.store.accept(arrival).await?;
            if let Accepted::New { .. } = accepted {
                self.ledger.lock().unwrap().accepted.push(id);
            }
            Ok(accepted)
        })
        .await
    }

    async fn claim(
        &self,
        conversation: &ConversationId,
        request: Lease,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        self.shake(self.store.claim(conversation, request, now))
            .await
    }

    async fn waiting(
        &self,
        shard: u16,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        self.shake(self.store.waiting(shard, now, limit)).await
    }

    async fn hold(
        &self,
        fence: &Fence,
        until: Timestamp,
        draft: Option<Draft>,
    ) -> Result<Held, StoreError> {
        self.shake(self.store.hold(fence, until, draft)).await
    }

    async fn commit(
        &self,
        fence: &Fence,
        answered: &[InboundId],
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        self.shake(self.store.commit(fence, answered, outcome, now))
            .await
    }

    fn shards(&self) -> u16 {
        self.store.shards()
    }
}

#[async_trait]
impl<S: Store> OutboxStore for Shaky<S> {
    async fn due(
        &self,
        shard: u16,
        request: Lease,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Effect>, StoreError> {
        self.shake(self.store.due(shard, request, now, limit)).await
    }

    async fn settle(
        &self,
        effect: &Effect,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.shake(self.store.settle(effect, settlement, now)).await
    }
}

#[async_trait]
impl<S: Store> People for Shaky<S> {
    async fn find(&self, address: &Address) -> Result<Option<Profile>, StoreError> {
        self.shake(self.store.find(address)).await
    }

    async fn change(
        &self,
        person: &PersonId,
        changes: &[ProfileChange],
        audit: AuditNote,
        now: Timestamp,
    ) -> Result<Option<Profile>, StoreError> {
        self.shake(self.store.change(person, changes, audit, now))
            .await
    }

    async fn erase(&self, person: &PersonId, now: Timestamp) -> Result<Erased, StoreError> {
        self.shake(self.store.erase(person, now)).await
    }

    async fn export(&self, person: &PersonId) -> Result<Option<(Profile, Vec<Entry>)>, StoreError> {
        self.shake(self.store.export(person)).await
    }
}

#[async_trait]
impl<S: Store> History for Shaky<S> {
    async fn before(
        &self,
        person: &PersonId,
        before: Option<&EntryId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        self.shake(self.store.before(person, before, limit, now))
            .await
    }

    async fn after(
        &self,
        person: &PersonId,
        after: Option<&EntryId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        self.shake(self.store.after(person, after, limit, now))
            .await
    }

    async fn answer(&self, inbound: &InboundId) -> Result<Option<Entry>, StoreError> {
        self.shake(self.store.answer(inbound)).await
    }

    async fn rate(
        &self,
        person: &PersonId,
        entry: &EntryId,
        feedback: Feedback,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.shake(self.store.rate(person, entry, feedback, now))
            .await
    }
}
