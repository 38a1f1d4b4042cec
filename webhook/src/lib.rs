//! muykol's binary as a library, so that its parts can be tested alone.
//!
//! This crate alone knows every adapter. [`wiring`] puts them together, one `match` per choice;
//! [`commands`] are what the binary can do; [`server`] is the HTTP server around the doors.

pub mod cli;
mod clock;
pub mod commands;
pub mod config;
mod operator;
mod server;
mod telemetry;
mod wiring;
