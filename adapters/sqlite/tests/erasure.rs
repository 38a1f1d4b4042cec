//! What is left of somebody who was erased.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // to fail is its way of saying no

use std::path::Path;

use muykol_core::{
    contract::fixtures::{accept, address, at, church, exchange, lines, said},
    seams::{
        Arrival, Feedback, History, OutboxStore, People, ProfileChange, Session, Sessions,
        Settlement,
    },
    words::{AuditNote, AuditSalt},
};
use muykol_sqlite::{Options, SqliteStore};
use rusqlite::Connection;
use serde_json::json;

const SECRET: &str = "nobody but me knows about the lighthouse";

fn count(connection: &Connection, table: &str) -> i64 {
    connection
        .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })
        .unwrap()
}

/// She writes; the digest is a keyed hash, as intake makes it.
fn written(key: &str) -> Arrival {
    Arrival {
        digest: format!("hash {key}"),
        ..said("lighthouse-keeper", "room", key, SECRET, 0)
    }
}

fn note() -> AuditNote {
    AuditNote {
        code: "profile.changed".to_owned(),
        details: json!({ "name": SECRET, "by": "person" }),
    }
}

/// Ana writes, is answered, rated, and changed; then she is gone.
async fn story(path: &Path) {
    let options = Options {
        patience: std::time::Duration::from_secs(60),
        ..Options::new(church())
    };
    let store = SqliteStore::open(path, options).unwrap();
    let (person, effects) = exchange(&store, written("1"), &[SECRET], 0).await;
    let receipt = Some("lighthouse-receipt".to_owned());
    store
        .settle(&effects[0].id, Settlement::Sent { receipt }, at(1))
        .await
        .unwrap();
    let name = [ProfileChange::Name(Some(SECRET.to_owned()))];
    store.change(&person, &name, note(), at(1)).await.unwrap();
    let reply = lines(&store, &person).await[1].id.clone();
    let feedback = Feedback {
        rating: Some(5),
        wrong: false,
        comment: Some(SECRET.to_owned()),
    };
    assert!(store.rate(&person, &reply, feedback, at(1)).await.unwrap());
    let session = Session {
        address: address("lighthouse-keeper"),
        expires: at(100),
    };
    store.open("hash", session).await.unwrap();
    accept(&store, written("2")).await;

    let connection = Connection::open(path).unwrap();
    let (salt, commitment): ([u8; 32], [u8; 32]) = connection
        .query_row(
            "SELECT s.salt, a.commitment FROM audit AS a JOIN subjects AS s USING (subject)
              WHERE a.code = 'profile.changed'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(note().commitment(&AuditSalt::kept(salt)), commitment);
    drop(connection);
    store.erase(&person, at(2)).await.unwrap();

    // The journal is emptied while the store runs on.
    let journal = path.with_extension("db-wal");
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while knows(&journal) {
        assert!(
            std::time::Instant::now() < patience,
            "the journal still knows"
        );
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Whether a file holds anything of the story.
fn knows(file: &Path) -> bool {
    let bytes = std::fs::read(file).unwrap();
    bytes.windows(10).any(|window| window == b"lighthouse")
}

#[tokio::test]
async fn only_keyed_hashes_and_commitments_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erased.db");
    story(&path).await;

    let connection = Connection::open(&path).unwrap();
    for table in [
        "persons",
        "addresses",
        "waiting",
        "entries",
        "answers",
        "feedback",
        "effects",
        "receipts",
        "sessions",
        "subjects",
        "audit_details",
    ] {
        assert_eq!(count(&connection, table), 0, "{table}");
    }
    assert_eq!(count(&connection, "dedupe"), 2);
    assert_eq!(count(&connection, "erasures"), 1);
    let codes: Vec<String> = connection
        .prepare("SELECT code FROM audit ORDER BY seq")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(codes, ["profile.changed", "person.erased"]);
    drop(connection);

    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap().path();
        assert!(!knows(&file), "{} still knows", file.display());
    }
}
