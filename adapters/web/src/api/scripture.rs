//! GET /v1/scripture/{reference}

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::IntoResponse,
};
use muykol_core::{
    scripture::{ScriptureError, TranslationId},
    words::Block,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{history, schema},
    problem::{Problem, sentence},
    state::WebState,
};

/// In which translation.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The translation, by short name; the church's own if not given.
    translation: Option<String>,
}

/// A passage, word for word from a held text.
#[utoipa::path(
    get,
    path = "/v1/scripture/{reference}",
    tag = "scripture",
    security(()),
    params(("reference" = String, Path, description = "The passage: “Phil 4:6-7”", example = "Phil 4:6-7"), Which),
    responses(
        (status = 200, description = "The passage", body = schema::Block),
        (status = 400, description = "A parameter cannot be read", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "Not a reference, or no such passage or translation", body = schema::Problem, content_type = "application/problem+json"),
        (status = 422, description = "Too long a passage", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn passage(
    State(state): State<WebState>,
    Path(reference): Path<String>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Query(which) = which.map_err(|rejection| history::unreadable(&rejection))?;
    if reference.chars().count() > 100 {
        return Err(Problem::field(
            "reference",
            "A reference has at most 100 characters.",
        ));
    }
    let translation = which
        .translation
        .unwrap_or_else(|| state.config().translation.clone());
    let passage = state
        .seams()
        .library
        .search_reference(&reference, &TranslationId(translation))
        .map_err(|error| explain(&error))?;
    // Held texts change with a release only.
    Ok((
        [(header::CACHE_CONTROL, "public, max-age=3600")],
        Json(Block::from(passage)),
    ))
}

fn explain(error: &ScriptureError) -> Problem {
    let detail = sentence(&error.to_string());
    match error {
        ScriptureError::Reference(_) => {
            Problem::new(StatusCode::NOT_FOUND, "no-such-passage", detail).at("reference")
        }
        ScriptureError::NotInTranslation { .. } => {
            Problem::new(StatusCode::NOT_FOUND, "not-in-translation", detail).at("reference")
        }
        ScriptureError::UnknownTranslation { .. } => {
            Problem::new(StatusCode::NOT_FOUND, "no-such-translation", detail).at("translation")
        }
        ScriptureError::TooLong { .. } => Problem::field("reference", detail),
    }
}
