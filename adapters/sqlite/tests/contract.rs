//! The store keeps every promise of the seams.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // to fail is its way of saying no

use std::time::Duration;

use muykol_core::contract::{self, fixtures};
use muykol_sqlite::{Options, SqliteStore};

macro_rules! suites {
    ($($suite:ident),+) => {
        $(
            #[tokio::test]
            async fn $suite() {
                contract::$suite::all(&async || {
                    let options = Options {
                        // The disk of a busy test machine can take its time.
                        patience: Duration::from_secs(60),
                        ..Options::new(fixtures::church())
                    };
                    SqliteStore::open(":memory:", options).unwrap()
                })
                .await;
            }
        )+
    };
}

suites!(
    turn_store, outbox, people, history, leases, sessions, operations
);
