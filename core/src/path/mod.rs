//! The way of a message: door, intake, turn, outbox.

mod door;

pub use door::{Door, Received};
