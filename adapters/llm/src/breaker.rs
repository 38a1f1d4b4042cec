//! The circuit breaker: who keeps failing is not asked.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// What a request told about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It works.
    Works,
    /// It failed, as happens.
    Fails,
    /// It will fail until somebody or something changes.
    Refuses,
    /// It asked to be left alone for this long.
    Pause(Duration),
}

/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

#[derive(Debug)]
enum State {
    /// Requests pass; this many have failed in a row.
    Closed(u32),
    /// None passes until then.
    Open(Instant),
    /// One request is under way that decides; none else passes.
    Probing,
}

/// Counts failures in a row and stops asking for a while.
#[derive(Debug)]
pub(crate) struct Breaker {
    /// What is asked for, in metric and log.
    request: &'static str,
    failures: u32,
    cooldown: Duration,
    state: Mutex<State>,
}

impl Breaker {
    pub(crate) fn new(request: &'static str, failures: u32, cooldown: Duration) -> Arc<Self> {
        Arc::new(Self {
            request,
            failures: failures.max(1),
            cooldown,
            state: Mutex::new(State::Closed(0)),
        })
    }

    /// Leave to ask the server; none while the circuit is open.
    pub(crate) fn admit(self: &Arc<Self>) -> Option<Permit> {
        let mut state = self.state();
        let probe = match *state {
            State::Closed(_) => false,
            State::Open(until) if Instant::now() >= until => {
                *state = State::Probing;
                true
            }
            State::Open(_) | State::Probing => {
                self.count("rests");
                return None;
            }
        };
        Some(Permit {
            breaker: Arc::clone(self),
            probe,
            settled: false,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, outcome: &'static str) {
        metrics::counter!("muykol_model_requests_total",
            "request" => self.request, "outcome" => outcome)
        .increment(1);
    }

    fn settle(&self, probe: bool, sign: Sign) {
        self.count(match sign {
            Sign::Works => "works",
            Sign::Fails => "fails",
            Sign::Refuses => "refuses",
            Sign::Pause(_) => "pauses",
        });
        let mut state = self.state();
        let failed = match *state {
            State::Closed(failed) => failed,
            State::Probing if probe => self.failures - 1,
            // What was asked before the circuit opened changes nothing any more.
            State::Probing | State::Open(_) => return,
        };
        let rest = match sign {
            Sign::Works => None,
            Sign::Fails if failed + 1 < self.failures => {
                *state = State::Closed(failed + 1);
                return;
            }
            Sign::Fails | Sign::Refuses => Some(self.cooldown),
            Sign::Pause(pause) => Some(pause.min(LONGEST_PAUSE)),
        };
        *state = match rest {
            None => State::Closed(0),
            Some(rest) => {
                tracing::warn!(
                    request = self.request,
                    seconds = rest.as_secs(),
                    "the model rests: its circuit is open"
                );
                State::Open(Instant::now() + rest)
            }
        };
    }
}

/// Leave for one request. Dropped without a sign (the request was abandoned) it says nothing.
#[derive(Debug)]
pub(crate) struct Permit {
    breaker: Arc<Breaker>,
    probe: bool,
    settled: bool,
}

impl Permit {
    /// Says what the request told about the server; only the first sign counts.
    pub(crate) fn settle(&mut self, sign: Sign) {
        if !self.settled {
            self.settled = true;
            self.breaker.settle(self.probe, sign);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.probe && !self.settled {
            // The next request is the probe instead.
            *self.breaker.state() = State::Open(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOLDOWN: Duration = Duration::from_secs(30);

    fn ask(breaker: &Arc<Breaker>, sign: Sign) -> bool {
        breaker
            .admit()
            .map(|mut permit| permit.settle(sign))
            .is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_in_a_row_and_lets_one_probe_decide() {
        let breaker = Breaker::new("answer", 3, COOLDOWN);
        for sign in [
            Sign::Fails,
            Sign::Fails,
            Sign::Works,
            Sign::Fails,
            Sign::Fails,
        ] {
            assert!(ask(&breaker, sign));
        }
        assert!(ask(&breaker, Sign::Fails));
        assert!(!ask(&breaker, Sign::Works));
        tokio::time::advance(COOLDOWN).await;
        let mut probe = breaker.admit().unwrap();
        assert!(breaker.admit().is_none(), "only one probe");
        probe.settle(Sign::Fails);
        assert!(breaker.admit().is_none(), "the probe failed");
        tokio::time::advance(COOLDOWN).await;
        assert!(ask(&breaker, Sign::Works));
        assert!(ask(&breaker, Sign::Fails), "closed, and counting anew");
        assert!(ask(&breaker, Sign::Works));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_opens_at_once_and_a_pause_is_kept() {
        let breaker = Breaker::new("answer", 5, COOLDOWN);
        assert!(ask(&breaker, Sign::Refuses));
        assert!(breaker.admit().is_none());
        tokio::time::advance(COOLDOWN).await;
        assert!(ask(&breaker, Sign::Pause(Duration::from_secs(7))));
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(breaker.admit().is_none());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(ask(&breaker, Sign::Pause(Duration::MAX)));
        tokio::time::advance(LONGEST_PAUSE).await;
        assert!(ask(&breaker, Sign::Works));
    }

    #[tokio::test(start_paused = true)]
    async fn an_abandoned_probe_leaves_the_next_one_to_decide() {
        let breaker = Breaker::new("answer", 1, COOLDOWN);
        let late = breaker.admit().unwrap();
        assert!(ask(&breaker, Sign::Fails));
        tokio::time::advance(COOLDOWN).await;
        let probe = breaker.admit().unwrap();
        { late }.settle(Sign::Works);
        assert!(breaker.admit().is_none(), "the late one decides nothing");
        drop(probe);
        assert!(ask(&breaker, Sign::Works));
        assert!(ask(&breaker, Sign::Works));
    }
}
