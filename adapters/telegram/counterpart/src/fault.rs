//! What can be made to go wrong, and the limits Telegram sets on sending.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::answer::Refusal;

/// A way for a call to go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// 429 with `parameters.retry_after`.
    RetryAfter {
        /// Seconds.
        seconds: u64,
    },
    /// 403 "Forbidden: bot was blocked by the user".
    Blocked,
    /// 403 "Forbidden: user is deactivated".
    Deactivated,
    /// 400 with `parameters.migrate_to_chat_id`.
    Migrated {
        /// The supergroup's id.
        to: i64,
    },
    /// 500 "Internal Server Error".
    ServerError,
    /// Any other error.
    Error {
        /// The HTTP status.
        code: u16,
        /// The description.
        description: String,
    },
    /// Waits before doing anything.
    Hang {
        /// Milliseconds.
        ms: u64,
    },
    /// Does it, then waits before answering.
    SlowAnswer {
        /// Milliseconds.
        ms: u64,
    },
    /// Closes the connection without doing anything.
    Drop,
    /// Does it, then closes the connection without an answer: the lost answer.
    LoseAnswer,
}

impl Fault {
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        Some(match self {
            Self::RetryAfter { seconds } => Refusal::retry_after(*seconds),
            Self::Blocked => Refusal::blocked(),
            Self::Deactivated => Refusal::deactivated(),
            Self::Migrated { to } => Refusal::migrated(*to),
            Self::ServerError => Refusal::new(500, "Internal Server Error"),
            Self::Error { code, description } => Refusal::new(*code, description.clone()),
            Self::Hang { .. } | Self::SlowAnswer { .. } | Self::Drop | Self::LoseAnswer => {
                return None;
            }
        })
    }
}

/// When a fault strikes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Only calls for this chat.
    #[serde(default)]
    pub chat: Option<i64>,
    /// Only this method, in any case; otherwise every method but `getUpdates`.
    #[serde(default)]
    pub method: Option<String>,
    /// How many calls; without it, until the rules are cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// What goes wrong.
    #[serde(flatten)]
    pub fault: Fault,
}

impl FaultRule {
    /// Every call of `method`, `times` times.
    pub fn on(method: &str, times: u32, fault: Fault) -> Self {
        Self {
            chat: None,
            method: Some(method.to_owned()),
            times: Some(times),
            fault,
        }
    }

    /// The same for one chat only.
    #[must_use]
    pub fn in_chat(mut self, chat: i64) -> Self {
        self.chat = Some(chat);
        self
    }

    fn strikes(&self, method: &str, chat: i64) -> bool {
        let method = match &self.method {
            Some(only) => only.eq_ignore_ascii_case(method),
            None => method != "getupdates",
        };
        method && self.chat.is_none_or(|only| only == chat) && self.times != Some(0)
    }
}

/// The first rule that strikes, counted down.
pub(crate) fn strike(rules: &mut [FaultRule], method: &str, chat: i64) -> Option<Fault> {
    let rule = rules.iter_mut().find(|rule| rule.strikes(method, chat))?;
    if let Some(times) = &mut rule.times {
        *times -= 1;
    }
    Some(rule.fault.clone())
}

/// How much may be sent, as Telegram's FAQ for bots has it; `None` is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RateLimits {
    /// Messages a second to one chat (Telegram: 1).
    #[serde(default)]
    pub per_chat: Option<usize>,
    /// Messages a minute to one group (Telegram: 20).
    #[serde(default)]
    pub per_group: Option<usize>,
    /// Messages a second in all (Telegram: 30).
    #[serde(default)]
    pub overall: Option<usize>,
}

impl RateLimits {
    /// The limits Telegram states: 1/s a chat, 20/min a group, 30/s in all.
    pub fn telegram() -> Self {
        Self {
            per_chat: Some(1),
            per_group: Some(20),
            overall: Some(30),
        }
    }
}

/// What was sent lately.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    overall: VecDeque<Instant>,
    by_chat: HashMap<i64, VecDeque<Instant>>,
}

impl Recent {
    /// Counts a message, or says in how many seconds the next may go.
    pub(crate) fn admit(&mut self, limits: RateLimits, chat: i64, now: Instant) -> Result<(), u64> {
        let second = Duration::from_secs(1);
        let minute = Duration::from_secs(60);
        let sent = self.by_chat.entry(chat).or_default();
        let wait = [
            wait_for(&self.overall, limits.overall, second, now),
            wait_for(sent, limits.per_chat, second, now),
            wait_for(sent, limits.per_group.filter(|_| chat < 0), minute, now),
        ]
        .into_iter()
        .max()
        .unwrap_or_default();
        if !wait.is_zero() {
            return Err(wait.as_secs() + 1);
        }
        for queue in [sent, &mut self.overall] {
            queue.push_back(now);
            while queue
                .front()
                .is_some_and(|at| now.duration_since(*at) > minute)
            {
                queue.pop_front();
            }
        }
        Ok(())
    }
}

fn wait_for(
    sent: &VecDeque<Instant>,
    limit: Option<usize>,
    window: Duration,
    now: Instant,
) -> Duration {
    let Some(oldest) = limit
        .and_then(|limit| sent.len().checked_sub(limit))
        .and_then(|index| sent.get(index))
    else {
        return Duration::ZERO;
    };
    window.saturating_sub(now.duration_since(*oldest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_per_chat_per_group_and_overall() {
        let mut recent = Recent::default();
        let limits = RateLimits::telegram();
        let start = Instant::now();
        assert_eq!(recent.admit(limits, 1, start), Ok(()));
        assert_eq!(recent.admit(limits, 1, start), Err(2));
        assert_eq!(
            recent.admit(limits, 1, start + Duration::from_secs(1)),
            Ok(())
        );
        let mut at = start + Duration::from_secs(10);
        for _ in 0..20 {
            assert_eq!(recent.admit(limits, -1, at), Ok(()));
            at += Duration::from_secs(1);
        }
        assert!(recent.admit(limits, -1, at).is_err());
        for chat in 100..130 {
            assert_eq!(recent.admit(limits, chat, at), Ok(()));
        }
        assert!(recent.admit(limits, 200, at).is_err());
    }

    #[test]
    fn a_rule_strikes_as_often_as_it_says() {
        let mut rules = vec![FaultRule::on("sendMessage", 1, Fault::ServerError).in_chat(5)];
        assert_eq!(strike(&mut rules, "sendmessage", 6), None);
        assert_eq!(
            strike(&mut rules, "sendmessage", 5),
            Some(Fault::ServerError)
        );
        assert_eq!(strike(&mut rules, "sendmessage", 5), None);
    }
}
