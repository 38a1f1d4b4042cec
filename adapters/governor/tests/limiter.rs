//! What the limiter promises, on a clock set by hand.

use std::{sync::Arc, time::Duration};

use governor::clock::FakeRelativeClock;
use muykol_core::seams::{Decision, Limiter, Quota};
use muykol_governor::GovernorLimiter;
use proptest::prelude::*;

fn by_hand() -> (GovernorLimiter<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (GovernorLimiter::with_clock(clock.clone()), clock)
}

fn wait(decision: Decision) -> Option<Duration> {
    match decision {
        Decision::Allowed => None,
        Decision::Denied { retry_after } => Some(retry_after),
    }
}

#[tokio::test]
async fn a_burst_passes_exactly_and_then_one_at_a_time() {
    let (limiter, clock) = by_hand();
    let quota = Quota::per_minute(6);
    for _ in 0..6 {
        assert_eq!(limiter.check("a", quota).await, Decision::Allowed);
    }
    assert_eq!(
        wait(limiter.check("a", quota).await),
        Some(Duration::from_secs(10))
    );
    clock.advance(Duration::from_millis(9_999));
    assert_eq!(
        wait(limiter.check("a", quota).await),
        Some(Duration::from_millis(1))
    );
    clock.advance(Duration::from_millis(1));
    assert_eq!(limiter.check("a", quota).await, Decision::Allowed);
    assert!(wait(limiter.check("a", quota).await).is_some());
}

#[tokio::test]
async fn a_denied_event_is_not_counted() {
    let (limiter, clock) = by_hand();
    let quota = Quota::per_minute(1);
    assert_eq!(limiter.check("a", quota).await, Decision::Allowed);
    for _ in 0..100 {
        assert!(wait(limiter.check("a", quota).await).is_some());
    }
    clock.advance(Duration::from_secs(60));
    assert_eq!(limiter.check("a", quota).await, Decision::Allowed);
}

#[tokio::test]
async fn keys_and_quotas_do_not_disturb_each_other() {
    let (limiter, _) = by_hand();
    let one = Quota::per_minute(1);
    let two = Quota {
        burst: 1,
        per: Duration::from_secs(1),
    };
    assert_eq!(limiter.check("a", one).await, Decision::Allowed);
    assert_eq!(limiter.check("b", one).await, Decision::Allowed);
    assert_eq!(limiter.check("", one).await, Decision::Allowed);
    assert_eq!(limiter.check("a", two).await, Decision::Allowed);
    assert!(wait(limiter.check("a", one).await).is_some());
}

#[tokio::test]
async fn a_quota_that_cannot_be_decided_allows() {
    let (limiter, _) = by_hand();
    for quota in [
        Quota::per_minute(0),
        Quota {
            burst: 1,
            per: Duration::ZERO,
        },
        Quota {
            burst: u32::MAX,
            per: Duration::from_nanos(1),
        },
    ] {
        for _ in 0..10 {
            assert_eq!(limiter.check("a", quota).await, Decision::Allowed);
        }
    }
}

#[tokio::test]
async fn a_quota_of_centuries_is_no_matter() {
    let (limiter, _) = by_hand();
    let quota = Quota {
        burst: 1,
        per: Duration::MAX,
    };
    assert_eq!(limiter.check("a", quota).await, Decision::Allowed);
}

#[tokio::test]
async fn memory_is_given_back_while_events_come() {
    let (limiter, clock) = by_hand();
    let quota = Quota {
        burst: 1,
        per: Duration::from_secs(1),
    };
    // Each second 500 new keys; the old ones have regained their quota by then.
    for second in 0..100 {
        for key in 0..500 {
            limiter.check(&format!("{second}-{key}"), quota).await;
        }
        clock.advance(Duration::from_secs(2));
        assert!(limiter.remembered() <= 1_600, "{}", limiter.remembered());
    }
    limiter.sweep();
    assert_eq!(limiter.remembered(), 0);
}

#[tokio::test]
async fn a_sweep_forgets_nobody_who_still_owes() {
    let (limiter, _) = by_hand();
    let quota = Quota::per_minute(1);
    limiter.check("a", quota).await;
    limiter.sweep();
    assert!(wait(limiter.check("a", quota).await).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_pass_at_once_than_the_burst_on_the_real_clock() {
    let limiter = Arc::new(GovernorLimiter::new());
    let quota = Quota {
        burst: 50,
        per: Duration::from_secs(3600),
    };
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let limiter = Arc::clone(&limiter);
            tokio::spawn(async move {
                let mut passed = 0;
                for _ in 0..100 {
                    if limiter.check("a", quota).await == Decision::Allowed {
                        passed += 1;
                    }
                }
                passed
            })
        })
        .collect();
    let mut passed = 0;
    for task in tasks {
        passed += task.await.unwrap();
    }
    assert_eq!(passed, 50);
}

proptest! {
    /// Against GCRA as ITU-T I.371 writes it (the virtual scheduling algorithm).
    #[test]
    fn decides_as_the_textbook_does(
        burst in 1u32..20,
        interval_ms in 1u64..2_000,
        pauses in prop::collection::vec(0u64..3_000, 1..80),
    ) {
        let (limiter, clock) = by_hand();
        let per = Duration::from_millis(interval_ms) * burst;
        let quota = Quota { burst, per };
        let interval = i128::from(interval_ms);
        let tolerance = interval * i128::from(burst - 1);
        let (mut now, mut theoretical) = (0i128, 0i128);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for pause in pauses {
            now += i128::from(pause);
            clock.advance(Duration::from_millis(pause));
            let decision = runtime.block_on(limiter.check("a", quota));
            if now < theoretical - tolerance {
                let expected = Duration::from_millis(u64::try_from(theoretical - tolerance - now).unwrap());
                prop_assert_eq!(decision, Decision::Denied { retry_after: expected });
            } else {
                prop_assert_eq!(decision, Decision::Allowed);
                theoretical = theoretical.max(now) + interval;
            }
        }
    }
}
