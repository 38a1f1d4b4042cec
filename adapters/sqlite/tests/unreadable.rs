//! A row that this version cannot read keeps nobody else waiting.

// A test says no by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use muykol_core::{
    contract::fixtures::{ana, at, claim, crisis_reply, due, exchange, lines, said, texts, words},
    seams::{Accepted, Arrival, Operations as _, TurnStore as _},
};
use muykol_sqlite::{Options, SqliteStore};
use rusqlite::Connection;

/// A store and a way to damage its rows.
fn store() -> (tempfile::TempDir, SqliteStore, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path, Options::new("grace".into())).unwrap();
    let connection = Connection::open(path).unwrap();
    (folder, store, connection)
}

#[tokio::test]
async fn an_effect_of_a_newer_version_is_parked_and_the_rest_is_sent() {
    let (_folder, store, rows) = store();
    exchange(&store, ana("1"), &["a", "b"], 0).await;
    exchange(&store, said("ben", "ben", "2", "hi", 0), &["c"], 0).await;
    let first = "UPDATE effects SET action = '{\"do\":\"mail\"}' WHERE seq = 1";
    assert_eq!(rows.execute(first, []).unwrap(), 1);
    assert_eq!(texts(&due(&store, 100).await), ["b", "c"]);
    let parked = store.parked(10).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(
        (parked[0].channel.as_str(), parked[0].reason.as_str()),
        ("unreadable", "its action cannot be read by this version")
    );
    assert_eq!(texts(&due(&store, 200).await), ["b", "c"]);
}

#[tokio::test]
async fn a_message_of_a_newer_version_is_set_aside_and_the_rest_is_answered() {
    let (_folder, store, rows) = store();
    exchange(&store, ana("0"), &["earlier"], 0).await;
    rows.execute("UPDATE entries SET body = '{}' WHERE seq = 1", [])
        .unwrap();
    for key in ["1", "2"] {
        store.accept(ana(key)).await.unwrap();
    }
    let damage = "UPDATE waiting SET message = '{}' WHERE seq = (SELECT min(seq) FROM waiting)";
    rows.execute(damage, []).unwrap();
    let taken = claim(&store, "ana", 1).await;
    assert_eq!(taken.messages.len(), 1);
    assert_eq!(taken.messages[0].inbound.text, "words of 2");
    assert_eq!(words(&taken.recent), ["earlier"]);
    // Kept, not lost.
    let kept: i64 = rows
        .query_row("SELECT count(*) FROM waiting", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 2);

    // Alone in its conversation, it is not offered again and again.
    store
        .accept(said("ben", "ben", "3", "hi", 0))
        .await
        .unwrap();
    rows.execute(
        "UPDATE waiting SET message = '{}' WHERE person <> (SELECT person FROM entries LIMIT 1)",
        [],
    )
    .unwrap();
    let request = muykol_core::contract::fixtures::until("one", 60);
    let room = muykol_core::contract::fixtures::conversation("ben");
    assert!(store.claim(&room, request, at(1)).await.unwrap().is_none());
    assert!(
        !store
            .waiting(0, at(1000), 10)
            .await
            .unwrap()
            .contains(&room)
    );
}

#[tokio::test]
async fn danger_is_answered_beside_a_message_that_cannot_be_read() {
    let (_folder, store, rows) = store();
    store.accept(ana("1")).await.unwrap();
    rows.execute("UPDATE waiting SET message = '{}'", [])
        .unwrap();
    let danger = Arrival {
        emergency: Some(crisis_reply("ana", "ana", 1)),
        ..said("ana", "ana", "2", "danger", 1)
    };
    let Accepted::New {
        person, effects, ..
    } = store.accept(danger).await.unwrap()
    else {
        panic!("it is new")
    };
    assert_eq!(texts(&effects), ["help 1", "help 2"]);
    assert_eq!(words(&lines(&store, &person).await), ["danger", "help"]);
}
