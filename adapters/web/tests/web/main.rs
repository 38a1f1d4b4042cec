//! The web channel over real HTTP, with core's real path behind it.
#![allow(missing_docs, clippy::pedantic)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod api;
mod armour;
mod danger;
mod logs;
mod openapi;
mod page;
mod streams;
