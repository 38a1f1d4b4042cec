//! What [`Sessions`](crate::seams::Sessions) promises.

use super::{
    fixtures::{address, at},
    keeps,
};
use crate::seams::{Session, Sessions};

/// Tries every promise.
pub async fn all<S: Sessions>(make: &impl AsyncFn() -> S) {
    keeps!(make =>
        a_token_stands_for_its_address,
        a_session_ends,
        a_session_can_be_opened_again,
    );
}

fn session(who: &str, expires: u64) -> Session {
    Session {
        address: address(who),
        expires: at(expires),
    }
}

async fn a_token_stands_for_its_address(store: impl Sessions) {
    store.open("hash 1", session("ana", 10)).await.unwrap();
    store.open("hash 2", session("ben", 10)).await.unwrap();
    assert_eq!(
        store.session("hash 1", at(0)).await.unwrap(),
        Some(session("ana", 10))
    );
    assert_eq!(
        store.session("hash 2", at(0)).await.unwrap(),
        Some(session("ben", 10))
    );
    assert_eq!(store.session("hash 3", at(0)).await.unwrap(), None);
}

async fn a_session_ends(store: impl Sessions) {
    store.open("hash", session("ana", 10)).await.unwrap();
    assert!(store.session("hash", at(9)).await.unwrap().is_some());
    assert!(store.session("hash", at(10)).await.unwrap().is_none());
}

async fn a_session_can_be_opened_again(store: impl Sessions) {
    store.open("hash", session("ana", 10)).await.unwrap();
    store.open("hash", session("ana", 20)).await.unwrap();
    assert_eq!(
        store.session("hash", at(15)).await.unwrap(),
        Some(session("ana", 20))
    );
}
