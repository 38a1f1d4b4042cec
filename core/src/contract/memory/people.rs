use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::{
    seams::{Erased, People, ProfileChange, SHORT_KEEPING, StoreError},
    words::{Address, AuditNote, ConversationId, Entry, PersonId, Profile, Purpose, Timestamp},
};

#[async_trait]
impl People for MemoryStore {
    async fn find(&self, address: &Address) -> Result<Option<Profile>, StoreError> {
        let state = self.state();
        Ok(state
            .addresses
            .get(address)
            .and_then(|pointer| state.persons.get(&pointer.person))
            .cloned())
    }

    async fn change(
        &self,
        person: &PersonId,
        changes: &[ProfileChange],
        _audit: AuditNote,
        _now: Timestamp,
    ) -> Result<Option<Profile>, StoreError> {
        let mut state = self.state();
        state.change(person, changes);
        Ok(state.persons.get(person).cloned())
    }

    async fn erase(&self, person: &PersonId, _now: Timestamp) -> Result<Erased, StoreError> {
        Ok(self.state().erase(person))
    }

    async fn export(&self, person: &PersonId) -> Result<Option<(Profile, Vec<Entry>)>, StoreError> {
        let state = self.state();
        let lines = state
            .lines
            .iter()
            .filter(|line| line.entry.person == *person)
            .map(|line| line.entry.clone())
            .collect();
        Ok(state
            .persons
            .get(person)
            .map(|profile| (profile.clone(), lines)))
    }
}

impl State {
    pub(super) fn change(&mut self, person: &PersonId, changes: &[ProfileChange]) {
        let Some(profile) = self.persons.get_mut(person) else {
            return;
        };
        for change in changes {
            profile.apply(change);
            let ProfileChange::Consent(consent) = change else {
                continue;
            };
            if consent.purpose != Purpose::History {
                continue;
            }
            for line in &mut self.lines {
                if line.entry.person != *person {
                    continue;
                }
                if consent.given {
                    line.expires = None;
                } else if line.expires.is_none() {
                    line.expires = Some(consent.at + SHORT_KEEPING);
                }
            }
        }
    }

    /// Removes everything of a person but the keys of their messages.
    pub(super) fn erase(&mut self, person: &PersonId) -> Erased {
        // Whoever is at the head is who is being answered: that turn is over.
        let mut heads: Vec<ConversationId> = Vec::new();
        let mut interrupted: Vec<ConversationId> = Vec::new();
        for queued in &self.waiting {
            if heads.contains(&queued.conversation) {
                continue;
            }
            heads.push(queued.conversation.clone());
            if queued.person == *person {
                interrupted.push(queued.conversation.clone());
            }
        }
        for conversation in &interrupted {
            self.put_down(conversation);
        }

        let addresses = &mut self.addresses;
        self.sessions.retain(|_, session| {
            addresses
                .get(&session.address)
                .is_none_or(|pointer| pointer.person != *person)
        });
        let erased = Erased {
            entries: keep(&mut self.lines, |line| line.entry.person != *person),
            waiting: keep(&mut self.waiting, |queued| queued.person != *person),
            effects: keep(&mut self.effects, |held| {
                held.effect.person != *person || held.vanishes
            }),
            addresses: {
                let before = addresses.len();
                addresses.retain(|_, pointer| pointer.person != *person);
                (before - addresses.len()) as u64
            },
        };
        self.receipts.retain(|receipt| receipt.person != *person);
        let lines = &self.lines;
        self.feedback
            .retain(|id, _| lines.iter().any(|line| line.entry.id == *id));
        self.persons.remove(person);
        erased
    }
}

/// Keeps what is to be kept and says how many went.
pub(super) fn keep<T>(list: &mut Vec<T>, stays: impl FnMut(&T) -> bool) -> u64 {
    let before = list.len();
    list.retain(stays);
    (before - list.len()) as u64
}
