use async_trait::async_trait;

use super::{Conversation, Line, MemoryStore, Outgoing, Pointer, Queued, Seen, State};
use crate::{
    seams::{
        Accepted, Arrival, COALESCE, Claim, Committed, Draft, Emergency, Fence, Held, Outcome,
        RECENT, SHORT_KEEPING, StoreError, TurnStore, Waiting,
    },
    words::{
        Audience, ConversationId, Effect, Entry, EntryBody, EntryId, Epoch, HolderId, InboundId,
        InboundKind, Lane, Lease, NewEffect, PersonId, Profile, Timestamp,
    },
};

#[async_trait]
impl TurnStore for MemoryStore {
    async fn accept(&self, arrival: Arrival) -> Result<Accepted, StoreError> {
        let mut state = self.state();
        let sender = arrival.inbound.sender.clone();
        let key = (
            arrival.church.clone(),
            sender.channel.clone(),
            sender.account.clone(),
            arrival.inbound.provider_id.clone(),
        );
        if let Some(seen) = state.seen.get(&key) {
            if seen.digest != arrival.digest {
                return Ok(Accepted::Conflict);
            }
            // The digest covers the sender, so the address tells whose it is; erased, nobody's.
            let person = state
                .addresses
                .get(&sender)
                .map_or(arrival.stranger, |pointer| pointer.person.clone());
            return Ok(Accepted::Duplicate {
                id: seen.id.clone(),
                person,
            });
        }
        state.seen.insert(
            key,
            Seen {
                digest: arrival.digest,
                id: arrival.id.clone(),
                received: arrival.received,
            },
        );

        let pointer = state.addresses.entry(sender).or_insert(Pointer {
            person: arrival.stranger,
            paused: false,
        });
        pointer.paused = false;
        let person = pointer.person.clone();
        state
            .persons
            .entry(person.clone())
            .or_insert_with(|| Profile::new(person.clone()));

        let id = arrival.conversation;
        let audience = arrival.inbound.place.audience;
        let conversation = state
            .conversations
            .entry(id.clone())
            .or_insert(Conversation {
                epoch: 0,
                attempts: 0,
                lease: None,
                draft: None,
                audience,
            });
        conversation.audience = audience;

        let first = !state.waiting.iter().any(|queued| queued.conversation == id);
        state.waiting.push(Queued {
            conversation: id.clone(),
            person: person.clone(),
            message: Waiting {
                id: arrival.id.clone(),
                inbound: arrival.inbound,
                received: arrival.received,
            },
        });

        let mut claim = None;
        let mut effects = Vec::new();
        if let Some(emergency) = arrival.emergency {
            effects =
                state.answer_emergency(&id, &person, &arrival.id, emergency, arrival.received);
        } else if let Some(request) = arrival.claim.filter(|_| first) {
            claim = state.claim(&id, request, arrival.received).map(Box::new);
        }
        Ok(Accepted::New {
            person,
            claim,
            effects,
        })
    }

    async fn claim(
        &self,
        conversation: &ConversationId,
        request: Lease,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        Ok(self.state().claim(conversation, request, now))
    }

    async fn waiting(
        &self,
        shard: u16,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let state = self.state();
        let mut found: Vec<ConversationId> = Vec::new();
        for queued in state.waiting.iter().filter(|_| shard == 0) {
            let id = &queued.conversation;
            if !state.is_leased(id, now) && !found.contains(id) {
                found.push(id.clone());
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn hold(
        &self,
        fence: &Fence,
        until: Timestamp,
        draft: Option<Draft>,
    ) -> Result<Held, StoreError> {
        let mut state = self.state();
        if !state.stands(fence) {
            return Ok(Held::Lost);
        }
        let conversation = state.conversations.get_mut(&fence.conversation).unwrap();
        conversation.lease = Some(Lease {
            holder: fence.holder.clone(),
            until,
        });
        if draft.is_some() {
            conversation.draft = draft;
        }
        Ok(Held::Yes)
    }

    async fn commit(
        &self,
        fence: &Fence,
        answered: &[InboundId],
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Committed, StoreError> {
        let mut state = self.state();
        if !state.stands(fence) {
            return Ok(Committed::Lost);
        }
        state.waiting.retain(|queued| {
            queued.conversation != fence.conversation
                || queued.person != fence.person
                || !answered.contains(&queued.message.id)
        });
        if outcome.erase {
            state.erase(&fence.person);
        } else {
            state.write(&fence.conversation, &fence.person, &outcome, now);
        }
        state.put_down(&fence.conversation);
        let effects = state.enqueue(
            &fence.conversation,
            &fence.person,
            outcome.effects,
            &fence.holder,
            outcome.effects_until,
            outcome.erase,
            now,
        );
        let more = state
            .waiting
            .iter()
            .any(|queued| queued.conversation == fence.conversation);
        Ok(Committed::Done { effects, more })
    }
}

impl State {
    fn is_leased(&self, conversation: &ConversationId, now: Timestamp) -> bool {
        self.conversations
            .get(conversation)
            .and_then(|conversation| conversation.lease.as_ref())
            .is_some_and(|lease| lease.is_live(now))
    }

    /// Whether a fence still stands. Time plays no part in it.
    fn stands(&self, fence: &Fence) -> bool {
        let holds = self
            .conversations
            .get(&fence.conversation)
            .is_some_and(|conversation| {
                conversation.epoch == fence.epoch.0 && conversation.lease.is_some()
            });
        let lives = self
            .persons
            .get(&fence.person)
            .is_some_and(|profile| profile.generation == fence.generation);
        holds && lives
    }

    fn claim(&mut self, id: &ConversationId, request: Lease, now: Timestamp) -> Option<Claim> {
        if self.is_leased(id, now) {
            return None;
        }
        let run = self.leading_run(id);
        let person = run.first()?.person.clone();
        let public = run
            .iter()
            .any(|queued| queued.message.inbound.place.audience == Audience::Public);
        let recent = self.recent(id, &person, public, now);
        let profile = self.persons.get(&person)?.clone();
        let conversation = self.conversations.get_mut(id)?;
        conversation.epoch += 1;
        conversation.attempts += 1;
        conversation.lease = Some(Lease {
            holder: request.holder.clone(),
            until: request.until,
        });
        Some(Claim {
            fence: Fence {
                conversation: id.clone(),
                epoch: Epoch(conversation.epoch),
                person,
                generation: profile.generation,
                holder: request.holder,
            },
            messages: run.into_iter().map(|queued| queued.message).collect(),
            attempts: conversation.attempts,
            profile,
            recent,
            draft: conversation.draft.clone(),
        })
    }

    /// The waiting messages that are answered together next.
    fn leading_run(&self, id: &ConversationId) -> Vec<Queued> {
        let mut run: Vec<Queued> = Vec::new();
        for queued in self
            .waiting
            .iter()
            .filter(|queued| queued.conversation == *id)
        {
            let alone = matches!(
                queued.message.inbound.kind,
                InboundKind::Command { .. } | InboundKind::Choice { .. }
            );
            let Some(first) = run.first() else {
                run.push(queued.clone());
                if alone {
                    break;
                }
                continue;
            };
            if alone || first.person != queued.person || run.len() == COALESCE {
                break;
            }
            run.push(queued.clone());
        }
        run
    }

    fn recent(
        &self,
        id: &ConversationId,
        person: &PersonId,
        public: bool,
        now: Timestamp,
    ) -> Vec<Entry> {
        let mut recent: Vec<Entry> = self
            .lines
            .iter()
            .rev()
            .filter(|line| line.is_held(now))
            .filter(|line| {
                if public {
                    line.entry.conversation == *id
                } else {
                    line.entry.person == *person && line.audience == Audience::Private
                }
            })
            .take(RECENT)
            .map(|line| line.entry.clone())
            .collect();
        recent.reverse();
        recent
    }

    /// Ends a turn: nobody holds the conversation any more.
    pub(super) fn put_down(&mut self, id: &ConversationId) {
        if let Some(conversation) = self.conversations.get_mut(id) {
            conversation.lease = None;
            conversation.draft = None;
            conversation.attempts = 0;
        }
    }

    /// The message whose turn it is.
    fn head(&self, id: &ConversationId) -> Option<InboundId> {
        self.waiting
            .iter()
            .find(|queued| queued.conversation == *id)
            .map(|queued| queued.message.id.clone())
    }

    fn answer_emergency(
        &mut self,
        id: &ConversationId,
        person: &PersonId,
        message: &InboundId,
        emergency: Emergency,
        now: Timestamp,
    ) -> Vec<Effect> {
        let head = self.head(id);
        let (absorbed, waiting): (Vec<Queued>, Vec<Queued>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|queued| {
                queued.message.id == *message
                    || (queued.conversation == *id
                        && queued.person == *person
                        && queued.message.inbound.kind == InboundKind::Text)
            });
        self.waiting = waiting;

        // A draft belongs to the messages at the head; when they are answered, so is it.
        let draft_stays = self.head(id) == head;
        if let Some(conversation) = self.conversations.get_mut(id) {
            conversation.epoch += 1;
            conversation.lease = None;
            conversation.attempts = 0;
            if !draft_stays {
                conversation.draft = None;
            }
        }

        let Emergency {
            mut outcome,
            holder,
        } = emergency;
        if let Some(EntryBody::Muykol { answers, .. }) =
            outcome.entries.last_mut().map(|entry| &mut entry.body)
        {
            for queued in &absorbed {
                if !answers.contains(&queued.message.id) {
                    answers.push(queued.message.id.clone());
                }
            }
        }
        let said = absorbed.into_iter().map(|queued| Entry {
            id: EntryId::new(queued.message.received),
            conversation: id.clone(),
            person: person.clone(),
            at: queued.message.received,
            body: EntryBody::Person {
                text: queued.message.inbound.text,
                inbound: queued.message.id,
            },
        });
        outcome.entries.splice(0..0, said);
        self.write(id, person, &outcome, now);
        self.enqueue(
            id,
            person,
            outcome.effects,
            &holder,
            outcome.effects_until,
            false,
            now,
        )
    }

    /// Writes changes and entries.
    fn write(&mut self, id: &ConversationId, person: &PersonId, outcome: &Outcome, now: Timestamp) {
        self.change(person, &outcome.profile);
        let consented = self
            .persons
            .get(person)
            .and_then(|profile| profile.history_consent.as_ref())
            .is_some_and(|consent| consent.given);
        let expires = (!consented).then(|| outcome.expires.unwrap_or(now + SHORT_KEEPING));
        let audience = self.conversations[id].audience;
        for entry in &outcome.entries {
            self.lines.push(Line {
                entry: Entry {
                    conversation: id.clone(),
                    person: person.clone(),
                    ..entry.clone()
                },
                expires,
                audience,
            });
        }
    }

    /// Puts effects into the outbox and leases those that need not wait.
    #[allow(clippy::too_many_arguments)]
    fn enqueue(
        &mut self,
        id: &ConversationId,
        person: &PersonId,
        effects: Vec<NewEffect>,
        holder: &HolderId,
        until: Timestamp,
        vanishes: bool,
        now: Timestamp,
    ) -> Vec<Effect> {
        let older_wait = self.effects.iter().any(|held| {
            held.effect.conversation == *id && held.effect.lane == Lane::Normal && held.is_open()
        });
        let lease = Lease {
            holder: holder.clone(),
            until,
        };
        let mut leased = Vec::new();
        for new in effects {
            let effect = Effect {
                id: new.id,
                conversation: id.clone(),
                person: person.clone(),
                lane: new.lane,
                action: new.action,
                attempts: 0,
                maybe_sent: false,
                created: now,
                lease: lease.clone(),
            };
            let goes_now = effect.lane == Lane::Emergency || !older_wait;
            if goes_now {
                leased.push(effect.clone());
            }
            self.effects.push(Outgoing {
                effect,
                due: now,
                lease: goes_now.then(|| lease.clone()),
                parked: None,
                vanishes,
            });
        }
        leased
    }
}
