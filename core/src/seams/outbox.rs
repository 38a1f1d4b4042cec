//! Effects after the commit: due, leased, settled.

use async_trait::async_trait;

use crate::{
    seams::StoreError,
    words::{Effect, Lease, Timestamp},
};

/// How an attempt to carry out an effect ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Done. The content of the effect is dropped, the receipt kept.
    Sent {
        /// The provider's id of the message, where there is one.
        receipt: Option<String>,
    },
    /// Not yet: again at this time. Counts as an attempt. The leases of the later effects of the
    /// lane that were leased together with it are given back: whoever holds them stops here.
    Retry {
        /// When.
        at: Timestamp,
        /// The request may have arrived all the same: the next attempt may double it.
        maybe_sent: bool,
    },
    /// The room has another id now: this and the later effects of the conversation that were for
    /// the old room go there, at once, parked ones once they are tried again. Counts as an attempt and gives back leases as
    /// [`Settlement::Retry`] does.
    Moved {
        /// The new room.
        room: String,
    },
    /// The person does not want to, or can no longer, be written to: this and the later effects
    /// of the conversation for the same address and room are dropped and the address is paused
    /// until it writes again. Later effects of the emergency lane are tried all the same, and so
    /// is what another person of the room is owed. Parked effects stay parked.
    Blocked,
    /// It will never work as it is: kept for the operator. Later effects go on. An effect that
    /// outlived the erasure of its person is dropped instead.
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
    /// conversation and lane is unsettled and leased or not yet due. Parked effects hold nobody
    /// up. An effect whose earlier lease ran out comes with `maybe_sent`.
    ///
    /// A lease is live while `now` is before its `until`.
    async fn due(
        &self,
        shard: u16,
        request: Lease,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Effect>, StoreError>;

    /// Settles an effect, as leased by [`Effect::lease`]. Settling one that is settled already,
    /// parked, or unknown changes nothing. Once somebody else holds the effect, only
    /// [`Settlement::Sent`] still counts, because it is true whoever says it; anything else is
    /// theirs to find out.
    async fn settle(
        &self,
        effect: &Effect,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
