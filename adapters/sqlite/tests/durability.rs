//! A message is on disk before it is acknowledged: the order of the system calls shows it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // to fail is its way of saying no

use std::{path::Path, process::Command, time::Duration};

use muykol_core::contract::fixtures::{accept, ana, church};
use muykol_sqlite::{Options, SqliteStore};

const DATABASE: &str = "MUYKOL_DURABILITY_TEST_DATABASE";

#[tokio::test]
#[ignore = "run by the test below"]
async fn accepts_one_message() {
    let Ok(path) = std::env::var(DATABASE) else {
        return;
    };
    let options = Options {
        patience: Duration::from_secs(60),
        ..Options::new(church())
    };
    let store = SqliteStore::open(Path::new(&path), options).unwrap();
    // The first write also creates the journal; the second is as all that follow.
    accept(&store, ana("1")).await;
    println!("accepting");
    accept(&store, ana("2")).await;
    println!("acknowledged");
}

#[test]
fn the_journal_is_synced_before_the_acknowledgement() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let traced = Command::new("strace")
        .args(["-f", "-e", "trace=write,pwrite64,fdatasync,fsync", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "accepts_one_message", "--nocapture"])
        .env(DATABASE, folder.path().join("durable.db"))
        .output();
    let calls = match traced {
        Ok(output) if output.status.success() => std::fs::read_to_string(&trace).unwrap(),
        Ok(_) | Err(_) => {
            println!("skipped: strace is not installed or not allowed here");
            return;
        }
    };
    let calls: Vec<&str> = calls.lines().collect();
    let position = |needle: &str| {
        calls
            .iter()
            .position(|call| call.contains("write(1") && call.contains(needle))
            .unwrap_or_else(|| panic!("no {needle} in the trace"))
    };
    let between = &calls[position("\"accepting")..position("\"acknowledged")];
    let written = between.iter().rposition(|call| call.contains("pwrite64("));
    let synced = between.iter().rposition(|call| {
        (call.contains("fdatasync") || call.contains("fsync")) && call.trim_end().ends_with("= 0")
    });
    assert!(written.is_some(), "the message was written");
    assert!(synced > written, "and synced after that: {between:#?}");
}
