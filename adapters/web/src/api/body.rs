//! Reading a JSON body strictly: whatever is wrong with it is named.

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::error::Category;

use crate::problem::Problem;

/// The body as `T`.
pub(crate) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Problem> {
    if !is_json(headers) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "Send the body as JSON, with “Content-Type: application/json”.",
        ));
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        bad_request(format!(
            "The body is not UTF-8: byte {} is wrong.",
            error.valid_up_to()
        ))
    })?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        explain(error.inner(), &path)
    })?;
    reader.end().map_err(|error| explain(&error, "."))?;
    Ok(value)
}

fn explain(error: &serde_json::Error, path: &str) -> Problem {
    let position = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Data => {
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            let problem = bad_request(format!("The JSON does not fit: {words} ({position})."));
            if path == "." {
                problem
            } else {
                problem.at(path)
            }
        }
        Category::Eof => bad_request(format!("The JSON ends too early ({position}).")),
        Category::Syntax | Category::Io => {
            bad_request(format!("The JSON is broken at {position}."))
        }
    }
}

fn bad_request(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad-request", detail)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
    else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
        || (kind.to_ascii_lowercase().starts_with("application/") && kind.ends_with("+json"))
}

#[allow(clippy::option_option)] // absent, null and a value are three things
/// Tells a field that is absent (`None`) from one that is null (`Some(None)`).
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
