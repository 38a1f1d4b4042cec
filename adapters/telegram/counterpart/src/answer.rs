//! What the Bot API answers.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// An error as Telegram words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status and `error_code`.
    pub(crate) code: u16,
    /// The description.
    pub(crate) description: String,
    /// `retry_after` or `migrate_to_chat_id`.
    pub(crate) parameter: Option<(&'static str, i64)>,
}

impl Refusal {
    pub(crate) fn new(code: u16, description: impl Into<String>) -> Self {
        Self {
            code,
            description: description.into(),
            parameter: None,
        }
    }

    /// A 400 with this after "Bad Request: ".
    pub(crate) fn bad(problem: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", problem.as_ref()))
    }

    pub(crate) fn blocked() -> Self {
        Self::new(403, "Forbidden: bot was blocked by the user")
    }

    pub(crate) fn deactivated() -> Self {
        Self::new(403, "Forbidden: user is deactivated")
    }

    pub(crate) fn retry_after(seconds: u64) -> Self {
        Self {
            code: 429,
            description: format!("Too Many Requests: retry after {seconds}"),
            parameter: Some(("retry_after", i64::try_from(seconds).unwrap_or(i64::MAX))),
        }
    }

    pub(crate) fn migrated(to: i64) -> Self {
        Self {
            code: 400,
            description: "Bad Request: group chat was upgraded to a supergroup chat".into(),
            parameter: Some(("migrate_to_chat_id", to)),
        }
    }
}

/// What a method gives.
pub(crate) type Answer = Result<Value, Refusal>;

/// The answer over HTTP.
pub(crate) fn respond(answer: Answer) -> Response {
    let (status, body) = match answer {
        Ok(result) => (StatusCode::OK, json!({"ok": true, "result": result})),
        Err(refusal) => {
            let mut body = json!({
                "ok": false,
                "error_code": refusal.code,
                "description": refusal.description,
            });
            if let Some((name, value)) = refusal.parameter {
                body["parameters"] = json!({ name: value });
            }
            let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::BAD_REQUEST);
            (status, body)
        }
    };
    (status, axum::Json(body)).into_response()
}
