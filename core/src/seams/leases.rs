//! Single holders for listeners that pull.

use async_trait::async_trait;

use crate::{
    seams::StoreError,
    words::{HolderId, Timestamp},
};

/// A listener's lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Raised with every change of holder, and when a lease that was given back is taken again;
    /// names the grant in later writes.
    pub term: u64,
    /// Where the last holder had got to, as the listener wrote it.
    pub position: Option<String>,
}

/// Leases whose row keeps the listener's position.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes or extends the lease `name`; `None` while another holder's is live at `now`.
    async fn acquire(
        &self,
        name: &str,
        holder: &HolderId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Grant>, StoreError>;

    /// Writes the position and extends the lease, if the term still stands; false if not. A term
    /// stands until another holder takes the lease or it is given back, however late it is.
    async fn advance(
        &self,
        name: &str,
        term: u64,
        position: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives the lease back, if the term still stands.
    async fn release(&self, name: &str, term: u64) -> Result<(), StoreError>;
}
