//! muykol's binary as a library, so that its parts can be tested alone.

pub mod config;
