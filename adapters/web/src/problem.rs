//! Errors as RFC 9457 problem details.

use std::time::Duration;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use muykol_core::words::Block;
use serde::Serialize;

/// What went wrong, for whoever called: what it was and how to mend it, never what was inside.
///
/// As a response it carries itself along, so that [`crate::harden`] can add the request's id, or
/// make a page of it for a browser.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<Details>);

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Details {
    /// What sort of problem, as a URI that stays the same: `urn:muykol:problem:too-long`.
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Vec<Block>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Problem {
    /// A problem: its status, its kind (a short name that never changes) and one plain sentence
    /// that says what is wrong and how to mend it.
    pub fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind: format!("urn:muykol:problem:{kind}"),
            title: title(status).to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            field: None,
            retry_after_seconds: None,
            resources: None,
            request_id: None,
        }))
    }

    /// The problem that stands for a bare status, where somebody else answered without words.
    pub fn of_status(status: StatusCode) -> Self {
        let (kind, detail) = match status {
            StatusCode::NOT_FOUND => ("not-found", "There is nothing at this address."),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method-not-allowed",
                "This address does not take this method; the Allow header names those it takes.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "The request is too large."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "unsupported-media-type",
                "The content type is not one this address reads.",
            ),
            _ if status.is_server_error() => (
                "unavailable",
                "Something failed on our side. Please try again in a moment.",
            ),
            _ => ("refused", "The request was refused."),
        };
        Self::new(status, kind, detail)
    }

    /// The store cannot be reached: come back soon.
    pub(crate) fn store_down() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store-unavailable",
            "Nothing can be read or kept at the moment. Please try again in a few seconds.",
        )
        .after(Duration::from_secs(5))
    }

    /// The bearer is missing, forged, ended or erased.
    pub(crate) fn no_session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "no-session",
            "There is no such session, or it has ended. Open one with POST /v1/sessions and send \
             its token as “Authorization: Bearer …”.",
        )
    }

    /// A field that cannot be taken.
    pub(crate) fn field(field: &str, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-field", detail);
        problem.0.field = Some(field.to_owned());
        problem
    }

    /// Names the field that is at fault.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Says when to come back, in whole seconds and at least one.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        let rounded_up = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.0.retry_after_seconds = Some(rounded_up.max(1));
        self
    }

    /// Puts real help beside the error.
    pub(crate) fn with_resources(mut self, resources: Option<Vec<Block>>) -> Self {
        self.0.resources = resources;
        self
    }

    /// Names the request, so that a report of it can be found in the log.
    pub(crate) fn in_request(mut self, id: &str) -> Self {
        self.0.request_id = Some(id.to_owned());
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn title(&self) -> &str {
        &self.0.title
    }

    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    pub(crate) fn resources(&self) -> Option<&[Block]> {
        self.0.resources.as_deref()
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The headers that go with it whatever form its body takes.
    pub(crate) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::new();
        if let Some(seconds) = self.0.retry_after_seconds {
            headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.push((header::WWW_AUTHENTICATE, scheme));
        }
        headers
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> String {
        // Strings, numbers and blocks always serialise; the fallback is still a valid document.
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (
            self.status(),
            [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ],
            self.json(),
        )
            .into_response();
        response.headers_mut().extend(self.headers());
        response.extensions_mut().insert(self);
        response
    }
}

/// Words of an error as a sentence: a capital first, a full stop last.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let rest = letters.as_str().trim_end_matches('.');
    format!("{}{rest}.", first.unwrap_or_default())
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "The request cannot be read",
        StatusCode::UNAUTHORIZED => "No session",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::METHOD_NOT_ALLOWED => "Method not allowed",
        StatusCode::CONFLICT => "Conflict",
        StatusCode::PAYLOAD_TOO_LARGE => "Too large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "Unsupported content type",
        StatusCode::UNPROCESSABLE_ENTITY => "A value cannot be taken",
        StatusCode::TOO_MANY_REQUESTS => "A little too often",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "Headers too large",
        StatusCode::SERVICE_UNAVAILABLE => "Not available right now",
        status if status.is_server_error() => "Something went wrong",
        _ => "Refused",
    }
}
