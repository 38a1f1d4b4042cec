//! Carrying out effects: send, and say truthfully how it ended.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::{
    path::{Wiring, backoff::backoff},
    seams::{Courier, Decision, Quota, SendError, Sent, Settlement},
    words::{Action, Audience, Destination, Effect, Lane, Part},
};

/// After this long without success an effect is kept for the operator instead of tried again.
const GIVE_UP: Duration = Duration::from_hours(24);
/// How long a lane waits in place for its pace; beyond that it gives the lease back.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often a message is sent past the store before it is left to the provider's redelivery:
/// some 15 seconds in all.
const DIRECT_ATTEMPTS: u32 = 7;

/// How the delivery of a lane ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// Every effect was settled for good.
    All,
    /// Some wait for a later time.
    Later,
    /// The room moved: the rest is due now, under its new name.
    Again,
}

impl Wiring {
    /// Carries out the effects of one lane, in order; stops at the first that must wait. Nothing
    /// is sent that might still be on its way when its lease runs out.
    pub async fn deliver(&self, effects: Vec<Effect>) -> Delivered {
        for effect in effects {
            let deadline = effect.lease.until - Self::SEND_TIMEOUT;
            if !self.keep_pace(&effect).await || self.clock.now() >= deadline {
                let at = self.clock.now();
                self.settle(
                    &effect,
                    Settlement::Retry {
                        at,
                        maybe_sent: effect.maybe_sent,
                    },
                )
                .await;
                return Delivered::Later;
            }
            if effect.maybe_sent {
                metrics::counter!("muykol_possible_doubles_total").increment(1);
            }
            let settlement = self.carry_out(&effect).await;
            let ended = match settlement {
                Settlement::Sent { .. } | Settlement::Parked { .. } => None,
                Settlement::Moved { .. } => Some(Delivered::Again),
                Settlement::Blocked => Some(Delivered::All),
                Settlement::Retry { .. } => Some(Delivered::Later),
            };
            if let Settlement::Sent { .. } = settlement {
                tracing::debug!(effect = %effect.id, conversation = %effect.conversation, "effect sent");
            }
            self.settle(&effect, settlement).await;
            if let Some(ended) = ended {
                return ended;
            }
        }
        Delivered::All
    }

    /// Sends past the store: the crisis reply when the store cannot take it. Tries for as long as
    /// a person might wait, then leaves it to the provider's redelivery.
    pub async fn send_directly(&self, delivery: &str, effects: Vec<Effect>) {
        let mut arrived = true;
        for effect in effects {
            arrived &= self.send_one_directly(effect).await;
        }
        self.crises.end_direct(delivery, arrived);
    }

    async fn send_one_directly(&self, mut effect: Effect) -> bool {
        for attempt in 0..DIRECT_ATTEMPTS {
            match self.carry_out(&effect).await {
                Settlement::Retry { .. } => {
                    sleep(backoff(attempt, Lane::Emergency, &effect.id)).await;
                }
                Settlement::Moved { room } => {
                    if let Some(to) = effect.action.destination_mut() {
                        to.place.room = room;
                    }
                }
                // Refused for good: no redelivery will change that.
                Settlement::Sent { .. } | Settlement::Blocked | Settlement::Parked { .. } => {
                    return true;
                }
            }
        }
        false
    }

    async fn carry_out(&self, effect: &Effect) -> Settlement {
        let result = match &effect.action {
            Action::Alert { code } => {
                tracing::error!(code, effect = %effect.id, "operator alert");
                metrics::counter!("muykol_alerts_total", "code" => code.clone()).increment(1);
                return Settlement::Sent { receipt: None };
            }
            Action::Send {
                to,
                part,
                otherwise,
            } => {
                let sent = self.send(effect, to, part).await;
                match (sent, otherwise) {
                    (Err(SendError::Blocked | SendError::Rejected(_)), Some(instead)) => {
                        self.send(effect, &instead.0, &instead.1).await
                    }
                    (sent, _) => sent,
                }
            }
            Action::Edit { to, message, part } => {
                match self.edit(to, message, part).await {
                    // The posted message is gone: the words are not.
                    Err(SendError::Rejected(_)) => self.send(effect, to, part).await,
                    edited => edited,
                }
            }
        };
        self.judge(effect, result)
    }

    fn judge(&self, effect: &Effect, result: Result<Sent, SendError>) -> Settlement {
        let now = self.clock.now();
        let error = match result {
            Ok(sent) => {
                tracing::debug!(effect = %effect.id, "sent");
                metrics::histogram!("muykol_stage_seconds", "stage" => "delivery")
                    .record(now.since(effect.created));
                return Settlement::Sent {
                    receipt: sent.message,
                };
            }
            Err(error) => error,
        };
        tracing::warn!(effect = %effect.id, attempts = effect.attempts, %error, "effect not sent");
        metrics::counter!("muykol_send_errors_total", "error" => label(&error)).increment(1);
        if now.since(effect.created) > GIVE_UP {
            return Settlement::Parked {
                reason: format!("tried for a day; at last: {error}"),
            };
        }
        let later = now + backoff(effect.attempts, effect.lane, &effect.id);
        match error {
            SendError::RetryAfter(wait) => Settlement::Retry {
                at: later.max(now + wait),
                maybe_sent: effect.maybe_sent,
            },
            SendError::Transient(_) => Settlement::Retry {
                at: later,
                maybe_sent: effect.maybe_sent,
            },
            SendError::Unknown(_) => Settlement::Retry {
                at: later,
                maybe_sent: true,
            },
            SendError::Moved(room) => Settlement::Moved { room },
            SendError::Blocked => Settlement::Blocked,
            SendError::Rejected(reason) => Settlement::Parked { reason },
        }
    }

    async fn send(
        &self,
        effect: &Effect,
        to: &Destination,
        part: &Part,
    ) -> Result<Sent, SendError> {
        let courier = self.courier(to)?;
        let rich = part.rich.is_some();
        match in_time(courier.send(to, part, rich, &effect.id)).await {
            Err(SendError::Rejected(reason)) if rich => {
                tracing::warn!(effect = %effect.id, reason, "rich form refused, sending plain");
                in_time(courier.send(to, part, false, &effect.id)).await
            }
            result => result,
        }
    }

    async fn edit(&self, to: &Destination, message: &str, part: &Part) -> Result<Sent, SendError> {
        let courier = self.courier(to)?;
        let rich = part.rich.is_some();
        match in_time(courier.edit(to, message, part, rich)).await {
            Err(SendError::Rejected(_)) if rich => {
                in_time(courier.edit(to, message, part, false)).await
            }
            result => result,
        }
    }

    fn courier(&self, to: &Destination) -> Result<&dyn Courier, SendError> {
        self.couriers
            .get(&to.address.channel)
            .map(AsRef::as_ref)
            .ok_or_else(|| SendError::Transient("the channel is switched off".to_owned()))
    }

    /// Waits until the provider's pace allows one more message; false if that would take too
    /// long. The emergency lane is counted but never waits.
    async fn keep_pace(&self, effect: &Effect) -> bool {
        let (Action::Send { to, .. } | Action::Edit { to, .. }) = &effect.action else {
            return true;
        };
        let Ok(courier) = self.courier(to) else {
            return true;
        };
        let pace = courier.capabilities().pace;
        let room = match to.place.audience {
            Audience::Private => pace.private_room,
            Audience::Public => pace.public_room,
        };
        let address = &to.address;
        let account = format!("send:{}:{}", address.channel, address.account.0);
        let in_room = format!("{account}:{}", to.place.room);
        self.wait_for(&in_room, room, effect.lane).await
            && self.wait_for(&account, pace.account, effect.lane).await
    }

    async fn wait_for(&self, key: &str, quota: Option<Quota>, lane: Lane) -> bool {
        let Some(quota) = quota else { return true };
        let mut left = PATIENCE;
        while let Decision::Denied { retry_after } = self.limiter.check(key, quota).await {
            if lane == Lane::Emergency {
                return true;
            }
            if retry_after > left {
                return false;
            }
            left -= retry_after;
            sleep(retry_after).await;
        }
        true
    }

    /// Settles, trying again while the store is away: an unsettled send is a double later.
    async fn settle(&self, effect: &Effect, settlement: Settlement) {
        if let Settlement::Parked { reason } = &settlement {
            tracing::error!(effect = %effect.id, reason, "effect parked for the operator");
            metrics::counter!("muykol_parked_total", "what" => "effect").increment(1);
        }
        for attempt in 0..8 {
            match self
                .store
                .settle(effect, settlement.clone(), self.clock.now())
                .await
            {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(effect = %effect.id, %error, "effect not settled");
                    sleep(backoff(attempt, Lane::Emergency, &effect.id)).await;
                }
            }
        }
    }
}

async fn in_time(
    request: impl Future<Output = Result<Sent, SendError>>,
) -> Result<Sent, SendError> {
    timeout(Wiring::SEND_TIMEOUT, request)
        .await
        .unwrap_or_else(|_| Err(SendError::Unknown("no answer in time".to_owned())))
}

fn label(error: &SendError) -> &'static str {
    match error {
        SendError::RetryAfter(_) => "retry_after",
        SendError::Transient(_) => "transient",
        SendError::Blocked => "blocked",
        SendError::Moved(_) => "moved",
        SendError::Rejected(_) => "rejected",
        SendError::Unknown(_) => "unknown",
    }
}
