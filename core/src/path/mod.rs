//! The way of a message: door, intake, turn, outbox.
