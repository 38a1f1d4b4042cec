//! The web channel over real HTTP, with core's real path behind it.
#![allow(clippy::pedantic, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod api;
mod armour;
mod danger;
mod openapi;
mod page;
mod streams;
