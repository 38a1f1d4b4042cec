//! A method's arguments, however they were sent: JSON, urlencoded, multipart or in the query.

use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request},
    http::header::CONTENT_TYPE,
};
use serde_json::{Map, Value};

/// The largest request that is read, in bytes.
const BODY_LIMIT: usize = 1 << 22;

/// The arguments by name.
#[derive(Debug, Default)]
pub(crate) struct Args(pub(crate) Map<String, Value>);

impl Args {
    /// Reads them off a request.
    ///
    /// # Errors
    /// The description that follows "Bad Request: ".
    pub(crate) async fn read(request: Request) -> Result<Self, String> {
        let mut args = Self::from_form(request.uri().query().unwrap_or_default());
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if kind.starts_with("multipart/form-data") {
            let mut parts = Multipart::from_request(request, &())
                .await
                .map_err(|_| "can't parse multipart/form-data".to_owned())?;
            while let Ok(Some(part)) = parts.next_field().await {
                let name = part.name().unwrap_or_default().to_owned();
                args.0
                    .insert(name, Value::String(part.text().await.unwrap_or_default()));
            }
            return Ok(args);
        }
        let body: Bytes = axum::body::to_bytes(request.into_body(), BODY_LIMIT)
            .await
            .map_err(|_| "can't read the request".to_owned())?;
        if body.is_empty() {
            return Ok(args);
        }
        if kind.starts_with("application/json") {
            let object = serde_json::from_slice::<Map<String, Value>>(&body)
                .map_err(|_| "can't parse JSON object".to_owned())?;
            args.0.extend(object);
        } else {
            let body = std::str::from_utf8(&body)
                .map_err(|_| "strings must be encoded in UTF-8".to_owned())?;
            args.0.extend(Self::from_form(body).0);
        }
        Ok(args)
    }

    fn from_form(form: &str) -> Self {
        let pairs = form.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(name), Value::String(percent_decoded(value)))
        });
        Self(pairs.collect())
    }

    /// The argument as text; empty if it was not given.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    /// The argument as a whole number; 0 if it is none.
    pub(crate) fn int(&self, name: &str) -> i64 {
        match self.0.get(name) {
            Some(Value::Number(number)) => number.as_i64().unwrap_or(0),
            Some(Value::String(text)) => text.trim().parse().unwrap_or(0),
            _ => 0,
        }
    }

    /// The argument as yes or no.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(
            self.text(name).to_ascii_lowercase().as_str(),
            "true" | "yes" | "1"
        )
    }

    /// The argument as JSON, also if it was sent as a string of JSON.
    ///
    /// # Errors
    /// If the string is not JSON.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, serde_json::Error> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some),
            Some(other) => Ok(Some(other.clone())),
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |index: usize| {
            tail.get(index)
                .and_then(|byte| (*byte as char).to_digit(16))
        };
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = &tail[2..];
            }
            (b'+', ..) => {
                bytes.push(b' ');
                rest = tail;
            }
            (other, ..) => {
                bytes.push(*other);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded() {
        let args = Args::from_form("text=a+b%26%C3%A9&chat_id=-5&flag=true&json=%5B1%5D");
        assert_eq!(args.text("text"), "a b&é");
        assert_eq!(args.int("chat_id"), -5);
        assert!(args.flag("flag"));
        assert_eq!(args.json("json").unwrap(), Some(serde_json::json!([1])));
    }
}
