//! How long to wait before trying again.

use std::time::Duration;

use crate::words::{EffectId, Lane};

/// Exponential back-off with jitter: 1 s doubling to 5 min; in the emergency lane 200 ms doubling
/// to 10 s. The jitter (up to a quarter) comes from the effect's id, so that effects that failed
/// together do not come back together, and a test sees the same each time.
pub fn backoff(attempts: u32, lane: Lane, id: &EffectId) -> Duration {
    let (first, most) = match lane {
        Lane::Emergency => (Duration::from_millis(200), Duration::from_secs(10)),
        Lane::Normal => (Duration::from_secs(1), Duration::from_mins(5)),
    };
    let wait = first.saturating_mul(1 << attempts.min(16)).min(most);
    let seed = id.0.bytes().fold(attempts, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    wait + wait.mul_f64(f64::from(seed % 256) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_and_never_past_its_bound() {
        let id = EffectId::from("an-effect");
        for (lane, bound) in [(Lane::Normal, 375), (Lane::Emergency, 13)] {
            let waits: Vec<_> = (0..40).map(|n| backoff(n, lane, &id)).collect();
            assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(bound)));
            assert!(waits[0] < waits[3] && waits[3] < waits[5]);
        }
    }
}
