//! The emergency lane: a person in danger is answered at once, whatever else is broken.

use std::time::Duration;

use tokio::time::timeout;

use crate::{
    care::{self, Assessment, CountryClues, ReplyContext},
    path::{Wiring, speak::CARE_MODE},
    seams::{Emergency, Outcome, ProfileChange},
    words::{
        Action, Address, AnsweredBy, Audience, AuditNote, Block, ConversationId, CrisisReading,
        Destination, Effect, EffectId, Entry, EntryBody, EntryId, HolderId, Inbound, InboundId,
        Lane, Lease, NewEffect, PersonId, Profile, Reply, Timestamp,
    },
};

/// How long the person's own settings may hold up a crisis reply.
const GLANCE: Duration = Duration::from_millis(150);

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
        let country = self.country(profile, &inbound.sender);
        care::crisis_reply(
            &assessment.crisis,
            &ReplyContext {
                country: country.as_deref(),
                language: Some(self.language_of(profile, inbound.locale.as_deref())),
                church: Some(&self.settings.care),
                short_form,
                ..ReplyContext::default()
            },
        )
    }

    /// The person's country: stated, else by telephone prefix, else the site's.
    pub(super) fn country(&self, profile: Option<&Profile>, address: &Address) -> Option<String> {
        CountryClues {
            stated: profile.and_then(|profile| profile.country.as_deref()),
            // An address that is no telephone number gives no clue.
            phone: Some(&address.id),
            site: self.settings.country.as_deref(),
        }
        .country()
    }

    /// The language to speak: chosen, else the channel's word for the person, else the site's.
    pub(super) fn language_of<'a>(
        &'a self,
        profile: Option<&'a Profile>,
        locale: Option<&'a str>,
    ) -> &'a str {
        profile
            .and_then(|profile| profile.language.as_deref())
            .or(locale)
            .unwrap_or(&self.settings.language)
            .split(['-', '_'])
            .next()
            .unwrap_or("en")
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

    /// What may be said in a public room: that there is a private place.
    pub(super) fn neutral_line(&self, inbound: &Inbound, crisis: &CrisisReading) -> String {
        let line = care::crisis_reply(
            crisis,
            &ReplyContext {
                language: Some(self.language_of(None, inbound.locale.as_deref())),
                public_room: true,
                ..ReplyContext::default()
            },
        );
        let line = Block::plain_all(&line);
        let courier = self.couriers.get(&inbound.sender.channel);
        match courier.and_then(|courier| courier.capabilities().private_link.as_deref()) {
            Some(private) => format!("{line} {private}"),
            None => line,
        }
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

/// One line per alarm: why it fired, never what was written.
pub(super) fn note_alarm(assessment: &Assessment) {
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
            lease: Lease {
                holder: HolderId::from("unknown"),
                until: now,
            },
        })
        .collect()
}
