//! What was acknowledged is there after `kill -9`, with two processes on one file.
//!
//! The test starts itself again as the processes that are killed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // to fail is its way of saying no

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use muykol_core::{
    contract::fixtures::{accept, answer, at, claim, ids, said},
    seams::{Accepted, TurnStore},
};
use muykol_sqlite::{Options, SqliteStore};
use uuid::Uuid;

const DATABASE: &str = "MUYKOL_CRASH_TEST_DATABASE";
const ROUNDS: usize = 10;

fn open(path: &Path) -> SqliteStore {
    let options = Options {
        patience: Duration::from_secs(60),
        ..Options::new(muykol_core::contract::fixtures::church())
    };
    SqliteStore::open(path, options).unwrap()
}

/// Accepts messages until it is killed, and says which are accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test below"]
async fn accepts_until_it_is_killed() {
    let Ok(path) = std::env::var(DATABASE) else {
        return;
    };
    let store = open(Path::new(&path));
    let run = Uuid::new_v4().simple().to_string();
    let tasks = (0..8).map(|task| {
        let store = store.clone();
        let who = format!("{run}-{task}");
        tokio::spawn(async move {
            for number in 0.. {
                let arrival = said(&who, &who, &format!("{who}-{number}"), "words", number);
                let id = arrival.id.clone();
                let key = arrival.inbound.provider_id.clone();
                accept(&store, arrival).await;
                println!("\nack {who} {key} {id}");
                if number % 3 == 0 {
                    let claim = claim(&store, &who, number).await;
                    let outcome = answer(&claim, &["peace"], number);
                    let _ = store
                        .commit(&claim.fence, &ids(&claim), outcome, at(number))
                        .await;
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn acknowledged_messages_survive_kills() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crash.db");
    let mut acknowledged: HashMap<String, (String, String)> = HashMap::new();
    for _ in 0..ROUNDS {
        let readers = [start(&path), start(&path)].map(|mut child| {
            let output = BufReader::new(child.stdout.take().unwrap());
            // Runs until the pipe closes: what was written before the kill is read.
            thread::spawn(move || {
                let mut lines = output.lines().map_while(Result::ok);
                let first = lines.find(|line| line.starts_with("ack "));
                let pause = Uuid::new_v4().as_u128() % 150;
                thread::sleep(Duration::from_millis(u64::try_from(pause).unwrap()));
                child.kill().unwrap();
                child.wait().unwrap();
                first.into_iter().chain(lines).collect::<Vec<_>>()
            })
        });
        for line in readers
            .into_iter()
            .flat_map(|reader| reader.join().unwrap())
        {
            if let ["ack", who, key, id] = line.split(' ').collect::<Vec<_>>()[..] {
                acknowledged.insert(key.to_owned(), (who.to_owned(), id.to_owned()));
            }
        }
        let sound: String = rusqlite::Connection::open(&path)
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(sound, "ok");
    }
    assert!(acknowledged.len() > ROUNDS, "{}", acknowledged.len());

    let store = open(&path);
    assert!(store.was_alone(), "the killed hold nothing");
    for (key, (who, id)) in &acknowledged {
        let again = said(who, who, key, "words", 0);
        match store.accept(again).await.unwrap() {
            Accepted::Duplicate { id: held, .. } => assert_eq!(held.0, *id),
            other => panic!("acknowledged and lost: {other:?}"),
        }
    }
    // Every conversation that waits can be claimed at once: the leases of the dead are over.
    let waiting = store.waiting(0, at(0), usize::MAX).await.unwrap();
    for conversation in waiting {
        let request = muykol_core::contract::fixtures::until("heir", 60);
        let claim = store.claim(&conversation, request, at(0)).await.unwrap();
        assert!(claim.is_some());
    }
    println!("{} messages acknowledged, all there", acknowledged.len());
}

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "accepts_until_it_is_killed",
            "--nocapture",
        ])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
