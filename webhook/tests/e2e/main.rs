//! End to end: the real binary as a process, over real HTTP, with a strict Telegram and a scripted
//! model beside it.
//!
//! `E2E_KILLS` and `E2E_PAUSES` make the crash tests longer; CONTRIBUTING.md says how long.

// A test says no by panicking.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    clippy::field_reassign_with_default,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod commands;
mod crashes;
mod first_start;
mod limits;
mod logs;
mod models;
mod redelivery;
mod safekeeping;
mod stopping;
mod store_failure;
mod telegram;

use std::time::Duration;

/// Runs a test that must end within so many seconds.
async fn within<T>(seconds: u64, test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(seconds), test)
        .await
        .unwrap_or_else(|_| panic!("the test took longer than {seconds} s"))
}

/// Long enough for anything that comes at all, on a machine that has much else to do.
const SOON: Duration = Duration::from_secs(20);
