//! Where a message comes in: assessed, then on disk, then acknowledged.

use std::time::Duration;

use async_trait::async_trait;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use tokio::time::timeout;

use crate::{
    care,
    path::{
        Wiring, Work,
        emergency::{CrisisReply, note_alarm, unstored},
    },
    seams::{Accepted, Arrival, StoreError},
    words::{ConversationId, Inbound, InboundId, InboundKind, Lease, PersonId, Reply, hex},
};

/// How long the store may take for an ordinary message before its provider is told to deliver it
/// again. Twilio gives a webhook 15 s in all, Telegram 60 s; people give it two.
const STORE_PATIENCE: Duration = Duration::from_secs(2);
/// The same for a message in danger, whose reply must be out within a second.
const STORE_PATIENCE_IN_DANGER: Duration = Duration::from_millis(500);

/// What became of a message at the door. The adapter answers its provider accordingly.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// It is on disk: acknowledge.
    Accepted {
        /// Its id.
        id: InboundId,
        /// Whose it is.
        person: PersonId,
        /// Where it belongs.
        conversation: ConversationId,
        /// Whether it is the first time that it came.
        new: bool,
    },
    /// The same key came before with another sender or other words: a client's mistake, 409.
    /// A provider that cannot act on that is acknowledged.
    Conflict,
    /// It could not be stored: answer with an error, so that the provider delivers it again.
    NotStored {
        /// For a message in danger, the crisis reply. On a channel that sends it is on its way
        /// already; on one whose replies are read from the response it belongs into the response.
        crisis: Option<Box<Reply>>,
    },
}

/// The one way in. An adapter authenticates, parses, calls this, and answers its provider.
#[async_trait]
pub trait Door: Send + Sync {
    /// Assesses and stores a message; never waits for a model; returns within 3 seconds, and for
    /// a message in danger within 1 second, whatever the store does.
    async fn receive(&self, inbound: Inbound) -> Received;
}

impl Wiring {
    /// Takes one message in. `claim` asks for its turn in the same durable step.
    pub async fn receive(&self, inbound: Inbound, claim: bool) -> (Received, Vec<Work>) {
        let now = self.clock.now();
        let conversation = ConversationId::of(
            &self.key,
            &self.settings.church,
            &inbound.sender,
            &inbound.place,
        );
        let assessment = care::assess(&spoken_text(&inbound), &care::Context::default());
        let crisis = if assessment.crisis.level.takes_emergency_lane() {
            note_alarm(&assessment);
            Some(
                self.crisis_reply(&conversation, &inbound, &assessment, now)
                    .await,
            )
        } else {
            None
        };

        let digest = self.digest(&inbound);
        let id = InboundId::new(now);
        let stranger = PersonId::random();
        // The same words written again are another message, and answered again.
        let delivery = format!("{}\n{digest}", inbound.provider_id);
        let already_sent = crisis.is_some() && self.crises.arrived_directly(&delivery);
        let arrival = Arrival {
            church: self.settings.church.clone(),
            conversation: conversation.clone(),
            id: id.clone(),
            digest,
            received: now,
            expires: now + self.settings.unconsented,
            emergency: crisis
                .as_ref()
                .map(|crisis| self.emergency(crisis, &id, &stranger, now, already_sent)),
            claim: (claim && crisis.is_none()).then(|| Lease {
                holder: self.holder.clone(),
                until: now + Self::TURN_LEASE,
            }),
            stranger,
            inbound,
        };

        let patience = if crisis.is_some() {
            STORE_PATIENCE_IN_DANGER
        } else {
            STORE_PATIENCE
        };
        let channel = arrival.inbound.sender.channel.0.clone();
        let accepted = timeout(patience, self.store.accept(arrival))
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("no answer in time".to_owned())));
        let (received, work) = match accepted {
            Ok(accepted) => self.accepted(accepted, id, conversation, crisis.is_some(), claim),
            Err(error) => {
                tracing::error!(%error, "message not stored");
                self.not_stored(&delivery, &conversation, crisis)
            }
        };
        let result = match &received {
            Received::Accepted { new: true, .. } => "new",
            Received::Accepted { new: false, .. } => "duplicate",
            Received::Conflict => "conflict",
            Received::NotStored { .. } => "not_stored",
        };
        metrics::histogram!("muykol_stage_seconds", "stage" => "intake")
            .record(self.clock.now().since(now));
        metrics::counter!("muykol_received_total", "channel" => channel, "result" => result)
            .increment(1);
        (received, work)
    }

    fn accepted(
        &self,
        accepted: Accepted,
        id: InboundId,
        conversation: ConversationId,
        danger: bool,
        wanted: bool,
    ) -> (Received, Vec<Work>) {
        match accepted {
            Accepted::New {
                person,
                claim,
                effects,
            } => {
                tracing::debug!(inbound = %id, %conversation, "message accepted");
                let mut work = Vec::new();
                if danger {
                    self.crises.note(&conversation, self.clock.now());
                    work.push(Work::Deliver(effects));
                    work.push(Work::Check(conversation.clone()));
                    work.push(Work::Claim(conversation.clone()));
                } else if let Some(claim) = claim {
                    work.push(Work::Turn(claim));
                } else if !wanted {
                    work.push(Work::Claim(conversation.clone()));
                }
                let accepted = Received::Accepted {
                    id,
                    person,
                    conversation,
                    new: true,
                };
                (accepted, work)
            }
            Accepted::Duplicate { id, person } => {
                let accepted = Received::Accepted {
                    id,
                    person,
                    conversation,
                    new: false,
                };
                (accepted, Vec::new())
            }
            Accepted::Conflict => (Received::Conflict, Vec::new()),
        }
    }

    fn not_stored(
        &self,
        delivery: &str,
        conversation: &ConversationId,
        crisis: Option<CrisisReply>,
    ) -> (Received, Vec<Work>) {
        let Some(crisis) = crisis else {
            return (Received::NotStored { crisis: None }, Vec::new());
        };
        let now = self.clock.now();
        let work = if self.crises.begin_direct(delivery) {
            vec![Work::Direct {
                delivery: delivery.to_owned(),
                effects: unstored(crisis.effects, conversation, now),
            }]
        } else {
            Vec::new()
        };
        self.crises.note(conversation, now);
        let received = Received::NotStored {
            crisis: Some(Box::new(crisis.reply)),
        };
        (received, work)
    }

    /// Keyed, so that what stays after an erasure cannot be guessed back into words.
    fn digest(&self, inbound: &Inbound) -> String {
        // HMAC takes a key of any length (RFC 2104 section 2).
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return String::new();
        };
        for part in [&inbound.sender.id, &spoken_text(inbound)] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hex(&mac.finalize().into_bytes())
    }
}

/// All that was said, for assessment and digest: danger hides in a command's arguments too.
fn spoken_text(inbound: &Inbound) -> String {
    match &inbound.kind {
        InboundKind::Command { name, args } if inbound.text.is_empty() => format!("{name} {args}"),
        InboundKind::Choice { id } if inbound.text.is_empty() => id.clone(),
        _ => inbound.text.clone(),
    }
}
