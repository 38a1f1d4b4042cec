//! Telegram: people write to a bot, in private or in a group, and are answered there.
//!
//! [`Telegram`] is the channel. It is a [`Courier`](muykol_core::seams::Courier) for what goes
//! out; [`Telegram::run`] introduces the bot and, when polling, listens; [`Telegram::routes`] is
//! the webhook. What comes in is read by our own lenient types and not by teloxide's: there, a
//! message with one formatting entity that is newer than the library comes out without its words.
//! Requests are teloxide's types, sent by our own small client ([`api`]), since teloxide's sleeps
//! for ten seconds on a server error and parses whole messages of which only the id is needed.

mod api;
mod courier;
mod hear;
mod incoming;
mod poll;
mod render;
mod settings;
mod split;
mod status;
mod telegram;
mod webhook;

pub use render::render;
pub use settings::{Mode, Secret, Settings, SettingsError, Timing};
pub use telegram::{Alarm, Telegram};
