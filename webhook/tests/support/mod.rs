//! What the end-to-end tests stand on: the real binary as a process, what it kept, and people who
//! write to it.

pub mod binary;
pub mod browser;
pub mod crowd;
pub mod kept;
pub mod site;

use std::time::{Duration, Instant};

/// Polls until something is there; says what was missing if it does not come.
pub async fn eventually<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The same for something that is true or not.
pub async fn becomes_true(what: &str, limit: Duration, mut look: impl FnMut() -> bool) {
    eventually(what, limit, || look().then_some(())).await;
}

/// A number of the environment, for the long runs.
pub fn parameter(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is not a number"))
    })
}

/// Some number below `bound`.
pub fn random(bound: u64) -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1 % bound
}
