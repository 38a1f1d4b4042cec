//! The id that ties a response to its log lines.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// `x-request-id`.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The correlation id of a request; an extension of every request behind [`crate::harden`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id the caller sent, if it is 8 to 64 letters, digits, `.`, `_` or `-`; else a new one.
    /// Anything longer or stranger could smuggle content into the log.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let sent = headers
            .get(X_REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|id| {
                (8..=64).contains(&id.len())
                    && id
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            });
        Self(sent.map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}
