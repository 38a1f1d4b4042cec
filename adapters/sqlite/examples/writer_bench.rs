//! How fast the store is on this machine's disk.
//!
//! `cargo run --release -p muykol-sqlite --example writer_bench [folder]`
//!
//! Prints the disk's own sync time, the steps of a message one after the other, accepts grouped
//! from 64 tasks, and whole exchanges from 64 tasks. CPU is that of the whole process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // to fail is its way of saying no

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use muykol_core::{
    contract::fixtures::{answer, at, church, claim, commit, ids, said, until},
    seams::{Accepted, Arrival, OutboxStore, Settlement, TurnStore},
};
use muykol_sqlite::{Options, SqliteStore};

const ALONE: u64 = 2_000;
const TASKS: u64 = 64;
const EACH: u64 = 2_000;

#[tokio::main]
async fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let path = Path::new(&folder).join("writer_bench.db");
    remove(&path);
    report("disk: fdatasync of 4 KiB", &sync_times(&path), None);

    let options = Options {
        patience: Duration::from_secs(30),
        ..Options::new(church())
    };
    let Ok(store) = SqliteStore::open(&path, options) else {
        println!("cannot open {}", path.display());
        return;
    };
    alone(&store).await;
    grouped(&store, "accept grouped", EACH, accept_one).await;
    grouped(
        &store,
        "exchange grouped (accept+claim, commit, settle)",
        EACH / 4,
        exchange,
    )
    .await;
    drop(store);
    remove(&path);
}

/// One message after the other, each step timed.
async fn alone(store: &SqliteStore) {
    let mut steps: [Vec<Duration>; 4] = Default::default();
    let started = cpu();
    for number in 0..ALONE {
        let room = format!("alone-{}", number % 100);
        let arrival = Arrival {
            claim: Some(until("one", number + 60)),
            ..said(&room, &room, &format!("alone {number}"), WORDS, number)
        };
        let clock = Instant::now();
        let accepted = store.accept(arrival).await;
        steps[0].push(clock.elapsed());
        let Ok(Accepted::New {
            claim: Some(held), ..
        }) = accepted
        else {
            panic!("an idle conversation is claimed: {accepted:?}");
        };
        let outcome = answer(&held, &[WORDS], number);
        let clock = Instant::now();
        let effects = commit(store, &held.fence, &ids(&held), outcome, number).await;
        steps[1].push(clock.elapsed());
        let clock = Instant::now();
        let sent = Settlement::Sent { receipt: None };
        store
            .settle(&effects[0], sent, at(number))
            .await
            .expect("settled");
        steps[2].push(clock.elapsed());
    }
    let spent = cpu().saturating_sub(started) / u32::try_from(ALONE * 3).unwrap_or(1);
    for number in 0..ALONE {
        let room = format!("waits-{}", number % 100);
        let clock = Instant::now();
        accept_one(store.clone(), room, number).await;
        steps[3].push(clock.elapsed());
    }
    for (name, times) in [
        "accept+claim alone",
        "commit alone",
        "settle alone",
        "accept alone",
    ]
    .iter()
    .zip(&steps)
    {
        report(name, times, None);
    }
    println!("{:<48} {spent:?} of CPU for each step", "");
    claim(store, "waits-0", 1_000_000).await;
}

/// The same from many tasks at once.
async fn grouped<F>(
    store: &SqliteStore,
    name: &str,
    each: u64,
    work: impl Fn(SqliteStore, String, u64) -> F,
) where
    F: Future<Output = u32> + Send + 'static,
{
    let (clock, before) = (Instant::now(), cpu());
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let rooms = (0..each).map(|number| format!("{name}-{task}-{}", number % 50));
        let futures: Vec<_> = rooms
            .zip(0..)
            .map(|(room, number)| work(store.clone(), room, number))
            .collect();
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::with_capacity(futures.len());
            let mut operations = 0;
            for future in futures {
                let clock = Instant::now();
                operations += future.await;
                times.push(clock.elapsed());
            }
            (times, operations)
        }));
    }
    let mut times = Vec::new();
    let mut operations = 0;
    for task in tasks {
        if let Ok((some, count)) = task.await {
            times.extend(some);
            operations += count;
        }
    }
    let elapsed = clock.elapsed();
    report(name, &times, Some(elapsed));
    println!(
        "{:<48} {:.0} operations/s, {:?} of CPU for each",
        "",
        f64::from(operations) / elapsed.as_secs_f64(),
        cpu().saturating_sub(before) / operations.max(1)
    );
}

const WORDS: &str = "I can't sleep, I'm so worried about losing my job and what my family will say";

async fn accept_one(store: SqliteStore, room: String, number: u64) -> u32 {
    let arrival = said(&room, &room, &format!("{room} {number}"), WORDS, number);
    assert!(matches!(
        store.accept(arrival).await,
        Ok(Accepted::New { .. })
    ));
    1
}

async fn exchange(store: SqliteStore, room: String, number: u64) -> u32 {
    let arrival = Arrival {
        claim: Some(until("one", number + 60)),
        ..said(&room, &room, &format!("{room} {number}"), WORDS, number)
    };
    let Ok(Accepted::New {
        claim: Some(held), ..
    }) = store.accept(arrival).await
    else {
        panic!("an idle conversation is claimed");
    };
    let outcome = answer(&held, &[WORDS], number);
    let effects = commit(&store, &held.fence, &ids(&held), outcome, number).await;
    for effect in effects {
        let sent = Settlement::Sent { receipt: None };
        store
            .settle(&effect, sent, at(number))
            .await
            .expect("settled");
    }
    3
}

fn sync_times(path: &Path) -> Vec<Duration> {
    let path = path.with_extension("sync");
    let mut times = Vec::new();
    if let Ok(mut file) = File::create(&path) {
        for _ in 0..500 {
            let clock = Instant::now();
            let _ = file.write_all(&[1; 4096]).and_then(|()| file.sync_data());
            times.push(clock.elapsed());
        }
    }
    let _ = std::fs::remove_file(path);
    times
}

fn report(name: &str, times: &[Duration], elapsed: Option<Duration>) {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = |permille: usize| {
        times
            .get(times.len() * permille / 1000)
            .copied()
            .unwrap_or_default()
    };
    let total = elapsed.unwrap_or_else(|| times.iter().sum());
    println!(
        "{name:<48} {} in {total:.2?}: p50 {:.0?}, p95 {:.0?}, p99 {:.0?}, max {:.0?}",
        times.len(),
        at(500),
        at(950),
        at(990),
        times.last().copied().unwrap_or_default()
    );
}

/// The processor time of this process so far, user and system; zero where `/proc` is missing.
fn cpu() -> Duration {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else {
        return Duration::ZERO;
    };
    // Fields 14 and 15, in ticks of 10 ms (proc(5)); the name in field 2 may hold spaces.
    let ticks: u64 = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}
