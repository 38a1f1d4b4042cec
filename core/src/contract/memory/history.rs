use async_trait::async_trait;

use super::{Line, MemoryStore, State};
use crate::{
    seams::{Feedback, History, StoreError},
    words::{Entry, EntryBody, EntryId, InboundId, PersonId, Role, Timestamp},
};

#[async_trait]
impl History for MemoryStore {
    async fn before(
        &self,
        person: &PersonId,
        before: Option<&EntryId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        let state = self.state();
        let end = before.map_or(state.lines.len(), |id| {
            state.position(person, id).unwrap_or(0)
        });
        Ok(state.lines[..end]
            .iter()
            .rev()
            .filter(|line| line.entry.person == *person && line.is_held(now))
            .take(limit)
            .map(|line| line.entry.clone())
            .collect())
    }

    async fn after(
        &self,
        person: &PersonId,
        after: Option<&EntryId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Entry>, StoreError> {
        let state = self.state();
        let start = after
            .and_then(|id| state.position(person, id))
            .map_or(0, |index| index + 1);
        Ok(state.lines[start..]
            .iter()
            .filter(|line| line.entry.person == *person && line.is_held(now))
            .take(limit)
            .map(|line| line.entry.clone())
            .collect())
    }

    async fn answer(&self, inbound: &InboundId) -> Result<Option<Entry>, StoreError> {
        Ok(self
            .state()
            .lines
            .iter()
            .find(|line| match &line.entry.body {
                EntryBody::Muykol { answers, .. } => answers.contains(inbound),
                EntryBody::Person { .. } => false,
            })
            .map(|line| line.entry.clone()))
    }

    async fn rate(
        &self,
        person: &PersonId,
        entry: &EntryId,
        feedback: Feedback,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let theirs = |line: &Line| {
            line.entry.id == *entry
                && line.entry.person == *person
                && line.entry.role() == Role::Muykol
                && line.is_held(now)
        };
        if !state.lines.iter().any(theirs) {
            return Ok(false);
        }
        state.feedback.insert(entry.clone(), feedback);
        Ok(true)
    }
}

impl State {
    fn position(&self, person: &PersonId, id: &EntryId) -> Option<usize> {
        self.lines
            .iter()
            .position(|line| line.entry.id == *id && line.entry.person == *person)
    }
}
