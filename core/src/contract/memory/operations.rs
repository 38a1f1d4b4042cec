use async_trait::async_trait;

use super::{MemoryStore, people::keep};
use crate::{
    seams::{Operations, OutboxStats, ParkedEffect, Retention, StoreError, Swept},
    words::{EffectId, Timestamp},
};

#[async_trait]
impl Operations for MemoryStore {
    async fn probe(&self, _now: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn installation_key(&self) -> Result<Vec<u8>, StoreError> {
        Ok(self.state().key.clone())
    }

    async fn outbox_stats(&self) -> Result<OutboxStats, StoreError> {
        let state = self.state();
        let open = state.effects.iter().filter(|held| held.is_open());
        Ok(OutboxStats {
            due: open.clone().count() as u64,
            oldest: open.map(|held| held.effect.created).min(),
            parked: state.effects.iter().filter(|held| !held.is_open()).count() as u64,
        })
    }

    async fn parked(&self, limit: usize) -> Result<Vec<ParkedEffect>, StoreError> {
        Ok(self
            .state()
            .effects
            .iter()
            .filter_map(|held| {
                Some(ParkedEffect {
                    id: held.effect.id.clone(),
                    channel: held.effect.action.channel().to_owned(),
                    reason: held.parked.clone()?,
                    created: held.effect.created,
                })
            })
            .take(limit)
            .collect())
    }

    async fn retry(&self, effect: &EffectId, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(held) = state
            .effects
            .iter_mut()
            .find(|held| held.effect.id == *effect && !held.is_open())
        else {
            return Ok(false);
        };
        held.parked = None;
        held.due = now;
        held.effect.attempts = 0;
        Ok(true)
    }

    async fn sweep(&self, retention: Retention, now: Timestamp) -> Result<Swept, StoreError> {
        let mut guard = self.state();
        let state = &mut *guard;
        let mut rows = keep(&mut state.lines, |line| {
            line.is_held(now) && (line.expires.is_some() || now < line.entry.at + retention.history)
        });
        rows += keep(&mut state.receipts, |receipt| {
            now < receipt.settled + retention.receipts
        });

        let before = state.seen.len() + state.sessions.len() + state.feedback.len();
        let waiting = &state.waiting;
        state.seen.retain(|_, seen| {
            now < seen.received + retention.dedupe
                || waiting.iter().any(|queued| queued.message.id == seen.id)
        });
        state.sessions.retain(|_, session| now < session.expires);
        let lines = &state.lines;
        state
            .feedback
            .retain(|id, _| lines.iter().any(|line| line.entry.id == *id));
        rows += (before - state.seen.len() - state.sessions.len() - state.feedback.len()) as u64;
        Ok(Swept { rows })
    }
}
