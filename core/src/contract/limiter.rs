//! What [`Limiter`](crate::seams::Limiter) promises.
//!
//! Implementations read their own clock, so the promises are about order and bounds, with quotas
//! slow enough (hours) that no test run regains anything by chance.

use std::time::Duration;

use super::keeps;
use crate::seams::{Decision, Limiter, Quota};

/// Tries every promise.
pub async fn all<S: Limiter>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        a_burst_is_allowed_and_no_more,
        a_denial_names_the_wait_and_counts_nothing,
        keys_are_apart,
        quotas_are_apart,
        what_is_used_is_regained,
    );
}

const SLOW: Quota = Quota {
    burst: 5,
    per: Duration::from_secs(5 * 60 * 60),
};

async fn a_burst_is_allowed_and_no_more(limiter: impl Limiter) {
    for _ in 0..SLOW.burst {
        assert_eq!(limiter.check("ana", SLOW).await, Decision::Allowed);
    }
    assert!(matches!(
        limiter.check("ana", SLOW).await,
        Decision::Denied { .. }
    ));
}

async fn a_denial_names_the_wait_and_counts_nothing(limiter: impl Limiter) {
    for _ in 0..SLOW.burst {
        limiter.check("ana", SLOW).await;
    }
    // One is regained every hour, however often it was asked for.
    for _ in 0..20 {
        let Decision::Denied { retry_after } = limiter.check("ana", SLOW).await else {
            panic!("the quota was used up");
        };
        assert!(
            retry_after > Duration::from_secs(50 * 60),
            "{retry_after:?}"
        );
        assert!(
            retry_after <= Duration::from_secs(60 * 60),
            "{retry_after:?}"
        );
    }
}

async fn keys_are_apart(limiter: impl Limiter) {
    for _ in 0..=SLOW.burst {
        limiter.check("ana", SLOW).await;
    }
    assert_eq!(limiter.check("ben", SLOW).await, Decision::Allowed);
}

async fn quotas_are_apart(limiter: impl Limiter) {
    for _ in 0..=SLOW.burst {
        limiter.check("ana", SLOW).await;
    }
    let other = Quota { burst: 6, ..SLOW };
    assert_eq!(limiter.check("ana", other).await, Decision::Allowed);
}

async fn what_is_used_is_regained(limiter: impl Limiter) {
    let fast = Quota {
        burst: 1,
        per: Duration::from_millis(20),
    };
    assert_eq!(limiter.check("ana", fast).await, Decision::Allowed);
    let Decision::Denied { retry_after } = limiter.check("ana", fast).await else {
        // The machine took longer than the quota: that is regained as well.
        return;
    };
    tokio::time::sleep(retry_after + Duration::from_millis(5)).await;
    assert_eq!(limiter.check("ana", fast).await, Decision::Allowed);
}
