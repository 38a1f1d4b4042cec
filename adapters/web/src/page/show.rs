//! GET /

use std::time::Duration;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use muykol_core::words::{Entry, EntryBody, EntryId, InboundId, PersonId};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    api::history::is_id,
    chat::{Answer, ReplyWatch},
    page::{
        cookie,
        render::{page, see},
        view::{Alert, ChatPage, ForgottenPage, Line, Shell, cards},
    },
    problem::Problem,
    sessions::{Lookup, Token, Visitor},
    state::WebState,
};

/// How many lines a page shows.
const LINES: usize = 40;
/// How long the store may take before the page is shown without what it holds.
const PATIENCE: Duration = Duration::from_secs(2);
/// Among how many of the latest replies danger keeps help on top.
const CARE_REPLIES: usize = 6;

/// What of the conversation to show.
#[derive(Deserialize, Default)]
pub(crate) struct Which {
    /// Only what was said before this line.
    before: Option<String>,
    /// The message whose reply was not there yet.
    waiting: Option<String>,
    /// Whether to wait for it now.
    look: Option<String>,
    /// The line that was rated just now.
    thanks: Option<String>,
}

/// The page, with what was said.
pub(crate) async fn show(
    State(state): State<WebState>,
    headers: HeaderMap,
    which: Result<Query<Which>, QueryRejection>,
) -> Response {
    let which = which.map(|Query(which)| which).unwrap_or_default();
    let mut beside = HeaderMap::new();
    let sent = cookie::read(&headers, state.config());
    let visitor = match &sent {
        None => Ok(None),
        Some(token) => match state.desk().find(token).await {
            Lookup::Known(visitor) => Ok(Some(visitor)),
            Lookup::Unknown => Ok(None),
            Lookup::StoreDown(_) => Err(()),
        },
    };
    // A cookie and no session: one is opened by the first message, so that a passing robot
    // leaves no trace in the store.
    let Some(token) = sent.or_else(|| Token::random().ok()) else {
        return Problem::store_down().into_response();
    };
    if visitor.as_ref().is_ok_and(Option::is_none)
        && let Some(cookie) = cookie::keep(&token, state.config())
    {
        beside.insert(header::SET_COOKIE, cookie);
    }
    let shown = match visitor {
        Ok(None) => blank(&state, &token),
        Ok(Some(visitor)) => match read(&state, &token, &visitor, &which).await {
            Ok(Shown::Page(page)) => *page,
            Ok(Shown::Answered) => return see("/#latest", None),
            Ok(Shown::Forgotten) => return forgotten(&state),
            Err(_) => unreadable(&state, &token),
        },
        Err(()) => unreadable(&state, &token),
    };
    page(StatusCode::OK, &beside, &shown)
}

/// The page that confirms an erasure; it ends the session in this browser.
pub(crate) fn forgotten(state: &WebState) -> Response {
    page(
        StatusCode::OK,
        &cookie::gone(state.config()),
        &ForgottenPage::new(state),
    )
}

/// A page on which nothing was said yet.
pub(crate) fn blank(state: &WebState, token: &Token) -> ChatPage {
    let config = state.config();
    ChatPage {
        shell: Shell::new(state),
        language: None,
        alert: None,
        urgent: Vec::new(),
        urgent_words: Vec::new(),
        help: cards([&state.seams().care.helplines(None)]),
        help_open: false,
        greeting: config.greeting.clone(),
        notice: config.notice.clone(),
        lines: Vec::new(),
        older: None,
        paged: false,
        waiting: None,
        form_token: cookie::form_token(token),
        form_id: Uuid::new_v4().simple().to_string(),
        draft: String::new(),
    }
}

/// The page while nothing can be read: it can still be written on, and help is unfolded.
fn unreadable(state: &WebState, token: &Token) -> ChatPage {
    let mut page = blank(state, token);
    page.alert = Some(Alert {
        title: "We cannot show your conversation right now".to_owned(),
        detail: "Nothing is lost. You can write all the same, or come back in a few minutes. \
                 If it cannot wait, the people above can be reached now."
            .to_owned(),
    });
    page.help_open = true;
    page
}

enum Shown {
    Page(Box<ChatPage>),
    /// The reply that was waited for is there.
    Answered,
    /// The person was erased meanwhile.
    Forgotten,
}

/// The conversation, or an error if the store takes too long to tell it.
async fn read(
    state: &WebState,
    token: &Token,
    visitor: &Visitor,
    which: &Which,
) -> Result<Shown, Problem> {
    let waited_for = if which.look.is_some() {
        state.config().reply_wait
    } else {
        Duration::ZERO
    };
    let conversation = conversation(state, token, visitor, which);
    tokio::time::timeout(PATIENCE + waited_for, conversation)
        .await
        .unwrap_or_else(|_| Err(Problem::store_down()))
}

async fn conversation(
    state: &WebState,
    token: &Token,
    visitor: &Visitor,
    which: &Which,
) -> Result<Shown, Problem> {
    let seams = state.seams();
    let mut page = blank(state, token);
    let found = seams.people.find(&visitor.address).await;
    let waiting = which.waiting.as_deref().filter(|id| is_id(id));
    let Some(profile) = found.map_err(|_| Problem::store_down())? else {
        if waiting.is_some() {
            state.desk().forget(&visitor.token_hash);
            return Ok(Shown::Forgotten);
        }
        return Ok(Shown::Page(Box::new(page)));
    };
    if let Some(id) = waiting {
        let look = which.look.is_some();
        match answered(state, visitor, &profile.id, InboundId::from(id), look).await? {
            Some(Answer::Reply(_)) => return Ok(Shown::Answered),
            Some(Answer::Forgotten) => return Ok(Shown::Forgotten),
            None => page.waiting = Some(id.to_owned()),
        }
    }
    let before = which.before.as_deref().filter(|id| is_id(id));
    let mut entries = seams
        .history
        .before(
            &profile.id,
            before.map(EntryId::from).as_ref(),
            LINES + 1,
            state.now(),
        )
        .await
        .map_err(|_| Problem::store_down())?;
    if entries.len() > LINES {
        entries.truncate(LINES);
        page.older = entries.last().map(|entry| entry.id.0.clone());
    }
    page.paged = before.is_some();
    page.urgent = danger(&entries).map(cards).unwrap_or_default();
    page.help = cards([&seams.care.helplines(profile.country.as_deref())]);
    page.language = profile.language;
    page.lines = entries
        .iter()
        .rev()
        .map(|entry| Line::of(entry, state.now()))
        .collect();
    if let Some(thanks) = &which.thanks {
        page.lines.iter_mut().for_each(|line| line.thank(thanks));
    }
    if let Some(last) = page.lines.last_mut().filter(|_| before.is_none()) {
        last.make_latest();
    }
    Ok(Shown::Page(Box::new(page)))
}

/// What came of a message of this person's; waits for it if asked to.
async fn answered(
    state: &WebState,
    visitor: &Visitor,
    person: &PersonId,
    inbound: InboundId,
    look: bool,
) -> Result<Option<Answer>, Problem> {
    if look {
        let mut watch = ReplyWatch::begin(state, visitor, person.clone(), inbound).await;
        return Ok(watch.answer(state.config().reply_wait).await);
    }
    let answer = state.seams().history.answer(&inbound).await;
    let entry = answer.map_err(|_| Problem::store_down())?;
    Ok(entry.and_then(|entry| match entry.body {
        EntryBody::Muykol { reply, .. } => Some(Answer::Reply(Box::new(reply))),
        EntryBody::Person { .. } => None,
    }))
}

/// The blocks of the latest reply to danger, while it is recent.
fn danger(newest_first: &[Entry]) -> Option<&[muykol_core::words::Block]> {
    newest_first
        .iter()
        .filter_map(|entry| match &entry.body {
            EntryBody::Muykol { reply, .. } => Some(reply),
            EntryBody::Person { .. } => None,
        })
        .take(CARE_REPLIES)
        .find(|reply| reply.crisis.level.takes_emergency_lane())
        .map(|reply| reply.blocks.as_slice())
}
