//! The emergency lane: a person in danger is answered at once, whatever else is broken.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::timeout;

use crate::{
    care::{self, Assessment, ReplyContext},
    path::{Wiring, speak::CARE_MODE},
    seams::{Emergency, Outcome, ProfileChange},
    words::{
        Action, AnsweredBy, Audience, AuditNote, Block, ConversationId, CrisisReading, Destination,
        Effect, EffectId, Entry, EntryBody, EntryId, Inbound, InboundId, Lane, NewEffect, PersonId,
        Profile, Reply, Timestamp,
    },
};

/// Within this time after a crisis reply the next one takes its short form.
const SHORT_FORM: Duration = Duration::from_mins(10);
/// How long the person's own settings may hold up a crisis reply.
const GLANCE: Duration = Duration::from_millis(150);
/// Beyond this many remembered crises the oldest knowledge is dropped: the full form goes again.
const REMEMBERED: usize = 10_000;

/// What this process remembers of crises, in memory on purpose: forgetting only means that the
/// full form, or a second copy, goes out.
#[derive(Debug, Default)]
pub struct RecentCrises {
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// When each conversation last got a crisis reply.
    answered: HashMap<ConversationId, Timestamp>,
    /// Messages answered past the store, so that their redelivery is not answered again.
    direct: HashSet<String>,
}

impl RecentCrises {
    pub(super) fn answered_lately(&self, conversation: &ConversationId, now: Timestamp) -> bool {
        self.with(|memory| {
            memory
                .answered
                .get(conversation)
                .is_some_and(|at| now.since(*at) < SHORT_FORM)
        })
    }

    pub(super) fn note(&self, conversation: &ConversationId, now: Timestamp) {
        self.with(|memory| {
            if memory.answered.len() >= REMEMBERED {
                memory.answered.clear();
            }
            memory.answered.insert(conversation.clone(), now);
        });
    }

    /// Remembers a message answered past the store; false if it was already.
    pub(super) fn note_direct(&self, delivery: &str) -> bool {
        self.with(|memory| {
            if memory.direct.len() >= REMEMBERED {
                memory.direct.clear();
            }
            memory.direct.insert(delivery.to_owned())
        })
    }

    pub(super) fn was_direct(&self, delivery: &str) -> bool {
        self.with(|memory| memory.direct.contains(delivery))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        act(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A crisis reply, ready to be committed or sent directly.
pub(super) struct CrisisReply {
    pub reply: Reply,
    pub effects: Vec<NewEffect>,
}

impl Wiring {
    /// Finds the vetted reply to a message in danger and puts it into the channel's parts.
    pub(super) async fn crisis_reply(
        &self,
        conversation: &ConversationId,
        inbound: &Inbound,
        assessment: &Assessment,
        now: Timestamp,
    ) -> CrisisReply {
        // The person's own settings make the reply better; they may not make it late.
        let profile = timeout(GLANCE, self.store.find(&inbound.sender))
            .await
            .ok()
            .and_then(Result::ok)
            .flatten();
        let short = self.crises.answered_lately(conversation, now);
        let blocks = self.crisis_blocks(inbound, assessment, profile.as_ref(), short);
        let reply = Reply {
            id: EntryId::new(now),
            conversation_id: conversation.clone(),
            text: Block::plain_all(&blocks),
            blocks,
            emotion: assessment.emotion.clone(),
            crisis: assessment.crisis.clone(),
            prayer_offered: false,
            answered_by: AnsweredBy::Crisis,
        };
        let effects = self.crisis_effects(inbound, &reply, now);
        CrisisReply { reply, effects }
    }

    /// The vetted blocks for what was heard, with help for the person's country.
    pub(super) fn crisis_blocks(
        &self,
        inbound: &Inbound,
        assessment: &Assessment,
        profile: Option<&Profile>,
        short_form: bool,
    ) -> Vec<Block> {
        let country = care::country_for(
            Some(&inbound.text),
            profile.and_then(|profile| profile.country.as_deref()),
            &inbound.sender,
            self.settings.country.as_deref(),
        );
        let language = assessment
            .crisis
            .language
            .as_deref()
            .or(profile.and_then(|profile| profile.language.as_deref()))
            .unwrap_or(&self.settings.language);
        care::crisis_reply(
            &assessment.crisis,
            &ReplyContext {
                country: country.as_deref(),
                language,
                church: Some(&self.settings.care),
                short_form,
                public_room: false,
                may_offer_prayer: false,
            },
        )
    }

    /// Everything the emergency commits with the message.
    pub(super) fn emergency(
        &self,
        crisis: &CrisisReply,
        id: &InboundId,
        person: &PersonId,
        now: Timestamp,
        already_sent: bool,
    ) -> Emergency {
        let effects = if already_sent {
            Vec::new()
        } else {
            crisis.effects.clone()
        };
        Emergency {
            outcome: Outcome {
                entries: vec![Entry {
                    id: crisis.reply.id.clone(),
                    conversation: crisis.reply.conversation_id.clone(),
                    person: person.clone(),
                    at: now,
                    body: EntryBody::Muykol {
                        reply: crisis.reply.clone(),
                        answers: vec![id.clone()],
                        pieces: Vec::new(),
                    },
                }],
                expires: Some(now + self.settings.unconsented),
                effects,
                profile: vec![
                    ProfileChange::CareUntil(now + CARE_MODE),
                    ProfileChange::Emotion(crisis.reply.emotion.clone()),
                ],
                audit: vec![AuditNote {
                    code: "crisis.answered".to_owned(),
                    details: serde_json::json!({
                        "level": crisis.reply.crisis.level,
                        "kinds": crisis.reply.crisis.kinds,
                        "reasons": crisis.reply.crisis.reasons,
                    }),
                }],
                erase: false,
                effects_until: now + Self::EFFECT_LEASE,
            },
            holder: self.holder.clone(),
        }
    }

    /// One line per alarm: why it fired, never what was written.
    pub(super) fn note_alarm(&self, assessment: &Assessment) {
        let crisis = &assessment.crisis;
        metrics::counter!("muykol_crisis_total", "level" => crisis.level.name()).increment(1);
        tracing::warn!(
            level = crisis.level.name(),
            kinds = ?crisis.kinds,
            reasons = ?crisis.reasons,
            language = crisis.language.as_deref().unwrap_or("unknown"),
            "crisis heard"
        );
    }

    /// What may be said in a public room: that there is a private place.
    pub(super) fn neutral_line(&self, inbound: &Inbound, crisis: &CrisisReading) -> String {
        let link = self
            .couriers
            .get(&inbound.sender.channel)
            .and_then(|courier| courier.capabilities().private_link.as_deref());
        let language = crisis.language.as_deref();
        care::public_line(link, language.unwrap_or(&self.settings.language))
    }

    fn crisis_effects(&self, inbound: &Inbound, reply: &Reply, now: Timestamp) -> Vec<NewEffect> {
        let Some(courier) = self.couriers.get(&inbound.sender.channel) else {
            return Vec::new();
        };
        if courier.capabilities().text.is_none() {
            return Vec::new();
        }
        let here = Destination {
            address: inbound.sender.clone(),
            place: inbound.place.clone(),
        };
        let (to, mut otherwise) = match inbound.place.audience {
            Audience::Private => (here, None),
            Audience::Public => {
                let neutral = vec![Block::text(self.neutral_line(inbound, &reply.crisis))];
                let line = courier.render(&neutral, &here.place).into_iter().next();
                match courier.private_place(&inbound.sender) {
                    Some(place) => (
                        Destination {
                            address: inbound.sender.clone(),
                            place,
                        },
                        line.map(|part| Box::new((here, part))),
                    ),
                    // No private place at all: the neutral line is all that may be said here.
                    None => {
                        return line
                            .map(|part| effect(here, part, None, now))
                            .into_iter()
                            .collect();
                    }
                }
            }
        };
        courier
            .render(&reply.blocks, &to.place)
            .into_iter()
            .map(|part| effect(to.clone(), part, otherwise.take(), now))
            .collect()
    }
}

fn effect(
    to: Destination,
    part: crate::words::Part,
    otherwise: Option<Box<(Destination, crate::words::Part)>>,
    now: Timestamp,
) -> NewEffect {
    NewEffect {
        id: EffectId::new(now),
        lane: Lane::Emergency,
        action: Action::Send {
            to,
            part,
            otherwise,
        },
    }
}

/// The effects of a crisis reply as the outbox would hold them, for sending past it.
pub(super) fn unstored(
    effects: Vec<NewEffect>,
    conversation: &ConversationId,
    now: Timestamp,
) -> Vec<Effect> {
    effects
        .into_iter()
        .map(|new| Effect {
            id: new.id,
            conversation: conversation.clone(),
            person: PersonId::from("unknown"),
            lane: new.lane,
            action: new.action,
            attempts: 0,
            maybe_sent: false,
            created: now,
        })
        .collect()
}
