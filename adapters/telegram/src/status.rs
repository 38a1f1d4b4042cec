//! How the channel is, told from what really happened.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use muykol_core::{seams::Health, words::Timestamp};

/// What the listener is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The bot has not introduced itself yet.
    Starting,
    /// Another instance holds the polling lease, which is as it should be.
    Standby,
    /// Polling.
    Polling,
    /// Telegram calls us.
    Webhook,
    /// Another program uses the token.
    Conflict,
    /// Something fails; it is tried again.
    Failing(String),
}

/// The last events and the present phase.
pub(crate) struct Status {
    phase: Mutex<Phase>,
    last_event: AtomicI64,
    /// A note for the operator: what privacy mode hides.
    note: Mutex<String>,
}

/// A poll that has not come back for so long means that nothing is being received.
const STALE_MS: i64 = 120_000;

impl Status {
    pub(crate) fn new() -> Self {
        Self {
            phase: Mutex::new(Phase::Starting),
            last_event: AtomicI64::new(i64::MIN),
            note: Mutex::new(String::new()),
        }
    }

    /// Something really came in, or was really taken.
    pub(crate) fn event(&self, now: Timestamp) {
        self.last_event.fetch_max(now.0, Ordering::Relaxed);
    }

    /// The phase has changed; true if it is another than before.
    pub(crate) fn enter(&self, phase: Phase) -> bool {
        let mut current = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *current != phase;
        *current = phase;
        changed
    }

    pub(crate) fn note(&self, note: &str) {
        note.clone_into(&mut self.note.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn health(&self, now: Timestamp) -> Health {
        let phase = self
            .phase
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let last = self.last_event.load(Ordering::Relaxed);
        let last_event = (last != i64::MIN).then_some(Timestamp(last));
        let stale = last_event.is_none_or(|last| now.0.saturating_sub(last.0) > STALE_MS);
        let (ok, detail) = match phase {
            Phase::Starting => (false, "the bot has not introduced itself to Telegram yet".to_owned()),
            Phase::Standby => (true, "another instance polls; this one stands by".to_owned()),
            Phase::Polling if stale => (false, "no poll has come back for two minutes".to_owned()),
            Phase::Polling => (true, "polling".to_owned()),
            Phase::Webhook => (true, "Telegram calls the webhook".to_owned()),
            Phase::Conflict => (
                false,
                "another program polls with this token, or a webhook is set for it: stop that program; \
                 muykol goes on trying"
                    .to_owned(),
            ),
            Phase::Failing(why) => (false, format!("trying again: {why}")),
        };
        let note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
        let detail = if note.is_empty() {
            detail
        } else {
            format!("{detail}; {note}")
        };
        Health {
            ok,
            last_event,
            detail,
        }
    }
}
