//! GET /v1/privacy/export and DELETE /v1/privacy/data

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use muykol_core::seams::Erased;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    api::{
        auth::Caller,
        history::{self, Message},
        schema,
    },
    problem::Problem,
    state::WebState,
    time,
};

/// Everything held of a person.
#[derive(Serialize, ToSchema)]
pub(crate) struct Export {
    /// When it was drawn up, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    exported_at: String,
    /// The settings and state; null for somebody of whom nothing is held.
    #[schema(value_type = Option<Object>)]
    profile: Option<Value>,
    /// Every line, oldest first.
    #[schema(value_type = Vec<schema::Message>)]
    messages: Vec<Message>,
}

/// What an erasure removed, and what it could not.
#[derive(Serialize, ToSchema)]
pub(crate) struct Receipt {
    /// When, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    erased_at: String,
    /// How much of each kind was removed.
    erased: Removed,
    /// What is left, in plain words.
    kept: Vec<&'static str>,
}

/// Counts of what was removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Removed {
    /// Lines of history.
    entries: u64,
    /// Messages not yet answered.
    waiting: u64,
    /// Replies not yet sent.
    effects: u64,
    /// Addresses.
    addresses: u64,
}

/// What survives an erasure; docs/privacy.md names the same.
const KEPT: &str = "Keyed hashes, from which no message, name or address can be read: so that a \
                    message delivered twice is not answered again (they expire), and so that \
                    restoring an older backup erases you again.";

/// Everything held of the person, as a file.
#[utoipa::path(
    get,
    path = "/v1/privacy/export",
    tag = "privacy",
    responses(
        (status = 200, description = "Everything held", body = Export),
        (status = 401, description = "No session", body = schema::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot be reached", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export(
    State(state): State<WebState>,
    Caller(visitor): Caller,
) -> Result<Response, Problem> {
    let held = match history::person_of(&state, &visitor).await? {
        None => None,
        Some(person) => state
            .seams()
            .people
            .export(&person)
            .await
            .map_err(|_| Problem::store_down())?,
    };
    let (profile, entries) = held.map_or((None, Vec::new()), |(profile, entries)| {
        (Some(json!(profile)), entries)
    });
    let export = Export {
        exported_at: time::rfc3339(state.now()),
        profile,
        messages: entries.into_iter().map(Message::from).collect(),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"muykol-export.json\""),
    );
    Ok((headers, Json(export)).into_response())
}

/// Erases everything held of the person, this session with it.
#[utoipa::path(
    delete,
    path = "/v1/privacy/data",
    tag = "privacy",
    responses(
        (status = 200, description = "What was erased, and what is left", body = Receipt),
        (status = 401, description = "No session", body = schema::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot be reached", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn erase(
    State(state): State<WebState>,
    Caller(visitor): Caller,
) -> Result<impl IntoResponse, Problem> {
    let now = state.now();
    let erased = match history::person_of(&state, &visitor).await? {
        None => Erased::default(),
        Some(person) => state
            .seams()
            .people
            .erase(&person, now)
            .await
            .map_err(|_| Problem::store_down())?,
    };
    state.desk().forget(&visitor.token_hash);
    let receipt = Receipt {
        erased_at: time::rfc3339(now),
        erased: Removed {
            entries: erased.entries,
            waiting: erased.waiting,
            effects: erased.effects,
            addresses: erased.addresses,
        },
        kept: vec![KEPT],
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(receipt)))
}
