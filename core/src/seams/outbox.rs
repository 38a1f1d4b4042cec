//! Effects after the commit: due, leased, settled.

use async_trait::async_trait;

use crate::{
    seams::{ClaimRequest, StoreError},
    words::{Effect, EffectId, Timestamp},
};

/// How an attempt to carry out an effect ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Done. The content of the effect is dropped, the receipt kept.
    Sent {
        /// The provider's id of the message, where there is one.
        receipt: Option<String>,
    },
    /// Not yet: again at this time. The leases of the later effects of the lane are given back.
    Retry {
        /// When.
        at: Timestamp,
        /// The request may have arrived all the same: the next attempt may double it.
        maybe_sent: bool,
    },
    /// The room has another id now: this and the later effects of the conversation go there,
    /// at once.
    Moved {
        /// The new room.
        room: String,
    },
    /// The person does not want to, or can no longer, be written to: this and the later effects
    /// of the conversation are dropped and the address is paused until it writes again.
    Blocked,
    /// It will never work as it is: kept for the operator. Later effects go on.
    Parked {
        /// Why, in words without content.
        reason: String,
    },
}

/// The outbox.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Leases up to `limit` effects that are due at `now`, in the order of their lanes. An effect
    /// is due when its time has come, nobody holds its lease, and no earlier effect of the same
    /// conversation and lane is unsettled and leased or not yet due. An effect whose earlier
    /// lease ran out comes with `maybe_sent`.
    async fn due(
        &self,
        shard: u16,
        request: ClaimRequest,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Effect>, StoreError>;

    /// Settles an effect. Settling one that is settled already changes nothing.
    async fn settle(
        &self,
        effect: &EffectId,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
