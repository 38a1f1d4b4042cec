//! The commands, and the help that teaches them.
#![allow(missing_docs)] // doc comments here are printed as help

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// A companion that a hurting person can write to, and that answers with kindness and with words
/// from the Bible that are really there.
///
/// Without a command muykol serves: it opens a chat page on this machine and, with
/// TELEGRAM_BOT_TOKEN set, listens on Telegram. Nothing needs to be configured.
#[derive(Debug, Parser)]
#[command(name = "muykol", version, after_help = EXAMPLES)]
pub struct Cli {
    /// The configuration file [default: ./muykol.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "Examples:
  muykol                                        start; open http://127.0.0.1:8080
  muykol ask \"I can't sleep, I'm so worried\"    one answer, as a person would see it
  muykol scripture \"Phil 4:6-7\"                 a passage, word for word
  echo \"I feel so alone\" | muykol assess        what is heard in a message
  muykol config > muykol.toml                   the manual of every setting, to edit
  muykol doctor                                 try everything that is configured, for real";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start: the chat page, the doors that are configured, and everything behind them
    Serve,
    /// Answer one message as a person would see it; nothing is kept
    Ask {
        /// The message
        message: String,
        /// Print the reply object instead
        #[arg(long)]
        json: bool,
    },
    /// Read messages from standard input, one a line; write what is heard in each as JSON
    Assess,
    /// Read texts from standard input, one a line; write what would be sent and what was found
    /// about its Scripture as JSON
    Verify,
    /// Read messages from standard input, one a line (plain words, or blocks as JSON); write the
    /// parts that a channel would send as JSON
    Render {
        /// The channel: telegram or web
        channel: String,
    },
    /// Show a passage, word for word from a held text
    Scripture {
        /// The reference, such as "Phil 4:6-7"
        reference: String,
        /// The translation's short name, ASV or KJV [default: church.translation]
        #[arg(long)]
        translation: Option<String>,
        /// Print the verse block instead
        #[arg(long)]
        json: bool,
    },
    /// Try everything that is configured for real, and say in plain words what is wrong
    Doctor,
    /// Print the default configuration, which is also the manual of every setting
    Config,
    /// Write a consistent copy of the store to a file, while muykol runs
    Backup {
        /// The file; it must not be there yet
        file: PathBuf,
    },
    /// Put a backup in the place of the store; muykol must not be running
    Restore {
        /// The backup
        file: PathBuf,
        /// Replace a store that is there
        #[arg(long)]
        force: bool,
    },
    /// Look after messages that could not be sent
    Outbox {
        #[command(subcommand)]
        what: Outbox,
    },
}

#[derive(Debug, Subcommand)]
pub enum Outbox {
    /// List what is parked, one a line: id, channel, since when, why
    List,
    /// Try a parked message again
    Retry {
        /// Its id, or "all"
        id: String,
    },
}
