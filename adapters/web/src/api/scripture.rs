//! GET /v1/scripture/{reference}

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{history, schema},
    problem::Problem,
    scripture::ScriptureProblem,
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
        (status = 404, description = "No such passage or translation", body = schema::Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a reference, or too long a passage", body = schema::Problem, content_type = "application/problem+json"),
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
    let block = state
        .seams()
        .scripture
        .passage(&reference, which.translation.as_deref())
        .map_err(|problem| explain(&problem, &state))?;
    // Held texts change with a release only.
    Ok((
        [(header::CACHE_CONTROL, "public, max-age=3600")],
        Json(block),
    ))
}

fn explain(problem: &ScriptureProblem, state: &WebState) -> Problem {
    let words = problem.to_string();
    match problem {
        ScriptureProblem::NotAReference(_) | ScriptureProblem::TooLong(_) => {
            Problem::field("reference", words + ".")
        }
        ScriptureProblem::NoSuchPassage(_) => {
            Problem::new(StatusCode::NOT_FOUND, "no-such-passage", words + ".")
        }
        ScriptureProblem::NoSuchTranslation(_) => Problem::new(
            StatusCode::NOT_FOUND,
            "no-such-translation",
            format!(
                "{words}; held are: {}.",
                state.seams().scripture.translations().join(", ")
            ),
        )
        .at("translation"),
    }
}
