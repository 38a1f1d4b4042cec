//! The chat page: forms and links, no JavaScript. It works with everything else switched off.

mod actions;
mod assets;
mod cookie;
mod render;
mod show;
mod view;

use axum::{
    Router,
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};

use crate::{problem::Problem, state::WebState};

/// The page, its forms and its files.
pub(crate) fn routes() -> Router<WebState> {
    Router::new()
        .route("/", get(show::show))
        .route("/chat", post(actions::say))
        .route("/feedback", post(actions::rate))
        .route("/leave", post(actions::leave))
        .route("/assets/{file}", get(assets::serve))
}

/// An error as a page, with help at hand.
pub(crate) fn problem_page(problem: &Problem, state: &WebState) -> Response {
    render::page(
        problem.status(),
        &HeaderMap::new(),
        &view::ProblemPage::new(problem, state),
    )
}
