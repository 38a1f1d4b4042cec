//! POST /v1/chat/messages/{id}/feedback

use axum::{
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode},
};
use muykol_core::{seams::Feedback, words::EntryId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{auth::Caller, body, history, messages, schema},
    problem::Problem,
    sessions::Visitor,
    state::WebState,
};

/// What somebody says of a reply; at least one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Feedback)]
pub(crate) struct NewFeedback {
    /// 1 (did not help) to 5 (helped much).
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<u8>,
    /// "This was wrong."
    wrong: Option<bool>,
    /// In their words, at most 2,000 characters.
    #[schema(max_length = 2000)]
    comment: Option<String>,
}

impl NewFeedback {
    fn checked(self) -> Result<Feedback, Problem> {
        let feedback = Feedback {
            rating: self.rating,
            wrong: self.wrong.unwrap_or(false),
            comment: self.comment.filter(|comment| !comment.trim().is_empty()),
        };
        if feedback
            .rating
            .is_some_and(|rating| !(1..=5).contains(&rating))
        {
            return Err(Problem::field("rating", "A rating is 1 to 5."));
        }
        if feedback
            .comment
            .as_deref()
            .is_some_and(|comment| comment.chars().count() > 2000)
        {
            return Err(Problem::field(
                "comment",
                "A comment has at most 2,000 characters.",
            ));
        }
        if feedback.rating.is_none() && !feedback.wrong && feedback.comment.is_none() {
            return Err(Problem::field(
                "rating",
                "Send a rating, “wrong” or a comment.",
            ));
        }
        Ok(feedback)
    }
}

/// Keeps feedback on a reply of this visitor's.
pub(crate) async fn keep(
    state: &WebState,
    visitor: &Visitor,
    id: &str,
    feedback: Feedback,
) -> Result<(), Problem> {
    let not_found = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "no-such-reply",
            "There is no such reply to you.",
        )
    };
    if !history::is_id(id) {
        return Err(not_found());
    }
    let person = history::person_of(state, visitor)
        .await?
        .ok_or_else(not_found)?;
    let kept = state
        .seams()
        .history
        .rate(&person, &EntryId::from(id), feedback, state.now())
        .await
        .map_err(|_| Problem::store_down())?;
    if kept { Ok(()) } else { Err(not_found()) }
}

/// Says how a reply was. A second time replaces the first.
#[utoipa::path(
    post,
    path = "/v1/chat/messages/{id}/feedback",
    tag = "chat",
    params(("id" = String, Path, description = "The id of the reply")),
    request_body = NewFeedback,
    responses(
        (status = 204, description = "Kept"),
        (status = 400, description = "The body cannot be read", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = schema::Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such reply to this person", body = schema::Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be taken", body = schema::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot be reached", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn rate(
    State(state): State<WebState>,
    Caller(visitor): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let body = body.map_err(|rejection| messages::unread(&rejection, state.config().body_limit))?;
    let feedback: NewFeedback = body::json(&headers, &body)?;
    keep(&state, &visitor, &id, feedback.checked()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
