//! Scripts as the bytes that go over the wire, made once and not for each request.

use std::{convert::Infallible, io};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use crate::script::{Behaviour, Script};

/// A script, ready to be sent many times.
pub(crate) struct Prepared {
    script: Script,
    frames: Vec<Bytes>,
    whole: Bytes,
    assessment: Bytes,
}

impl Prepared {
    pub(crate) fn new(script: Script) -> Self {
        Self {
            frames: frames(&script),
            whole: completion(script.text()),
            assessment: completion(&script.assessment),
            script,
        }
    }

    /// The answer to one request.
    pub(crate) async fn respond(&self, streamed: bool, wants_json: bool) -> Response {
        let first_token = Duration::from_millis(self.script.first_token_ms);
        match self.script.behaviour {
            Behaviour::Hangs => std::future::pending().await,
            Behaviour::BadRequest => self.refusal(StatusCode::BAD_REQUEST),
            Behaviour::Unauthorized => self.refusal(StatusCode::UNAUTHORIZED),
            Behaviour::NotFound => self.refusal(StatusCode::NOT_FOUND),
            Behaviour::TooManyRequests => self.refusal(StatusCode::TOO_MANY_REQUESTS),
            Behaviour::ServerError => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "<html>Internal Server Error</html>",
            )
                .into_response(),
            _ if wants_json => {
                wait(first_token).await;
                json_body(self.assessment.clone())
            }
            Behaviour::NotStreamed => {
                wait(first_token).await;
                json_body(self.whole.clone())
            }
            _ if !streamed => {
                wait(first_token).await;
                json_body(self.whole.clone())
            }
            _ => self.stream(first_token),
        }
    }

    fn stream(&self, first_token: Duration) -> Response {
        let frames = paced(
            self.frames.clone(),
            first_token,
            Duration::from_millis(self.script.piece_ms),
        );
        let body = match self.script.behaviour {
            Behaviour::BreaksOff => Body::from_stream(frames.map(Ok).chain(stream::once(async {
                // What was written before has left by then.
                wait(Duration::from_millis(20)).await;
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            }))),
            Behaviour::Stalls => unbroken(frames.chain(stream::pending())),
            Behaviour::OnlyComments => unbroken(stream::unfold((), |()| async {
                wait(Duration::from_millis(5)).await;
                Some((Bytes::from_static(b": still here\n\n"), ()))
            })),
            Behaviour::Endless => unbroken(stream::repeat(piece(&"word ".repeat(200)))),
            _ => unbroken(frames),
        };
        ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
    }

    fn refusal(&self, status: StatusCode) -> Response {
        let code = self.script.code.as_deref().unwrap_or("stub_refusal");
        // Real servers quote keys and prompts here: nothing of it may reach a log.
        let body = json!({"error": {
            "message": "PRIVATE: you sent the key sk-secret and the text 'hello'",
            "type": "stub_error", "param": null, "code": code,
        }});
        let mut response = (status, axum::Json(body)).into_response();
        if let Some(value) = self
            .script
            .retry_after
            .as_deref()
            .and_then(|value| HeaderValue::from_str(value).ok())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

fn json_body(body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn unbroken(frames: impl Stream<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(frames.map(Ok::<_, Infallible>))
}

/// Tokio rounds a sleep up to the next millisecond; none at all is really none.
async fn wait(duration: Duration) {
    if !duration.is_zero() {
        sleep(duration).await;
    }
}

fn paced(frames: Vec<Bytes>, first: Duration, each: Duration) -> impl Stream<Item = Bytes> + Send {
    stream::iter(frames)
        .enumerate()
        .then(move |(index, frame)| async move {
            wait(if index == 0 { first } else { each }).await;
            frame
        })
}

fn frames(script: &Script) -> Vec<Bytes> {
    let pieces = pieces(script.text(), script.pieces);
    let half = pieces.len().div_ceil(2);
    let mut frames: Vec<Bytes> = pieces.iter().map(|text| piece(text)).collect();
    let done = Bytes::from_static(b"data: [DONE]\n\n");
    match script.behaviour {
        Behaviour::BreaksOff | Behaviour::EndsEarly | Behaviour::Stalls => frames.truncate(half),
        Behaviour::FailsMidway => {
            frames.truncate(half);
            frames.push(event(&json!({"error": {
                "message": "PRIVATE: overloaded", "type": "server_error", "code": "overloaded",
            }})));
        }
        Behaviour::InvalidUtf8 => frames.push(Bytes::from_static(
            b"data: {\"choices\":[{\"delta\":{\"content\":\"\xff\xfe\"}}]}\n\n",
        )),
        Behaviour::BrokenJson => frames.push(Bytes::from_static(b"data: {\"choices\":[{\n\n")),
        Behaviour::OutOfTokens => frames.extend([finish("length"), usage(), done]),
        Behaviour::Filtered => frames.extend([finish("content_filter"), done]),
        Behaviour::NoUsage => frames.extend([finish("stop"), done]),
        Behaviour::NoDone => frames.extend([finish("stop"), usage()]),
        _ => frames.extend([finish("stop"), usage(), done]),
    }
    frames
}

/// The text in about `count` pieces, cut after spaces and line breaks.
fn pieces(text: &str, count: usize) -> Vec<String> {
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    words
        .chunks(words.len().div_ceil(count.max(1)).max(1))
        .map(<[&str]>::concat)
        .collect()
}

fn event(body: &Value) -> Bytes {
    Bytes::from(format!("data: {body}\n\n"))
}

fn chunk(choices: &Value, usage: &Value) -> Bytes {
    event(&json!({
        "id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": "stub", "choices": choices, "usage": usage,
    }))
}

fn piece(text: &str) -> Bytes {
    chunk(
        &json!([{"index": 0, "delta": {"content": text}, "finish_reason": null}]),
        &Value::Null,
    )
}

fn finish(reason: &str) -> Bytes {
    chunk(
        &json!([{"index": 0, "delta": {}, "finish_reason": reason}]),
        &Value::Null,
    )
}

fn usage() -> Bytes {
    chunk(&json!([]), &spent())
}

fn spent() -> Value {
    json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150})
}

fn completion(text: &str) -> Bytes {
    Bytes::from(
        json!({
            "id": "chatcmpl-stub", "object": "chat.completion", "created": 1_700_000_000,
            "model": "stub",
            "choices": [{
                "index": 0, "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }],
            "usage": spent(),
        })
        .to_string(),
    )
}
