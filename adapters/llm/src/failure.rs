//! What went wrong, for whom, and what it says about the server.

use std::time::{Duration, SystemTime};

use muykol_core::seams::ModelError;
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};

use crate::{breaker::Sign, response::error_code};

/// An error, and what it tells the circuit breaker.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: ModelError,
    pub(crate) sign: Sign,
}

impl Failure {
    /// The server failed.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self {
            error: ModelError::Unavailable(detail.into()),
            sign: Sign::Fails,
        }
    }

    /// The server works and could not answer this one request.
    pub(crate) fn this_time(detail: impl Into<String>) -> Self {
        Self {
            error: ModelError::Unavailable(detail.into()),
            sign: Sign::Works,
        }
    }

    pub(crate) fn timeout(limit: Duration) -> Self {
        Self {
            error: ModelError::Timeout(limit),
            sign: Sign::Fails,
        }
    }

    /// The request could not be sent or its answer not be received. The error's own text is kept
    /// back: it may name the address with a key in it.
    pub(crate) fn transport(error: &reqwest::Error, connect_timeout: Duration) -> Self {
        if error.is_connect() && error.is_timeout() {
            Self::timeout(connect_timeout)
        } else if error.is_connect() {
            Self::unavailable("no connection could be made")
        } else {
            Self::unavailable("the connection broke")
        }
    }

    /// The server answered with an error status.
    pub(crate) fn status(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let code = error_code(body);
        let detail = match &code {
            Some(code) => format!("{} {code}", status.as_u16()),
            None => status.as_u16().to_string(),
        };
        let code = code.as_deref().unwrap_or_default();
        match status.as_u16() {
            // OpenAI says 429 to an empty purse as well; waiting does not fill it.
            429 if code.starts_with("insufficient_quota") => Self::refused(detail),
            429 => {
                let retry_after = retry_after(headers, SystemTime::now());
                Self {
                    error: ModelError::Throttled { retry_after },
                    sign: retry_after.map_or(Sign::Fails, Sign::Pause),
                }
            }
            400 if concerns_the_text(code) => Self::this_time(detail),
            408 => Self::unavailable(detail),
            413 => Self::this_time(detail),
            300..500 => Self::refused(detail),
            _ => Self::unavailable(detail),
        }
    }

    fn refused(detail: String) -> Self {
        Self {
            error: ModelError::Refused(detail),
            sign: Sign::Refuses,
        }
    }
}

/// Whether a 400 is about what was written and not about how we ask: what one person wrote must
/// not open the circuit for all. (Azure OpenAI filters with a 400; a context too long is one.)
fn concerns_the_text(code: &str) -> bool {
    [
        "content_filter",
        "content_policy_violation",
        "context_length_exceeded",
    ]
    .iter()
    .any(|known| code.starts_with(known))
}

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Failure {
        let status = StatusCode::from_u16(status).unwrap();
        Failure::status(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn each_status_has_its_error() {
        let refused = |detail: &str| ModelError::Refused(detail.to_owned());
        let unavailable = |detail: &str| ModelError::Unavailable(detail.to_owned());
        for (status, body, error, sign) in [
            (
                400,
                r#"{"error":{"code":"unsupported_parameter","param":"max_tokens"}}"#,
                refused("400 unsupported_parameter (max_tokens)"),
                Sign::Refuses,
            ),
            (
                400,
                r#"{"error":{"code":"content_filter"}}"#,
                unavailable("400 content_filter"),
                Sign::Works,
            ),
            (
                400,
                r#"{"error":{"code":"context_length_exceeded","param":"messages"}}"#,
                unavailable("400 context_length_exceeded (messages)"),
                Sign::Works,
            ),
            (
                401,
                r#"{"error":{"message":"bad key sk-1","code":"invalid_api_key"}}"#,
                refused("401 invalid_api_key"),
                Sign::Refuses,
            ),
            (403, "", refused("403"), Sign::Refuses),
            (
                404,
                r#"{"error":"model 'x' not found"}"#,
                refused("404"),
                Sign::Refuses,
            ),
            (302, "", refused("302"), Sign::Refuses),
            (
                429,
                r#"{"error":{"code":"insufficient_quota"}}"#,
                refused("429 insufficient_quota"),
                Sign::Refuses,
            ),
            (
                429,
                r#"{"error":{"code":429}}"#,
                ModelError::Throttled { retry_after: None },
                Sign::Fails,
            ),
            (500, "<html>", unavailable("500"), Sign::Fails),
            (
                503,
                r#"{"error":{"type":"overloaded"}}"#,
                unavailable("503 overloaded"),
                Sign::Fails,
            ),
            (
                503,
                r#"{"error":{"type":"what a person wrote"}}"#,
                unavailable("503"),
                Sign::Fails,
            ),
        ] {
            let failure = of(status, body);
            assert_eq!(
                (failure.error, failure.sign),
                (error, sign),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_pause_is_read_in_seconds_and_as_a_date() {
        let read = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
            retry_after(&headers, now)
        };
        assert_eq!(read("20"), Some(Duration::from_secs(20)));
        assert_eq!(read("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(
            read("Sun, 06 Nov 1994 08:50:07 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        for nonsense in ["-1", "soon", "NaN", "1e300", ""] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
