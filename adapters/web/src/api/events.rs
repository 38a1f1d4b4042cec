//! GET /v1/chat/events

use std::time::Duration;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{Response, sse},
};
use futures_util::StreamExt as _;
use muykol_core::{
    seams::{Event, Subscription},
    words::{EntryId, PersonId},
};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    api::{
        auth::Caller,
        history::{self, Message},
        messages, schema,
    },
    problem::Problem,
    sessions::Visitor,
    state::WebState,
    streams::StreamPlace,
};

/// How often a stream looks at the store without having been woken.
const RECHECK: Duration = Duration::from_secs(10);
/// How often somebody who never wrote is looked for.
const STRANGER: Duration = Duration::from_secs(2);
const PAGE: usize = 100;

type Sender = mpsc::Sender<Result<sse::Event, std::convert::Infallible>>;

/// What is said from now on, or after `Last-Event-ID`: events `message` with the id of the line,
/// and `delta` for what is still being written. Ends after some minutes; the client comes back
/// with its `Last-Event-ID` and has missed nothing.
#[utoipa::path(
    get,
    path = "/v1/chat/events",
    tag = "chat",
    params(("last-event-id" = Option<String>, Header, description = "The id of the last line seen")),
    responses(
        (status = 200, description = "Events", body = String, content_type = "text/event-stream"),
        (status = 401, description = "No session", body = schema::Problem, content_type = "application/problem+json"),
        (status = 422, description = "Last-Event-ID is not an id", body = schema::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many streams", body = schema::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot be reached", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn follow(
    State(state): State<WebState>,
    Caller(visitor): Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last = last_seen(&headers)?;
    let place = state.streams().enter(&visitor.token_hash).ok_or_else(|| {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-streams",
            "Too many event streams are open. Close one, or ask for the messages instead.",
        )
        .after(Duration::from_secs(30))
    })?;
    let cursor = match last {
        Some(id) => Some(id),
        None => newest(&state, &visitor).await?,
    };
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(run(state, visitor, cursor, sender, place));
    Ok(messages::events(ReceiverStream::new(receiver)))
}

fn last_seen(headers: &HeaderMap) -> Result<Option<EntryId>, Problem> {
    let Some(sent) = headers.get("last-event-id") else {
        return Ok(None);
    };
    match sent.to_str() {
        Ok("") => Ok(None),
        Ok(id) if history::is_id(id) => Ok(Some(EntryId::from(id))),
        _ => Err(Problem::field(
            "last-event-id",
            "Last-Event-ID is the id of a message.",
        )),
    }
}

/// The newest line there is: a stream without a cursor begins after it.
async fn newest(state: &WebState, visitor: &Visitor) -> Result<Option<EntryId>, Problem> {
    let Some(person) = history::person_of(state, visitor).await? else {
        return Ok(None);
    };
    let newest = state
        .seams()
        .history
        .before(&person, None, 1, state.now())
        .await
        .map_err(|_| Problem::store_down())?;
    Ok(newest.into_iter().next().map(|entry| entry.id))
}

/// Tells until the client goes, the process stops, or the stream has lived long enough.
async fn run(
    state: WebState,
    visitor: Visitor,
    cursor: Option<EntryId>,
    sender: Sender,
    _place: StreamPlace,
) {
    tokio::select! {
        _ = tell(&state, &visitor, cursor, &sender) => {}
        () = sender.closed() => {}
        () = state.seams().closing.cancelled() => {}
        () = tokio::time::sleep(state.config().stream_lifetime) => {}
    }
}

async fn tell(
    state: &WebState,
    visitor: &Visitor,
    mut cursor: Option<EntryId>,
    sender: &Sender,
) -> Result<(), mpsc::error::SendError<Result<sse::Event, std::convert::Infallible>>> {
    let person = known(state, visitor).await;
    // Subscribed before the first look, so that nothing falls between the two.
    let mut events = Some(state.seams().events.subscribe(&person).await);
    loop {
        loop {
            let page = state
                .seams()
                .history
                .after(&person, cursor.as_ref(), PAGE, state.now())
                .await;
            // A store that fails is asked again after the next wake-up.
            let entries = page.unwrap_or_default();
            let full = entries.len() == PAGE;
            for entry in entries {
                cursor = Some(entry.id.clone());
                let id = entry.id.0.clone();
                let data = json!(Message::from(entry)).to_string();
                let message = sse::Event::default().event("message").id(id).data(data);
                sender.send(Ok(message)).await?;
            }
            if !full {
                break;
            }
        }
        while let Some(delta) = woken(&mut events).await {
            if let Some(delta) = messages::delta(&delta) {
                sender.send(Ok(delta)).await?;
            }
        }
    }
}

/// The visitor's person, waited for if they have not written yet.
async fn known(state: &WebState, visitor: &Visitor) -> PersonId {
    loop {
        if let Ok(Some(person)) = history::person_of(state, visitor).await {
            return person;
        }
        tokio::time::sleep(STRANGER).await;
    }
}

/// A delta to pass on; `None` when it is time to look at the store.
async fn woken(events: &mut Option<Subscription>) -> Option<Event> {
    let Some(stream) = events else {
        tokio::time::sleep(RECHECK).await;
        return None;
    };
    match tokio::time::timeout(RECHECK, stream.next()).await {
        Ok(Some(delta @ Event::Delta { .. })) => Some(delta),
        Ok(Some(Event::Changed)) | Err(_) => None,
        Ok(None) => {
            *events = None;
            None
        }
    }
}
