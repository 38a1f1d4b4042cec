//! What [`Leases`](crate::seams::Leases) promises.

use super::{fixtures::at, keeps};
use crate::{
    seams::{Grant, Leases},
    words::HolderId,
};

/// Tries every promise.
pub async fn all<S: Leases>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        one_holder_at_a_time,
        the_same_holder_keeps_its_term,
        the_position_is_handed_on,
        a_stale_term_writes_nothing,
        a_late_holder_goes_on_if_nobody_took_over,
        a_lease_can_be_given_back,
        names_are_apart,
    );
}

async fn acquire(store: &impl Leases, who: &str, now: u64, until: u64) -> Option<Grant> {
    let holder = HolderId::from(who);
    store
        .acquire("poll", &holder, at(now), at(until))
        .await
        .unwrap()
}

fn grant(term: u64, position: Option<&str>) -> Grant {
    Grant {
        term,
        position: position.map(str::to_owned),
    }
}

async fn one_holder_at_a_time(store: impl Leases) {
    let first = acquire(&store, "one", 0, 10).await.unwrap();
    assert_eq!(first.position, None);
    assert_eq!(acquire(&store, "two", 9, 20).await, None);
    let second = acquire(&store, "two", 10, 20).await.unwrap();
    assert!(second.term > first.term);
    assert_eq!(acquire(&store, "one", 11, 20).await, None);
}

async fn the_same_holder_keeps_its_term(store: impl Leases) {
    let first = acquire(&store, "one", 0, 10).await;
    assert_eq!(acquire(&store, "one", 5, 15).await, first);
    assert_eq!(acquire(&store, "two", 14, 20).await, None);
    assert_eq!(
        acquire(&store, "one", 30, 40).await,
        first,
        "late, but nobody took it"
    );
}

async fn the_position_is_handed_on(store: impl Leases) {
    let first = acquire(&store, "one", 0, 10).await.unwrap();
    assert!(
        store
            .advance("poll", first.term, "41", at(12))
            .await
            .unwrap()
    );
    assert!(
        store
            .advance("poll", first.term, "42", at(13))
            .await
            .unwrap()
    );
    assert_eq!(
        acquire(&store, "two", 12, 20).await,
        None,
        "advancing extends"
    );
    let second = acquire(&store, "two", 13, 20).await;
    assert_eq!(second, Some(grant(first.term + 1, Some("42"))));
}

async fn a_stale_term_writes_nothing(store: impl Leases) {
    let first = acquire(&store, "one", 0, 10).await.unwrap();
    let second = acquire(&store, "two", 10, 20).await.unwrap();
    assert!(
        !store
            .advance("poll", first.term, "stale", at(99))
            .await
            .unwrap()
    );
    store.release("poll", first.term).await.unwrap();
    assert_eq!(acquire(&store, "one", 19, 30).await, None);
    assert_eq!(
        acquire(&store, "two", 19, 30).await,
        Some(grant(second.term, None))
    );
    assert!(
        !store
            .advance("unknown", 1, "nowhere", at(99))
            .await
            .unwrap()
    );
}

async fn a_late_holder_goes_on_if_nobody_took_over(store: impl Leases) {
    let first = acquire(&store, "one", 0, 10).await.unwrap();
    assert!(
        store
            .advance("poll", first.term, "7", at(30))
            .await
            .unwrap()
    );
    assert_eq!(acquire(&store, "two", 29, 40).await, None);
}

async fn a_lease_can_be_given_back(store: impl Leases) {
    let first = acquire(&store, "one", 0, 10).await.unwrap();
    store
        .advance("poll", first.term, "7", at(10))
        .await
        .unwrap();
    store.release("poll", first.term).await.unwrap();
    assert!(
        !store
            .advance("poll", first.term, "8", at(99))
            .await
            .unwrap()
    );
    let second = acquire(&store, "one", 1, 10).await.unwrap();
    assert!(second.term > first.term);
    assert_eq!(second.position.as_deref(), Some("7"));
}

async fn names_are_apart(store: impl Leases) {
    acquire(&store, "one", 0, 10).await.unwrap();
    let other = store
        .acquire("other", &"two".into(), at(0), at(10))
        .await
        .unwrap();
    assert!(other.is_some());
}
