//! The web channel: a JSON and SSE interface, and a chat page that needs no JavaScript.
//!
//! [`routes`] are the bare routes, for a binary that merges them with other adapters' before it
//! puts everything behind [`harden`]; [`router`] is both in one step. Handlers lean on nothing
//! but core's seams, see [`Seams`].
//!
//! A message in danger is answered whatever fails here: see [`chat`](crate::chat).

mod api;
mod care;
mod chat;
mod client_ip;
mod config;
mod courier;
mod harden;
mod page;
mod problem;
mod request_id;
mod sessions;
mod state;
mod streams;
mod time;

pub use care::Care;
pub use client_ip::ClientIp;
pub use config::{ConfigError, WebConfig};
pub use courier::WebCourier;
pub use harden::harden;
pub use problem::Problem;
pub use request_id::RequestId;
pub use state::{Seams, WebState};

use axum::Router;

/// The name of this channel in addresses.
pub const CHANNEL: &str = "web";

/// The routes of this channel, without the layers that protect them.
pub fn routes(state: WebState) -> Router {
    let (api, document) = api::routes(&state);
    api.merge(api::openapi::route(&document))
        .merge(page::routes())
        .with_state(state)
}

/// The routes behind their layers: all that is needed to serve the web channel alone.
pub fn router(state: WebState) -> Router {
    let outer = state.clone();
    harden(routes(state), &outer)
}
