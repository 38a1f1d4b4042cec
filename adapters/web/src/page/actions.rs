//! The page's forms.

use std::net::SocketAddr;

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use muykol_core::{
    seams::Feedback,
    words::{InboundId, Reply},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    api::{
        feedback,
        messages::unread,
        session::{Peer, admit},
    },
    chat::{self, Answer, ReplyWatch, Said, Saying},
    page::{
        cookie,
        render::{page, see},
        show::{blank, forgotten},
        view::{Alert, Line, cards, words},
    },
    problem::Problem,
    sessions::{Lookup, Token, Visitor},
    state::WebState,
};

/// What the form of the page sends.
#[derive(Deserialize)]
pub(crate) struct Words {
    #[serde(default)]
    text: String,
    choice: Option<String>,
    #[serde(default)]
    form_id: String,
    #[serde(default)]
    form_token: String,
}

/// What the form below a reply sends.
#[derive(Deserialize)]
pub(crate) struct Judgement {
    #[serde(default)]
    id: String,
    rating: Option<String>,
    wrong: Option<String>,
    #[serde(default)]
    form_token: String,
}

/// Says something, waits for the reply and shows it.
pub(crate) async fn say(
    State(state): State<WebState>,
    Peer(peer): Peer,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let form: Words = match form(&state, &headers, body) {
        Ok(form) => form,
        Err(problem) => return problem.into_response(),
    };
    let saying = match form.choice {
        Some(id) => Saying::Choice(id),
        None => Saying::written(&form.text),
    };
    let sent = cookie::read(&headers, state.config());
    let token = match proven(&headers, sent, &form.form_token) {
        Ok(token) => token,
        Err(problem) => return refused(&state, &headers, None, problem, &saying),
    };
    if let Err(problem) = saying.check() {
        return refused(&state, &headers, Some(&token), problem, &saying);
    }
    let entered = enter(&state, &headers, peer, token.clone()).await;
    let (token, visitor, fresh) = match entered {
        Ok(entered) => entered,
        Err(problem) => return refused(&state, &headers, Some(&token), problem, &saying),
    };
    let answered = answer(&state, &headers, &token, &visitor, &saying, &form.form_id).await;
    match answered {
        Ok(Answered::Reply(reply)) if reply.crisis.level.takes_emergency_lane() => {
            see("/#help", fresh)
        }
        Ok(Answered::Reply(_)) => see("/#latest", fresh),
        Ok(Answered::Forgotten) => forgotten(&state),
        Ok(Answered::Later(id)) => see(&format!("/?waiting={id}#waiting"), fresh),
        Ok(Answered::Unstored(reply)) => unstored(&state, &token, &saying, &reply),
        Err(problem) => refused(&state, &headers, Some(&token), problem, &saying),
    }
}

/// The visitor of a token, with a session opened for them if they have none; and the cookie of
/// that session.
async fn enter(
    state: &WebState,
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
    token: Token,
) -> Result<(Token, Visitor, Option<HeaderValue>), Problem> {
    match state.desk().find(&token).await {
        Lookup::Known(visitor) | Lookup::StoreDown(visitor) => return Ok((token, visitor, None)),
        Lookup::Unknown => admit(state, headers, peer).await?,
    }
    // A new token, not the one the browser came with: nobody can have planted it.
    if let Ok((opened, visitor)) = state.desk().open().await {
        let cookie = cookie::keep(&opened, state.config());
        return Ok((opened, visitor, cookie));
    }
    // No session can be opened now. The door is asked all the same: it answers danger.
    let visitor = state.desk().unopened(&token);
    Ok((token, visitor, None))
}

enum Answered {
    Reply(Box<Reply>),
    Forgotten,
    Later(InboundId),
    Unstored(Box<Reply>),
}

async fn answer(
    state: &WebState,
    headers: &HeaderMap,
    token: &Token,
    visitor: &Visitor,
    saying: &Saying,
    form_id: &str,
) -> Result<Answered, Problem> {
    let said = match saying {
        Saying::Text(said) | Saying::Choice(said) => said,
    };
    let provider_id = chat::provider_id(visitor, &cookie::client_id(token, form_id, said));
    let inbound = chat::inbound(visitor, saying, provider_id, headers, state.now());
    match chat::say(state, inbound).await? {
        Said::Unstored(reply) => Ok(Answered::Unstored(reply)),
        Said::Accepted { id, person } => {
            let mut watch = ReplyWatch::begin(state, visitor, person, id.clone()).await;
            Ok(match watch.answer(state.config().reply_wait).await {
                Some(Answer::Reply(reply)) => Answered::Reply(reply),
                Some(Answer::Forgotten) => Answered::Forgotten,
                None => Answered::Later(id),
            })
        }
    }
}

/// The page after a message that was turned away: what was written is still in the form, and
/// danger is met with help.
fn refused(
    state: &WebState,
    sent: &HeaderMap,
    token: Option<&Token>,
    problem: Problem,
    saying: &Saying,
) -> Response {
    let problem = match problem.resources() {
        Some(_) => problem,
        None => chat::in_care(state, problem, saying.text()),
    };
    let mut headers = HeaderMap::new();
    headers.extend(problem.headers());
    headers.remove(header::WWW_AUTHENTICATE);
    // A browser that came without a cookie gets one, so that the form can be sent again; but not
    // on a foreign site's word, whose forms come without one: it would end the session.
    let token = token
        .cloned()
        .or_else(|| cookie::read(sent, state.config()));
    let shown_in = match token {
        Some(token) => token,
        None => match Token::random() {
            Ok(token) => {
                if cookie::is_own(sent)
                    && let Some(cookie) = cookie::keep(&token, state.config())
                {
                    headers.insert(header::SET_COOKIE, cookie);
                }
                token
            }
            Err(_) => return problem.into_response(),
        },
    };
    let mut shown = blank(state, &shown_in);
    shown.alert = Some(Alert::from(&problem));
    if let Some(card) = problem.resources() {
        shown.urgent = cards(card);
        shown.urgent_words = words(card);
    }
    shown.help_open = shown.urgent.is_empty() && problem.status().is_server_error();
    saying.text().clone_into(&mut shown.draft);
    page(problem.status(), &headers, &shown)
}

/// The page after a message in danger that nobody could keep.
fn unstored(state: &WebState, token: &Token, saying: &Saying, reply: &Reply) -> Response {
    let now = state.now();
    let mut shown = blank(state, token);
    shown.alert = Some(Alert {
        title: "We could not keep this conversation".to_owned(),
        detail: "What you wrote was read and is answered here, but it will be gone when you \
                 leave this page."
            .to_owned(),
    });
    shown.urgent = cards(&reply.blocks);
    let mut answer = Line::reply(reply, now);
    answer.make_latest();
    shown.lines = vec![Line::unkept(saying.text(), now), answer];
    page(StatusCode::OK, &HeaderMap::new(), &shown)
}

/// Keeps what somebody says of a reply.
pub(crate) async fn rate(
    State(state): State<WebState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match rated(&state, &headers, body).await {
        Ok(id) => see(&format!("/?thanks={id}#m-{id}"), None),
        Err(problem) => problem.into_response(),
    }
}

async fn rated(
    state: &WebState,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<String, Problem> {
    let form: Judgement = form(state, headers, body)?;
    let sent = cookie::read(headers, state.config());
    let token = proven(headers, sent, &form.form_token)?;
    let visitor = match state.desk().find(&token).await {
        Lookup::Known(visitor) => visitor,
        Lookup::Unknown => return Err(forged()),
        Lookup::StoreDown(_) => return Err(Problem::store_down()),
    };
    let rating = form.rating.and_then(|rating| rating.parse().ok());
    let feedback = Feedback {
        rating: rating.filter(|rating| (1..=5).contains(rating)),
        wrong: form.wrong.is_some(),
        comment: None,
    };
    if feedback.rating.is_none() && !feedback.wrong {
        return Err(Problem::field(
            "rating",
            "Nothing was chosen. Please go back and choose how much it helped.",
        ));
    }
    feedback::keep(state, &visitor, &form.id, feedback).await?;
    Ok(form.id)
}

/// Leaves the conversation in this browser: what the next person at it sees is an empty page.
pub(crate) async fn leave(
    State(state): State<WebState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let proof = form(&state, &headers, body).and_then(|form: Words| {
        proven(
            &headers,
            cookie::read(&headers, state.config()),
            &form.form_token,
        )
    });
    match proof {
        Ok(_) => {
            let mut response = see("/", None);
            response.headers_mut().extend(cookie::gone(state.config()));
            response
        }
        Err(problem) => problem.into_response(),
    }
}

fn form<T: DeserializeOwned>(
    state: &WebState,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Problem> {
    let body = body.map_err(|rejection| unread(&rejection, state.config().body_limit))?;
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    serde_urlencoded::from_bytes(&body).map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-request",
            "The form could not be read. Please go back and send it again.",
        )
    })
}

/// The session a form was sent in, if it was sent from the page.
fn proven(headers: &HeaderMap, sent: Option<Token>, form_token: &str) -> Result<Token, Problem> {
    sent.filter(|token| !cookie::is_foreign(headers) && cookie::is_form_token(token, form_token))
        .ok_or_else(forged)
}

fn forged() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "forged-form",
        "We could not tell that this came from our own page. This happens after a long pause, or \
         when cookies are switched off.",
    )
}
