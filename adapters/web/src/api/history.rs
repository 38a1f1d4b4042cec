//! GET /v1/chat/messages

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::{StatusCode, header},
    response::IntoResponse,
};
use muykol_core::words::{
    AnsweredBy, Block, ConversationId, CrisisReading, EmotionReading, Entry, EntryBody, EntryId,
    InboundId, PersonId, Role,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{auth::Caller, schema},
    problem::Problem,
    sessions::Visitor,
    state::WebState,
    time,
};

const PAGE: usize = 50;
const LARGEST_PAGE: usize = 100;

/// A line of history; [`schema::Message`] describes it. What muykol said has more to it than what
/// the person wrote.
#[derive(Serialize)]
#[allow(clippy::struct_field_names)] // the names are the contract
pub(crate) struct Message {
    id: EntryId,
    role: Role,
    text: String,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<InboundId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<Vec<InboundId>>,
    #[serde(flatten)]
    reply: Option<Spoken>,
}

/// What a line of muykol's holds beside its words.
#[derive(Serialize)]
struct Spoken {
    conversation_id: ConversationId,
    blocks: Vec<Block>,
    emotion: EmotionReading,
    crisis: CrisisReading,
    prayer_offered: bool,
    answered_by: AnsweredBy,
}

impl From<Entry> for Message {
    fn from(entry: Entry) -> Self {
        let role = entry.role();
        let at = time::rfc3339(entry.at);
        match entry.body {
            EntryBody::Person { text, inbound } => Self {
                id: entry.id,
                role,
                text,
                at,
                message_id: Some(inbound),
                answers: None,
                reply: None,
            },
            EntryBody::Muykol { reply, answers, .. } => Self {
                id: entry.id,
                role,
                text: reply.text,
                at,
                message_id: None,
                answers: Some(answers),
                reply: Some(Spoken {
                    conversation_id: reply.conversation_id,
                    blocks: reply.blocks,
                    emotion: reply.emotion,
                    crisis: reply.crisis,
                    prayer_offered: reply.prayer_offered,
                    answered_by: reply.answered_by,
                }),
            },
        }
    }
}

/// A page of history.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page {
    /// Newest first.
    #[schema(value_type = Vec<schema::Message>)]
    messages: Vec<Message>,
    /// What `before` takes to get the next, older page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next_before: Option<EntryId>,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Only what was said before the message with this id.
    before: Option<String>,
    /// How many, 1 to 100; 50 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Only the reply to the message accepted under this id: one line, or none yet.
    answering: Option<String>,
}

/// The person a visitor is, once they have written.
pub(crate) async fn person_of(
    state: &WebState,
    visitor: &Visitor,
) -> Result<Option<PersonId>, Problem> {
    state
        .seams()
        .people
        .find(&visitor.address)
        .await
        .map(|found| found.map(|profile| profile.id))
        .map_err(|_| Problem::store_down())
}

/// An id as it comes from outside: letters, digits and hyphens, at most 64.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What was said, newest first.
#[utoipa::path(
    get,
    path = "/v1/chat/messages",
    tag = "chat",
    params(Which),
    responses(
        (status = 200, description = "A page of history", body = Page),
        (status = 400, description = "A parameter cannot be read", body = schema::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = schema::Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter cannot be taken", body = schema::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot be reached", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(state): State<WebState>,
    Caller(visitor): Caller,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Query(which) = which.map_err(|rejection| unreadable(&rejection))?;
    let limit = which.limit.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(Problem::field("limit", "limit is 1 to 100."));
    }
    for (name, id) in [("before", &which.before), ("answering", &which.answering)] {
        if id.as_deref().is_some_and(|id| !is_id(id)) {
            return Err(Problem::field(
                name,
                format!("{name} is the id of a message."),
            ));
        }
    }
    let page = match person_of(&state, &visitor).await? {
        None => Page {
            messages: Vec::new(),
            next_before: None,
        },
        Some(person) => match which.answering {
            Some(inbound) => answering(&state, &person, &InboundId(inbound)).await?,
            None => before(&state, &person, which.before.map(EntryId), limit).await?,
        },
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(page)))
}

async fn before(
    state: &WebState,
    person: &PersonId,
    before: Option<EntryId>,
    limit: usize,
) -> Result<Page, Problem> {
    let mut entries = state
        .seams()
        .history
        .before(person, before.as_ref(), limit + 1, state.now())
        .await
        .map_err(|_| Problem::store_down())?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next_before = entries
        .last()
        .filter(|_| more)
        .map(|entry| entry.id.clone());
    Ok(Page {
        messages: entries.into_iter().map(Message::from).collect(),
        next_before,
    })
}

async fn answering(
    state: &WebState,
    person: &PersonId,
    inbound: &InboundId,
) -> Result<Page, Problem> {
    let answer = state
        .seams()
        .history
        .answer(inbound)
        .await
        .map_err(|_| Problem::store_down())?;
    Ok(Page {
        // Somebody else's message looks the same as one without a reply.
        messages: answer
            .filter(|entry| entry.person == *person)
            .map(Message::from)
            .into_iter()
            .collect(),
        next_before: None,
    })
}

pub(crate) fn unreadable(rejection: &QueryRejection) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad-request",
        format!("The query cannot be read: {}.", rejection.body_text()),
    )
}
