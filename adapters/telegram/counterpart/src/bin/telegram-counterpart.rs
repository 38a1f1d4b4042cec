//! Runs the counterpart as a process and prints its address.

use std::{net::SocketAddr, time::Duration};

use clap::Parser;
use muykol_telegram_counterpart::{Counterpart, Options};

/// A strict Telegram Bot API for tests and benches. Prints its URL on standard output.
#[derive(Parser)]
struct Flags {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    bind: SocketAddr,
    /// The token to accept.
    #[arg(long, default_value = "123456:TEST-TOKEN")]
    token: String,
    /// The bot's name, without @.
    #[arg(long, default_value = "muykol_bot")]
    username: String,
    /// Switch privacy mode off.
    #[arg(long)]
    reads_all_group_messages: bool,
    /// Milliseconds before a failed webhook call is tried again.
    #[arg(long, default_value_t = 1000)]
    webhook_retry_ms: u64,
    /// The longest such wait in milliseconds.
    #[arg(long, default_value_t = 60_000)]
    webhook_retry_cap_ms: u64,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let flags = Flags::parse();
    let counterpart = Counterpart::start(Options {
        bind: flags.bind,
        token: flags.token,
        username: flags.username,
        reads_all_group_messages: flags.reads_all_group_messages,
        webhook_retry: Duration::from_millis(flags.webhook_retry_ms),
        webhook_retry_cap: Duration::from_millis(flags.webhook_retry_cap_ms),
        ..Options::default()
    })
    .await?;
    println!("{}", counterpart.url());
    std::future::pending().await
}
