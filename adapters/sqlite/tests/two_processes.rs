//! Two that have the file open do each other no harm, and the last one's leases end with it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // to fail is its way of saying no

use std::{path::Path, time::Duration};

use muykol_core::{
    contract::fixtures::{
        accept, ana, answer, at, church, claim, commit, conversation, due, ids, is_lost, outcome,
        texts, until,
    },
    seams::{Leases, TurnStore},
};
use muykol_sqlite::{Options, SqliteStore};

fn open(path: &Path) -> SqliteStore {
    let options = Options {
        patience: Duration::from_secs(60),
        ..Options::new(church())
    };
    SqliteStore::open(path, options).unwrap()
}

#[tokio::test]
async fn leases_bind_both() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let first = open(&path);
    accept(&first, ana("1")).await;
    let paused = claim(&first, "ana", 0).await;

    let second = open(&path);
    assert!(first.was_alone() && !second.was_alone());
    let early = second
        .claim(&conversation("ana"), until("two", 90), at(30))
        .await;
    assert!(
        early.unwrap().is_none(),
        "opening a second time ends no lease"
    );

    let taken = claim(&second, "ana", 60).await;
    assert!(is_lost(&first, &paused, answer(&paused, &["stale"], 61)).await);
    let outcome = answer(&taken, &["peace"], 61);
    commit(&second, &taken.fence, &ids(&taken), outcome, 61).await;
    assert!(due(&first, 62).await.is_empty(), "the second sends it");
    assert_eq!(texts(&due(&first, 121).await), ["peace"]);
}

#[tokio::test]
async fn leases_of_the_dead_end_when_the_next_one_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("restarted.db");
    let before = open(&path);
    accept(&before, ana("1")).await;
    let done = claim(&before, "ana", 0).await;
    commit(
        &before,
        &done.fence,
        &ids(&done),
        answer(&done, &["peace"], 1),
        1,
    )
    .await;
    accept(&before, ana("2")).await;
    let left = claim(&before, "ana", 2).await;
    let poll = before
        .acquire("poll", &"one".into(), at(0), at(60))
        .await
        .unwrap()
        .unwrap();
    assert!(
        before
            .advance("poll", poll.term, "7", at(60))
            .await
            .unwrap()
    );
    drop(before);

    let after = open(&path);
    assert!(after.was_alone());
    let again = claim(&after, "ana", 3).await;
    assert_eq!(again.attempts, left.attempts + 1);
    let effects = due(&after, 3).await;
    assert_eq!(texts(&effects), ["peace"]);
    assert!(effects[0].maybe_sent);
    let next = after
        .acquire("poll", &"two".into(), at(3), at(60))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (next.term, next.position.as_deref()),
        (poll.term + 1, Some("7"))
    );
    assert!(is_lost(&after, &left, outcome(4)).await);
}
