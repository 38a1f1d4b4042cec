//! What can be opened, and what is said when it cannot.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // to fail is its way of saying no

use muykol_core::{
    contract::fixtures::{ana, church},
    seams::{StoreError, TurnStore},
};
use muykol_sqlite::{OpenError, Options, SqliteStore};
use rusqlite::Connection;

#[test]
fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newer.db");
    drop(SqliteStore::open(&path, Options::new(church())).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refused = SqliteStore::open(&path, Options::new(church()));
    assert!(matches!(refused, Err(OpenError::Newer { found: 99, .. })));
}

#[test]
fn another_programs_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("CREATE TABLE theirs (id)")
        .unwrap();
    drop(connection);
    let refused = SqliteStore::open(&path, Options::new(church()));
    assert!(matches!(refused, Err(OpenError::Foreign(_))));
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("store.db");
    let refused = SqliteStore::open(&path, Options::new(church())).unwrap_err();
    assert!(refused.to_string().contains("missing"), "{refused}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.db");
    std::fs::write(&path, "a text of some length, and certainly not a database").unwrap();
    let refused = SqliteStore::open(&path, Options::new(church()));
    assert!(matches!(refused, Err(OpenError::Sqlite(_))));
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("private.db");
    let _store = SqliteStore::open(&path, Options::new(church())).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let file = format!("{}{suffix}", path.display());
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{suffix}");
    }
}

#[tokio::test]
async fn a_temporary_store_leaves_nothing_behind() {
    let store = SqliteStore::open(":memory:", Options::new(church())).unwrap();
    let path = store.path().to_owned();
    assert!(path.exists());
    drop(store);
    assert!(!path.exists());
}

#[tokio::test]
async fn another_churchs_message_is_refused() {
    let store = SqliteStore::open(":memory:", Options::new("other".into())).unwrap();
    let refused = store.accept(ana("1")).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
}
