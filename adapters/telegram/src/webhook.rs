//! `POST /webhooks/telegram`: Telegram is acknowledged once a message is on disk, and gets an
//! error when it is not, so that it delivers again.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use muykol_core::path::Door;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use crate::{incoming::Update, settings::Mode, telegram::Telegram};

/// The largest update that is read, in bytes. Telegram's are a few kilobytes.
const BODY_LIMIT: usize = 1 << 20;

#[derive(Clone)]
struct Held {
    telegram: Arc<Telegram>,
    door: Arc<dyn Door>,
}

impl Telegram {
    /// The webhook's route; empty when polling.
    pub fn routes(self: &Arc<Self>, door: Arc<dyn Door>) -> Router {
        match self.settings().mode {
            Mode::Poll => Router::new(),
            Mode::Webhook { .. } => Router::new()
                .route("/webhooks/telegram", post(receive))
                .layer(DefaultBodyLimit::max(BODY_LIMIT))
                .with_state(Held {
                    telegram: self.clone(),
                    door,
                }),
        }
    }

    fn is_telegram(&self, headers: &HeaderMap) -> bool {
        let Mode::Webhook { secret, .. } = &self.settings().mode else {
            return false;
        };
        let shown = headers
            .get("x-telegram-bot-api-secret-token")
            .map_or(&b""[..], |value| value.as_bytes());
        // A missing secret never starts, and an empty one never matches.
        !secret.0.is_empty() && bool::from(shown.ct_eq(secret.0.as_bytes()))
    }
}

async fn receive(State(held): State<Held>, headers: HeaderMap, body: Bytes) -> Response {
    if !held.telegram.is_telegram(&headers) {
        return problem(
            StatusCode::UNAUTHORIZED,
            "the secret token is missing or wrong",
        );
    }
    let Ok(update) = serde_json::from_slice::<Update<'_>>(&body) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "the body is not an update of the Bot API",
        );
    };
    if held
        .telegram
        .take(held.telegram.hear(&update), held.door.as_ref())
        .await
    {
        StatusCode::OK.into_response()
    } else {
        problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "the message could not be stored: deliver it again",
        )
    }
}

/// RFC 9457.
fn problem(status: StatusCode, detail: &str) -> Response {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": detail,
    });
    (
        status,
        [(CONTENT_TYPE, "application/problem+json")],
        Json(body),
    )
        .into_response()
}
