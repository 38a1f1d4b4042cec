//! One turn: what was written is understood, answered, checked, rendered and committed.

use std::sync::Mutex;

use tokio::{sync::Notify, time};

use crate::{
    care::{self, Assessment},
    path::{Wiring, Work, spoken::Spoken, voice},
    seams::{Claim, Committed, Draft, Held, Outcome, ProfileChange, StoreError, TurnContext},
    words::{
        Action, AnsweredBy, Audience, AuditNote, Block, CrisisLevel, Destination, EffectId, Entry,
        EntryBody, EntryId, InboundId, InboundKind, Lane, NewEffect, Part, Profile, Reply,
        Timestamp,
    },
};

/// From this claim on the model is not asked any more: something kept the turn from ending.
const CURATED_FROM: u32 = 2;
/// At this claim the turn is parked with one kind sentence, and the operator is told.
const PARKED_FROM: u32 = 4;

/// A claimed conversation on its way to an answer.
pub(super) struct Turn<'a> {
    pub wiring: &'a Wiring,
    pub claim: Claim,
    pub started: Timestamp,
    /// The message posted while streaming, by this holder or an earlier one.
    pub posted: Mutex<Option<Draft>>,
}

/// Why a turn ended without an answer. The messages wait for the next claim.
#[derive(Debug, thiserror::Error)]
enum Unfinished {
    #[error("another holder has the conversation, or the person is gone")]
    Lost,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Wiring {
    /// Takes one turn to its commit. `nudge` makes it look at its fence at once.
    pub async fn take_turn(&self, claim: Claim, nudge: &Notify) -> Vec<Work> {
        let turn = Turn {
            wiring: self,
            posted: Mutex::new(claim.draft.clone()),
            started: self.clock.now(),
            claim,
        };
        // The story is dropped wherever it is as soon as the fence is gone: what it has not
        // committed never happened.
        let ended = tokio::select! {
            ended = turn.story() => ended,
            lost = turn.keep_fence(nudge) => Err(lost),
        };
        match ended {
            Ok(work) => work,
            Err(error) => {
                tracing::warn!(conversation = %turn.claim.fence.conversation, %error, "turn unfinished");
                metrics::counter!("muykol_turns_unfinished_total").increment(1);
                Vec::new()
            }
        }
    }
}

impl Turn<'_> {
    async fn story(&self) -> Result<Vec<Work>, Unfinished> {
        let heard = self.understand();
        let spoken = match self.admit(&heard).await {
            Some(spoken) => spoken,
            None => self.answer(heard).await,
        };
        let (reply, spoken) = self.compose(spoken);
        let parts = self.render(&reply, &spoken);
        self.commit(reply, spoken, parts).await
    }

    /// Hears all that waits together, with what was said before.
    fn understand(&self) -> Assessment {
        let recent: Vec<&str> = self
            .claim
            .recent
            .iter()
            .filter(|entry| matches!(entry.body, EntryBody::Person { .. }))
            .map(Entry::text)
            .collect();
        let context = care::Context {
            recent: &recent,
            locale: self.locale(),
        };
        care::assess(&self.words().join("\n"), &context)
    }

    /// Puts the reply together: the answer, help at hand where it is due, the notice last.
    fn compose(&self, mut spoken: Spoken) -> (Reply, Spoken) {
        let now = self.wiring.clock.now();
        if self.needs_help_at_hand(&spoken) {
            spoken.blocks.push(Block::Resources {
                items: self.resources(&spoken.heard),
            });
        }
        if self.is_first_contact() && !spoken.erase {
            spoken.blocks.extend(voice::notice(&self.wiring.settings));
            spoken.changes.push(ProfileChange::NoticeShown);
        }
        if self.is_private() {
            spoken
                .changes
                .push(ProfileChange::Emotion(spoken.heard.emotion.clone()));
        }
        let reply = Reply {
            id: EntryId::new(now),
            conversation_id: self.claim.fence.conversation.clone(),
            text: Block::plain_all(&spoken.blocks),
            blocks: spoken.blocks.clone(),
            emotion: spoken.heard.emotion.clone(),
            crisis: spoken.heard.crisis.clone(),
            prayer_offered: false,
            answered_by: spoken.by,
        };
        (reply, spoken)
    }

    fn render(&self, reply: &Reply, spoken: &Spoken) -> Vec<Part> {
        let destination = self.destination();
        self.wiring
            .couriers
            .get(&destination.address.channel)
            .filter(|courier| courier.capabilities().text.is_some() && !spoken.silent)
            .map(|courier| courier.render(&reply.blocks, &destination.place))
            .unwrap_or_default()
    }

    async fn commit(
        &self,
        reply: Reply,
        spoken: Spoken,
        parts: Vec<Part>,
    ) -> Result<Vec<Work>, Unfinished> {
        let wiring = self.wiring;
        let now = wiring.clock.now();
        let until = now + Wiring::EFFECT_LEASE;
        let fence = &self.claim.fence;
        let answered: Vec<InboundId> = self.claim.messages.iter().map(|m| m.id.clone()).collect();
        let mut effects = self.effects(parts, now);
        effects.extend(spoken.alert.map(|code| NewEffect {
            id: EffectId::new(now),
            lane: Lane::Emergency,
            action: Action::Alert {
                code: code.to_owned(),
            },
        }));
        let audit = AuditNote {
            code: spoken.audit.to_owned(),
            details: serde_json::json!({
                "messages": answered.len(),
                "answered_by": reply.answered_by,
                "crisis": reply.crisis.level,
            }),
        };
        let outcome = Outcome {
            entries: if spoken.erase {
                Vec::new()
            } else {
                self.entries(reply, spoken.pieces, &answered)
            },
            expires: self.expires(now),
            effects,
            profile: spoken.changes,
            audit: vec![audit],
            erase: spoken.erase,
            effects_until: until,
        };
        match wiring.store.commit(fence, &answered, outcome, now).await? {
            Committed::Lost => Err(Unfinished::Lost),
            Committed::Done { effects, more } => {
                tracing::debug!(
                    answers = ids(answered.iter().map(|id| &id.0)),
                    effects = ids(effects.iter().map(|effect| &effect.id.0)),
                    "turn committed"
                );
                tracing::debug!(
                    answered = answered.len(),
                    effects = effects.len(),
                    "committed"
                );
                metrics::histogram!("muykol_stage_seconds", "stage" => "turn")
                    .record(wiring.clock.now().since(self.started));
                wiring
                    .events
                    .publish(&fence.person, crate::seams::Event::Changed)
                    .await;
                let mut work = vec![Work::Deliver(effects)];
                if more {
                    work.push(Work::Claim(fence.conversation.clone()));
                }
                Ok(work)
            }
        }
    }

    /// Renews the lease until the fence is lost; returns only then.
    async fn keep_fence(&self, nudge: &Notify) -> Unfinished {
        loop {
            let rest = time::sleep(Wiring::TURN_LEASE / 3);
            tokio::select! {
                () = rest => {}
                () = nudge.notified() => {}
            }
            let until = self.wiring.clock.now() + Wiring::TURN_LEASE;
            match self.wiring.store.hold(&self.claim.fence, until, None).await {
                Ok(Held::Lost) => return Unfinished::Lost,
                Ok(Held::Yes) => {}
                // The store may come back; the commit's fence decides.
                Err(error) => tracing::warn!(%error, "lease not renewed"),
            }
        }
    }

    fn entries(&self, reply: Reply, pieces: Vec<String>, answers: &[InboundId]) -> Vec<Entry> {
        let fence = &self.claim.fence;
        let said = self.claim.messages.iter().map(|message| Entry {
            id: EntryId::new(message.received),
            conversation: fence.conversation.clone(),
            person: fence.person.clone(),
            at: message.received,
            body: EntryBody::Person {
                text: message.inbound.text.clone(),
                inbound: message.id.clone(),
            },
        });
        let answer = Entry {
            id: reply.id.clone(),
            conversation: fence.conversation.clone(),
            person: fence.person.clone(),
            at: self.wiring.clock.now(),
            body: EntryBody::Muykol {
                reply,
                answers: answers.to_vec(),
                pieces,
            },
        };
        said.chain([answer]).collect()
    }

    /// The parts as effects; the first replaces what was posted while streaming.
    fn effects(&self, parts: Vec<Part>, now: Timestamp) -> Vec<NewEffect> {
        let to = self.destination();
        let mut posted = self.posted_message();
        parts
            .into_iter()
            .map(|part| NewEffect {
                id: EffectId::new(now),
                lane: Lane::Normal,
                action: match posted.take() {
                    Some(message) => Action::Edit {
                        to: to.clone(),
                        message,
                        part,
                    },
                    None => Action::Send {
                        to: to.clone(),
                        part,
                        otherwise: None,
                    },
                },
            })
            .collect()
    }

    fn expires(&self, now: Timestamp) -> Option<Timestamp> {
        let consented = self
            .claim
            .profile
            .history_consent
            .as_ref()
            .is_some_and(|consent| consent.given);
        (!consented).then(|| now + self.wiring.settings.unconsented)
    }

    /// What a person in a public room shares with it: nothing but how they read.
    pub fn visible_profile(&self) -> Profile {
        let profile = &self.claim.profile;
        if self.is_private() {
            return profile.clone();
        }
        Profile {
            translation: profile.translation.clone(),
            language: profile.language.clone(),
            tokens_used: profile.tokens_used,
            tokens_day: profile.tokens_day,
            ..Profile::new(profile.id.clone())
        }
    }

    /// What the answerer may know.
    pub fn context(&self, heard: &Assessment) -> TurnContext {
        let settings = &self.wiring.settings;
        let profile = self.visible_profile();
        let now = self.wiring.clock.now();
        let recent = self
            .claim
            .recent
            .iter()
            .filter(|entry| self.is_private() || !was_crisis(entry))
            .cloned()
            .collect();
        TurnContext {
            messages: self.words(),
            assessment: heard.clone(),
            recent,
            audience: self.place().audience,
            translation: profile
                .translation
                .clone()
                .unwrap_or_else(|| settings.translation.clone()),
            language: self.language(&profile),
            care_mode: self.in_care_mode(),
            profile,
            now,
            seed: self.claim.fence.epoch.0 ^ seed(&self.claim.fence.conversation.0),
        }
    }

    fn needs_help_at_hand(&self, spoken: &Spoken) -> bool {
        let already = spoken
            .blocks
            .iter()
            .any(|block| matches!(block, Block::Resources { .. }));
        let concern = spoken.heard.crisis.level >= CrisisLevel::Concern;
        !already && self.is_private() && (concern || spoken.help)
    }

    fn is_first_contact(&self) -> bool {
        !self.claim.profile.notice_shown && self.is_private()
    }

    /// Whether danger was heard lately.
    pub fn in_care_mode(&self) -> bool {
        let now = self.wiring.clock.now();
        let until = self.visible_profile().care_until;
        until.is_some_and(|until| until > now)
    }

    /// Whether the turn has been claimed too often to ask the model again.
    pub fn curated_only(&self) -> bool {
        self.claim.attempts >= CURATED_FROM
    }

    /// Whether the turn has been claimed too often altogether.
    pub fn is_parked(&self) -> bool {
        self.claim.attempts >= PARKED_FROM
    }

    pub fn resources(&self, heard: &Assessment) -> Vec<crate::words::Resource> {
        let wiring = self.wiring;
        let profile = self.visible_profile();
        let country = wiring.country(Some(&profile), &self.destination().address);
        care::resources_for(
            country.as_deref(),
            Some(&self.language(&profile)),
            &heard.crisis.kinds,
        )
    }

    pub fn language(&self, profile: &Profile) -> String {
        self.wiring
            .language_of(Some(profile), self.locale())
            .to_lowercase()
    }

    fn locale(&self) -> Option<&str> {
        self.claim
            .messages
            .last()
            .and_then(|message| message.inbound.locale.as_deref())
    }

    pub fn words(&self) -> Vec<String> {
        self.claim
            .messages
            .iter()
            .map(|message| match &message.inbound.kind {
                InboundKind::Command { args, .. } => args.clone(),
                _ => message.inbound.text.clone(),
            })
            .filter(|text| !text.trim().is_empty())
            .collect()
    }

    pub fn place(&self) -> &crate::words::Place {
        &self.last().inbound.place
    }

    pub fn destination(&self) -> Destination {
        let inbound = &self.last().inbound;
        Destination {
            address: inbound.sender.clone(),
            place: inbound.place.clone(),
        }
    }

    pub fn is_private(&self) -> bool {
        self.place().audience == Audience::Private
    }

    fn last(&self) -> &crate::seams::Waiting {
        // A claim without messages is never made (contract of `TurnStore::claim`).
        &self.claim.messages[self.claim.messages.len() - 1]
    }

    pub fn posted_message(&self) -> Option<String> {
        self.posted
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .as_ref()
            .map(|draft| draft.message.clone())
    }
}

/// Ids for one field of a log line.
fn ids<'a>(ids: impl Iterator<Item = &'a String>) -> String {
    ids.map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn was_crisis(entry: &Entry) -> bool {
    matches!(&entry.body, EntryBody::Muykol { reply, .. } if reply.answered_by == AnsweredBy::Crisis)
}

/// FNV-1a (Fowler, Noll, Vo), so that choices among equals differ between conversations.
fn seed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
