//! The embedded [`Limiter`]: GCRA in this process's memory, by the `governor` crate.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use governor::{
    RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};
use muykol_core::seams::{Decision, Limiter, Quota};

mod housekeeping;

use housekeeping::Housekeeping;

/// Keys are kept as 64-bit digests under a seed that is drawn anew for each process: every entry
/// is equally small however long a key is, and no address can be read from memory. Two keys share
/// a quota with a chance of 3 in 10^8 among a million of them (birthday bound).
type Digest = u64;

type Keyed<C> =
    RateLimiter<Digest, DashMapStateStore<Digest>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// Counts events in memory; what it knows ends with the process.
///
/// Keys of one [`Quota`] share one map. An entry goes once its quota is wholly regained, so that
/// memory is bounded by the number of keys seen in twice the quota's time: about 40 bytes each.
/// Quotas come from the configuration; their number is not bounded here.
///
/// A check costs some 100 ns (`cargo run --release -p muykol-governor --example check_cost`).
pub struct GovernorLimiter<C: Clock = MonotonicClock> {
    clock: C,
    seed: RandomState,
    by_quota: RwLock<HashMap<Quota, Arc<Bucket<C>>>>,
}

struct Bucket<C: Clock> {
    keyed: Keyed<C>,
    housekeeping: Housekeeping,
}

impl GovernorLimiter {
    /// A limiter that has counted nothing yet, on the system's monotonic clock.
    ///
    /// Not on `quanta`'s: it is a few nanoseconds faster, and calibrates itself for up to 200 ms
    /// when it is first read, which a start-up cannot spare.
    pub fn new() -> Self {
        Self::with_clock(MonotonicClock)
    }
}

impl Default for GovernorLimiter {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Clock + Clone> GovernorLimiter<C> {
    /// The same on another clock.
    pub fn with_clock(clock: C) -> Self {
        Self {
            clock,
            seed: RandomState::new(),
            by_quota: RwLock::new(HashMap::new()),
        }
    }

    /// Forgets every key whose quota is wholly regained and gives the memory back.
    ///
    /// Checks do this themselves as they go; called once a minute it also frees what a burst left
    /// behind before a quiet time. Takes about 10 ms for a million keys.
    pub fn sweep(&self) {
        let buckets: Vec<_> = self
            .by_quota
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        for bucket in buckets {
            bucket.sweep();
        }
    }

    /// How many keys are remembered, over all quotas.
    pub fn remembered(&self) -> usize {
        self.by_quota
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .map(|bucket| bucket.keyed.len())
            .sum()
    }

    /// The bucket of a quota, made on first use; none for a quota that limits nothing.
    fn bucket(&self, quota: Quota) -> Option<Arc<Bucket<C>>> {
        if let Some(bucket) = self
            .by_quota
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&quota)
        {
            return Some(Arc::clone(bucket));
        }
        let rate = rate(quota)?;
        let mut by_quota = self
            .by_quota
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let bucket = by_quota.entry(quota).or_insert_with(|| {
            Arc::new(Bucket {
                keyed: RateLimiter::new(rate, DashMapStateStore::default(), self.clock.clone()),
                housekeeping: Housekeeping::default(),
            })
        });
        Some(Arc::clone(bucket))
    }

    fn decide(&self, key: &str, quota: Quota) -> Decision {
        let Some(bucket) = self.bucket(quota) else {
            return Decision::Allowed;
        };
        let decision = match bucket.keyed.check_key(&self.seed.hash_one(key)) {
            Ok(()) => Decision::Allowed,
            Err(not_until) => Decision::Denied {
                retry_after: not_until.wait_time_from(self.clock.now()),
            },
        };
        if bucket.housekeeping.is_due() {
            bucket.sweep();
        }
        decision
    }
}

impl<C: Clock> Bucket<C> {
    fn sweep(&self) {
        self.keyed.retain_recent();
        self.keyed.shrink_to_fit();
        self.housekeeping.done(self.keyed.len());
    }
}

/// The longest time a quota is believed; governor reckons in 64 bits of nanoseconds, 584 years in
/// all, and panics beyond.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The quota in governor's terms. None if it allows nothing (`burst` 0) or everything (`per` so
/// short that an event is regained in less than a nanosecond): neither can be decided, and a
/// limiter that cannot decide allows.
fn rate(quota: Quota) -> Option<governor::Quota> {
    let burst = NonZeroU32::new(quota.burst)?;
    let rate = governor::Quota::with_period(quota.per.min(LONGEST) / quota.burst)?;
    Some(rate.allow_burst(burst))
}

#[async_trait]
impl<C> Limiter for GovernorLimiter<C>
where
    C: Clock + Clone + Send + Sync,
    C::Instant: Send + Sync,
{
    async fn check(&self, key: &str, quota: Quota) -> Decision {
        self.decide(key, quota)
    }
}
