//! A backup is whole, and going back to it sends nothing late and brings nobody back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // to fail is its way of saying no

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use muykol_core::{
    contract::fixtures::{
        accept, address, ana, at, church, claim, due, exchange, lines, said, words,
    },
    seams::{Accepted, History, Leases, Operations, OutboxStore, People, Settlement, TurnStore},
};
use muykol_sqlite::{BackupError, Options, RestoreError, Restored, SqliteStore, restore};
use tempfile::TempDir;

fn open(path: &Path) -> SqliteStore {
    let options = Options {
        patience: Duration::from_secs(60),
        ..Options::new(church())
    };
    SqliteStore::open(path, options).unwrap()
}

/// A folder, a store's path and a backup's.
fn paths() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.db");
    let backup = folder.path().join("backup.db");
    (folder, store, backup)
}

#[tokio::test]
async fn a_backup_made_under_writes_is_whole() {
    let (_folder, path, backup) = paths();
    let store = open(&path);
    let writing = {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..200 {
                accept(&store, ana(&number.to_string())).await;
            }
        })
    };
    exchange(&store, said("ben", "ben", "b", "before", 0), &["peace"], 0).await;
    store.backup(&backup).await.unwrap();
    writing.await.unwrap();
    assert!(matches!(
        store.backup(&backup).await,
        Err(BackupError::Exists(_))
    ));

    let names: Vec<_> = std::fs::read_dir(backup.parent().unwrap())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("backup"))
        .collect();
    assert_eq!(names, ["backup.db"], "a single file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&backup).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "for its owner alone");
    }
    let copy = open(&backup);
    let person = copy.find(&address("ben")).await.unwrap().unwrap().id;
    assert_eq!(words(&lines(&copy, &person).await), ["before", "peace"]);
    assert_eq!(
        copy.installation_key().await.unwrap(),
        store.installation_key().await.unwrap()
    );
}

#[tokio::test]
async fn a_store_is_not_replaced_by_accident() {
    let (_folder, path, backup) = paths();
    let missing = restore(&backup, &path, false, at(0));
    assert!(matches!(missing, Err(RestoreError::Missing(_))));
    let store = open(&path);
    store.backup(&backup).await.unwrap();
    let in_use = restore(&backup, &path, true, at(0));
    assert!(matches!(in_use, Err(RestoreError::InUse(_))));
    drop(store);
    let exists = restore(&backup, &path, false, at(0));
    assert!(matches!(exists, Err(RestoreError::Exists(_))));
    std::fs::write(&backup, "not a database at all, but long enough to be one").unwrap();
    let broken = restore(&backup, &path, true, at(0));
    assert!(matches!(broken, Err(RestoreError::Backup(_))), "{broken:?}");
    open(&path);
}

#[tokio::test]
async fn what_time_has_overtaken_is_not_sent() {
    let (_folder, path, backup) = paths();
    let store = open(&path);
    let (person, _) = exchange(&store, ana("1"), &["a", "b"], 0).await;
    accept(&store, ana("2")).await;
    claim(&store, "ana", 1).await;
    store.backup(&backup).await.unwrap();
    drop(store);

    let fresh = path.with_file_name("fresh.db");
    let restored = restore(&backup, &fresh, false, at(5000)).unwrap();
    let expected = Restored {
        unanswered: 1,
        parked: 2,
        erased: 0,
        positions: 0,
    };
    assert_eq!(restored, expected);
    let store = open(&fresh);
    assert!(due(&store, 9000).await.is_empty());
    assert_eq!(store.parked(10).await.unwrap().len(), 2);
    assert!(store.waiting(0, at(9000), 10).await.unwrap().is_empty());
    assert_eq!(
        words(&lines(&store, &person).await),
        ["words of 1", "ab", "words of 2"]
    );
    assert!(matches!(
        store.accept(ana("2")).await.unwrap(),
        Accepted::Duplicate { .. }
    ));
    accept(&store, ana("3")).await;
    assert_eq!(claim(&store, "ana", 9001).await.attempts, 1);
}

#[tokio::test]
async fn what_is_newer_is_kept_and_the_erased_stay_erased() {
    let (_folder, path, backup) = paths();
    let store = open(&path);
    let (hers, _) = exchange(&store, ana("1"), &["a"], 0).await;
    let (his, _) = exchange(&store, said("ben", "ben", "2", "his", 0), &["b"], 0).await;
    let lease = store
        .acquire("poll", &"one".into(), at(0), at(60))
        .await
        .unwrap()
        .unwrap();
    store
        .advance("poll", lease.term, "10", at(60))
        .await
        .unwrap();
    store.backup(&backup).await.unwrap();

    store
        .advance("poll", lease.term, "20", at(120))
        .await
        .unwrap();
    exchange(&store, said("ben", "ben", "3", "since", 0), &["c"], 10).await;
    accept(&store, said("ben", "ben", "4", "waits", 0)).await;
    store.erase(&hers, at(20)).await.unwrap();
    drop(store);

    let restored = restore(&backup, &path, true, at(100)).unwrap();
    assert_eq!((restored.erased, restored.positions), (1, 1));
    let store = open(&path);
    assert!(store.export(&hers).await.unwrap().is_none());
    assert!(store.find(&address("ana")).await.unwrap().is_none());
    assert_eq!(words(&lines(&store, &his).await), ["his", "b"]);
    let next = store
        .acquire("poll", &"two".into(), at(100), at(160))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(next.position.as_deref(), Some("20"));
    assert!(next.term > lease.term);

    // Answered since: not again. Lost with the replaced store: taken when it comes again.
    let answered = store
        .accept(said("ben", "ben", "3", "since", 0))
        .await
        .unwrap();
    assert!(matches!(answered, Accepted::Duplicate { .. }));
    accept(&store, said("ben", "ben", "4", "waits", 0)).await;
    assert_eq!(store.outbox_stats().await.unwrap().due, 0);

    // And once more: the ledger went along.
    drop(store);
    assert_eq!(restore(&backup, &path, true, at(200)).unwrap().erased, 1);
}

#[tokio::test]
async fn a_parked_effect_of_a_backup_can_be_sent_after_all() {
    let (_folder, path, backup) = paths();
    let store = open(&path);
    exchange(&store, ana("1"), &["a"], 0).await;
    store.backup(&backup).await.unwrap();
    drop(store);
    restore(&backup, &path, true, at(100)).unwrap();
    let store = open(&path);
    let parked = store.parked(10).await.unwrap().remove(0);
    assert!(store.retry(&parked.id, at(101)).await.unwrap());
    let effects = due(&store, 101).await;
    let sent = Settlement::Sent { receipt: None };
    store.settle(&effects[0], sent, at(102)).await.unwrap();
    let person = store.find(&address("ana")).await.unwrap().unwrap().id;
    assert_eq!(
        store
            .before(&person, None, 10, at(102))
            .await
            .unwrap()
            .len(),
        2
    );
}
