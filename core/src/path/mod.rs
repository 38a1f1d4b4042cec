//! The way of a message: door, intake, turn, outbox.
//!
//! [`Wiring`] holds what a message meets. Each step is one story on it: [`Wiring::receive`] takes
//! a message in, [`Wiring::take_turn`] answers, [`Wiring::deliver`] sends. A step returns the
//! [`Work`] it leaves; [`Engine`] starts it, and finds again what a crash left behind.

mod admit;
mod backoff;
mod check;
mod commands;
mod door;
mod emergency;
mod engine;
mod outbox;
mod present;
mod speak;
mod spoken;
#[cfg(test)]
mod stories;
mod turn;
mod voice;
mod watchers;
mod wiring;
mod work;

pub use commands::HISTORY_WORDING;
pub use door::{Door, Received};
pub use emergency::RecentCrises;
pub use engine::Engine;
#[cfg(any(test, feature = "contract"))]
pub(crate) use engine::lanes;
pub use outbox::Delivered;
pub use voice::first_notice;
pub use watchers::Watchers;
pub use wiring::{Couriers, Settings, Store, Wiring};
pub use work::Work;
