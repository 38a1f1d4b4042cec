use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    seams::{Grant, Leases, StoreError},
    words::{HolderId, Lease, Timestamp},
};

#[async_trait]
impl Leases for MemoryStore {
    async fn acquire(
        &self,
        name: &str,
        holder: &HolderId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Grant>, StoreError> {
        let mut state = self.state();
        let listener = state.leases.entry(name.to_owned()).or_default();
        match &listener.lease {
            Some(lease) if lease.holder == *holder => {}
            Some(lease) if lease.is_live(now) => return Ok(None),
            Some(_) | None => listener.term += 1,
        }
        listener.lease = Some(Lease {
            holder: holder.clone(),
            until,
        });
        Ok(Some(Grant {
            term: listener.term,
            position: listener.position.clone(),
        }))
    }

    async fn advance(
        &self,
        name: &str,
        term: u64,
        position: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(listener) = state.leases.get_mut(name) else {
            return Ok(false);
        };
        let Some(lease) = listener.lease.as_mut().filter(|_| listener.term == term) else {
            return Ok(false);
        };
        lease.until = until;
        listener.position = Some(position.to_owned());
        Ok(true)
    }

    async fn release(&self, name: &str, term: u64) -> Result<(), StoreError> {
        if let Some(listener) = self.state().leases.get_mut(name)
            && listener.term == term
        {
            listener.lease = None;
        }
        Ok(())
    }
}
