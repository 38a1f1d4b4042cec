//! POST /v1/chat/messages

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use muykol_core::{
    seams::Event,
    words::{InboundId, PersonId, Reply},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::{
    api::{auth, body, schema},
    chat::{self, Answer, Progress, ReplyWatch, Said, Saying},
    harden,
    problem::Problem,
    request_id::RequestId,
    sessions::{Lookup, Visitor},
    state::WebState,
};

/// How long a stream waits for its reply before it says where to look.
const STREAM_WAIT: Duration = Duration::from_secs(120);
/// How often a quiet stream says that it lives.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(15);

/// A message: either `text` or `choice`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMessage)]
pub(crate) struct NewMessage {
    /// What was written, 1 to 8,000 characters. Words after a slash are a command:
    /// `/verse John 3:16`.
    #[schema(min_length = 1, max_length = 8000)]
    text: Option<String>,
    /// The id of a choice that was offered.
    #[schema(min_length = 1, max_length = 48)]
    choice: Option<String>,
    /// The client's own id of the message, 1 to 128 visible ASCII characters, best a UUID. The
    /// same message sent again under the same id gets the same reply and is not said twice.
    #[schema(min_length = 1, max_length = 128)]
    client_id: String,
}

impl NewMessage {
    fn saying(&self) -> Result<Saying, Problem> {
        chat::check_client_id(&self.client_id)?;
        let saying = match (&self.text, &self.choice) {
            (Some(text), None) => Saying::written(text),
            (None, Some(id)) => Saying::Choice(id.clone()),
            (None, None) => return Err(Problem::field("text", "Send a text or a choice.")),
            (Some(_), Some(_)) => {
                return Err(Problem::field(
                    "choice",
                    "Send a text or a choice, not both.",
                ));
            }
        };
        saying.check()?;
        Ok(saying)
    }
}

/// Takes a message and gives its reply, as JSON or, for `Accept: text/event-stream`, as events:
/// `accepted`, `delta` (a checked piece of what is being written), `reply`, `error`.
///
/// A message in danger is answered even while nothing can be stored: the reply then carries
/// `"stored": false`. A message that erases its sender is answered with a receipt, in no history
/// and under the id of the message; the session has then ended.
#[utoipa::path(
    post,
    path = "/v1/chat/messages",
    tag = "chat",
    request_body = NewMessage,
    responses(
        (status = 200, description = "The reply; as events if asked for", content(
            (schema::Reply = "application/json"),
            (String = "text/event-stream"),
        )),
        (status = 202, description = "It is kept; the reply is still being written", body = Accepted,
            headers(("location" = String, description = "Where the reply will be"))),
        (status = 400, description = "The body cannot be read", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session; if the text speaks of danger, with resources", body = schema::Problem, content_type = "application/problem+json"),
        (status = 409, description = "The client_id was used for another message", body = schema::Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = schema::Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = schema::Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be taken", body = schema::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The message could not be kept; send it again", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    State(state): State<WebState>,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|rejection| unread(&rejection, state.config().body_limit))?;
    let message: NewMessage = body::json(&headers, &body)?;
    let words = message.text.as_deref().unwrap_or_default();
    let in_care = |problem| chat::in_care(&state, problem, words);
    let saying = message.saying().map_err(in_care)?;
    let token = auth::bearer(&headers).ok_or_else(|| in_care(Problem::no_session()))?;
    let visitor = match state.desk().find(&token).await {
        // While the store cannot say, the door is asked all the same: it knows how to answer
        // danger without one.
        Lookup::Known(visitor) | Lookup::StoreDown(visitor) => visitor,
        Lookup::Unknown => return Err(in_care(Problem::no_session())),
    };
    let inbound = chat::inbound(
        &visitor,
        &saying,
        chat::provider_id(&visitor, &message.client_id),
        &headers,
        state.now(),
    );
    let streamed = wants_events(&headers);
    match chat::say(&state, inbound).await? {
        Said::Unstored(reply) if streamed => Ok(one_event("reply", &unstored(&reply))),
        Said::Unstored(reply) => Ok(reply_response(&unstored(&reply))),
        Said::Accepted { id, person } if streamed => {
            Ok(stream(state, request_id, visitor, id, person))
        }
        Said::Accepted { id, person } => {
            let mut watch = ReplyWatch::begin(&state, &visitor, person, id.clone()).await;
            match watch.answer(state.config().reply_wait).await {
                Some(answer) => Ok(reply_response(&told(&answer, &id))),
                None => Ok(still_writing(id)),
            }
        }
    }
}

/// A body that could not be read to its end.
pub(crate) fn unread(rejection: &BytesRejection, limit: usize) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        harden::too_large(limit)
    } else {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-request",
            "The body ended before it was complete.",
        )
    }
}

pub(crate) fn wants_events(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"))
}

fn reply_response(reply: &serde_json::Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response()
}

/// An answer as the client reads it.
fn told(answer: &Answer, id: &InboundId) -> serde_json::Value {
    match answer {
        Answer::Reply(reply) => json!(reply),
        Answer::Forgotten => json!(chat::receipt(id)),
    }
}

/// The reply to a message that could not be kept.
fn unstored(reply: &Reply) -> serde_json::Value {
    let mut value = json!(reply);
    value["stored"] = json!(false);
    value
}

/// A message that is kept and not yet answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// The id of the message; the reply names it in `answers`.
    #[schema(value_type = String)]
    id: InboundId,
    /// One plain sentence.
    detail: String,
}

fn place_of_reply(id: &InboundId) -> String {
    format!("/v1/chat/messages?answering={id}")
}

fn still_writing(id: InboundId) -> Response {
    let location = place_of_reply(&id);
    let accepted = Accepted {
        id,
        detail: "Your message is kept. The reply is still being written and will be at the \
                 address in the Location header."
            .to_owned(),
    };
    let mut response = (
        StatusCode::ACCEPTED,
        [(header::CACHE_CONTROL, "no-store")],
        Json(accepted),
    )
        .into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn one_event(name: &str, value: &serde_json::Value) -> Response {
    let event = sse::Event::default().event(name).data(value.to_string());
    events(tokio_stream::once(Ok(event)))
}

/// A stream of events as a response that no proxy holds back.
pub(crate) fn events<S>(stream: S) -> Response
where
    S: futures_util::Stream<Item = Result<sse::Event, Infallible>> + Send + 'static,
{
    let mut response = Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(HEARTBEAT))
        .into_response();
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// A delta as the client reads it.
pub(crate) fn delta(event: &Event) -> Option<sse::Event> {
    let Event::Delta {
        answers,
        index,
        block,
        paragraph,
    } = event
    else {
        return None;
    };
    let data = json!({
        "answers": answers,
        "index": index,
        "block": block,
        "paragraph": paragraph,
    });
    Some(sse::Event::default().event("delta").data(data.to_string()))
}

/// The events of one message: `accepted`, deltas, `reply`; or `error` if it takes too long.
fn stream(
    state: WebState,
    request_id: RequestId,
    visitor: Visitor,
    id: InboundId,
    person: PersonId,
) -> Response {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        let accepted = sse::Event::default()
            .event("accepted")
            .data(json!({ "id": id }).to_string());
        let telling = async {
            sender.send(Ok(accepted)).await?;
            let mut watch = ReplyWatch::begin(&state, &visitor, person, id.clone()).await;
            loop {
                match watch.next().await {
                    Progress::Delta(event) => {
                        if let Some(delta) = delta(&event) {
                            sender.send(Ok(delta)).await?;
                        }
                    }
                    Progress::Answer(answer) => {
                        let reply = sse::Event::default()
                            .event("reply")
                            .data(told(&answer, &id).to_string());
                        return sender.send(Ok(reply)).await;
                    }
                }
            }
        };
        tokio::select! {
            _ = telling => {}
            // The client has gone; the turn goes on without it.
            () = sender.closed() => {}
            () = state.seams().closing.cancelled() => {}
            () = tokio::time::sleep(STREAM_WAIT) => {
                let problem = Problem::new(
                    StatusCode::ACCEPTED,
                    "still-writing",
                    format!("The reply is still being written and will be at {}.", place_of_reply(&id)),
                )
                .in_request(request_id.as_str());
                let error = sse::Event::default().event("error").data(problem.json());
                let _ = sender.send(Ok(error)).await;
            }
        }
    });
    events(ReceiverStream::new(receiver))
}
