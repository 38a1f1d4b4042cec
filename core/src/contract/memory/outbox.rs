use async_trait::async_trait;

use super::{MemoryStore, Receipt, State};
use crate::{
    seams::{OutboxStore, Settlement, StoreError},
    words::{Effect, Lane, Lease, Timestamp},
};

#[async_trait]
impl OutboxStore for MemoryStore {
    async fn due(
        &self,
        shard: u16,
        request: Lease,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Effect>, StoreError> {
        let mut state = self.state();
        let mut due: Vec<usize> = (0..state.effects.len())
            .filter(|&index| shard == 0 && state.is_due(index, now))
            .collect();
        due.sort_by_key(|&index| (state.effects[index].effect.lane, index));
        due.truncate(limit);
        Ok(due
            .into_iter()
            .map(|index| {
                let held = &mut state.effects[index];
                held.effect.maybe_sent |= held.lease.is_some();
                held.lease = Some(request.clone());
                held.effect.lease = request.clone();
                held.effect.clone()
            })
            .collect())
    }

    async fn settle(
        &self,
        effect: &Effect,
        settlement: Settlement,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let Some(index) = state
            .effects
            .iter()
            .position(|held| held.effect.id == effect.id && held.is_open())
        else {
            return Ok(());
        };
        let stands = state.effects[index].lease.as_ref() == Some(&effect.lease);
        if !stands && !matches!(settlement, Settlement::Sent { .. }) {
            return Ok(());
        }
        match settlement {
            Settlement::Sent { .. } => state.finish(index, now),
            Settlement::Retry { at, maybe_sent } => {
                state.give_back(index);
                let held = &mut state.effects[index];
                held.effect.attempts += 1;
                held.effect.maybe_sent |= maybe_sent;
                held.due = at;
            }
            Settlement::Moved { room } => {
                state.give_back(index);
                state.effects[index].effect.attempts += 1;
                state.effects[index].due = now;
                state.redirect(index, &room, now);
            }
            Settlement::Blocked => state.block(index, now),
            Settlement::Parked { reason } => {
                if state.effects[index].vanishes {
                    state.finish(index, now);
                } else {
                    state.effects[index].parked = Some(reason);
                    state.effects[index].lease = None;
                }
            }
        }
        Ok(())
    }
}

impl State {
    fn is_due(&self, index: usize, now: Timestamp) -> bool {
        let held = &self.effects[index];
        held.is_open()
            && held.is_ready(now)
            && self.effects[..index]
                .iter()
                .filter(|earlier| earlier.shares_lane(held) && earlier.is_open())
                .all(|earlier| earlier.is_ready(now))
    }

    /// Drops the content and keeps the receipt.
    fn finish(&mut self, index: usize, now: Timestamp) {
        let held = self.effects.remove(index);
        if !held.vanishes {
            self.receipts.push(Receipt {
                person: held.effect.person,
                settled: now,
            });
        }
    }

    /// Gives back the lease of an effect, and those of the later ones that were leased with it.
    fn give_back(&mut self, index: usize) {
        let held = self.effects[index].clone();
        for later in &mut self.effects[index..] {
            if later.shares_lane(&held) && later.lease == held.lease {
                later.lease = None;
            }
        }
    }

    fn redirect(&mut self, index: usize, room: &str, now: Timestamp) {
        let held = self.effects[index].clone();
        let Some(old) = held.effect.action.destination() else {
            return;
        };
        for later in &mut self.effects[index..] {
            if later.effect.conversation == held.effect.conversation
                && let Some(to) = later.effect.action.destination_mut()
                && to.address.channel == old.address.channel
                && to.address.account == old.address.account
                && to.place.room == old.place.room
            {
                room.clone_into(&mut to.place.room);
                later.due = now;
            }
        }
    }

    fn block(&mut self, index: usize, now: Timestamp) {
        let held = self.effects[index].clone();
        let to = held.effect.action.destination();
        if let Some(to) = to
            && let Some(pointer) = self.addresses.get_mut(&to.address)
        {
            pointer.paused = true;
        }
        for at in (index..self.effects.len()).rev() {
            let later = &self.effects[at];
            let same_door = later.effect.action.destination().is_some_and(|other| {
                to.is_some_and(|to| {
                    to.address == other.address && to.place.room == other.place.room
                })
            });
            if at == index
                || (later.effect.conversation == held.effect.conversation
                    && later.effect.lane == Lane::Normal
                    && later.is_open()
                    && same_door)
            {
                self.finish(at, now);
            }
        }
    }
}
