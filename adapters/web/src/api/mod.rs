//! The JSON and SSE interface under `/v1`.

mod auth;
mod body;
mod events;
pub(crate) mod feedback;
pub(crate) mod history;
mod me;
pub(crate) mod messages;
pub(crate) mod openapi;
mod privacy;
mod schema;
mod scripture;
pub(crate) mod session;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::WebState;

/// The routes and the document that describes them; a route cannot be in one and not the other.
pub(crate) fn routes(_state: &WebState) -> (Router<WebState>, OpenApi) {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(session::open))
        .routes(routes!(messages::post, history::list))
        .routes(routes!(events::follow))
        .routes(routes!(feedback::rate))
        .routes(routes!(me::show, me::change))
        .routes(routes!(privacy::export))
        .routes(routes!(privacy::erase))
        .routes(routes!(scripture::passage))
        .split_for_parts()
}
