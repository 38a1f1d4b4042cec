//! What the operator asks of a store.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    seams::StoreError,
    words::{EffectId, Timestamp},
};

/// How long each kind of row is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Lines of history under consent, from when they were written.
    pub history: Duration,
    /// Keys that stop a redelivered message from being answered again, from when it came in.
    pub dedupe: Duration,
    /// Receipts of effects, from when they were settled.
    pub receipts: Duration,
    /// Audit entries, from when they were written.
    pub audit: Duration,
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows of every kind together.
    pub rows: u64,
}

/// An effect kept for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEffect {
    /// Its id.
    pub id: EffectId,
    /// The channel it was for; "operator" for an alert, "unreadable" if this version cannot tell.
    pub channel: String,
    /// Why it was parked.
    pub reason: String,
    /// When it was committed.
    pub created: Timestamp,
}

/// The outbox in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxStats {
    /// Effects not yet settled.
    pub due: u64,
    /// When the oldest of them was committed.
    pub oldest: Option<Timestamp>,
    /// Effects kept for the operator.
    pub parked: u64,
}

/// The operator's side of a store.
#[async_trait]
pub trait Operations: Send + Sync {
    /// Writes and reads for real.
    async fn probe(&self, now: Timestamp) -> Result<(), StoreError>;

    /// This installation's secret (32 bytes), made once, for keyed ids and digests.
    async fn installation_key(&self) -> Result<Vec<u8>, StoreError>;

    /// The outbox in numbers.
    async fn outbox_stats(&self) -> Result<OutboxStats, StoreError>;

    /// Parked effects, oldest first.
    async fn parked(&self, limit: usize) -> Result<Vec<ParkedEffect>, StoreError>;

    /// Makes a parked effect due again, at its old place in its lane and with its attempts
    /// forgotten; false if there is no such.
    async fn retry(&self, effect: &EffectId, now: Timestamp) -> Result<bool, StoreError>;

    /// Removes what has expired. Never a message that waits, its key, or an effect that is not
    /// settled: those end by being answered, sent, or erased.
    async fn sweep(&self, retention: Retention, now: Timestamp) -> Result<Swept, StoreError>;
}
