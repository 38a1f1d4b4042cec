//! From words somebody sent to the reply they get: what the interface and the page share.
//!
//! Three promises are kept here. A message in danger that cannot be stored is answered in the
//! response. A message turned away before the door still meets real help if it speaks of danger.
//! Whoever waits for a reply cannot miss its wake-up: the wait begins before the first look.
//! Whoever asked to be erased is told that it is done, though no reply of it is left to read.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;
use muykol_core::{
    path::{Received, forgotten_words},
    seams::{Event, Subscription},
    words::{
        AnsweredBy, Block, ConversationId, CrisisReading, EmotionReading, Entry, EntryBody,
        EntryId, Inbound, InboundId, InboundKind, PersonId, Reply, Timestamp,
    },
};
use uuid::Uuid;

use crate::{courier, problem::Problem, sessions::Visitor, state::WebState};

/// The longest message, in characters (Unicode scalar values).
pub(crate) const LONGEST: usize = 8_000;
/// How often whoever waits looks at the store without having been woken.
const RECHECK: Duration = Duration::from_secs(1);

/// What somebody says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Saying {
    /// Words, or a command if they begin with a slash.
    Text(String),
    /// A choice, by its id.
    Choice(String),
}

impl Saying {
    /// What somebody wrote. NUL is no character of any writing, and a store may end at it.
    pub(crate) fn written(text: &str) -> Self {
        Self::Text(text.replace('\0', ""))
    }

    /// The words in it, for the crisis card.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Choice(_) => "",
        }
    }

    /// Refuses what no reply could be given to.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        match self {
            Self::Text(text) if text.chars().all(is_unseen) => Err(Problem::field(
                "text",
                "The message is empty. Write a few words and send it again.",
            )),
            Self::Text(text) if text.chars().count() > LONGEST => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too-long",
                format!(
                    "The message has more than {LONGEST} characters. Please send it in shorter \
                     pieces."
                ),
            )
            .at("text")),
            Self::Choice(id) if id.is_empty() || id.len() > 48 => Err(Problem::field(
                "choice",
                "A choice is named by its id, 1 to 48 bytes.",
            )),
            Self::Text(_) | Self::Choice(_) => Ok(()),
        }
    }

    fn kind(&self) -> InboundKind {
        match self {
            Self::Text(text) => command(text).unwrap_or(InboundKind::Text),
            Self::Choice(id) => InboundKind::Choice { id: id.clone() },
        }
    }
}

/// Whether a character alone shows nothing: white space, a control, or one of Unicode's
/// `Default_Ignorable_Code_Point`s, such as the zero-width space.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// `/verse John 3:16` as a command; `None` for words that merely begin with a slash.
fn command(text: &str) -> Option<InboundKind> {
    let rest = text.trim().strip_prefix('/')?;
    let (name, args) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let named = (1..=32).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    named.then(|| InboundKind::Command {
        name: name.to_ascii_lowercase(),
        args: args.trim().to_owned(),
    })
}

/// The idempotency key of a client's id: a UUID is taken to be unique in the world, so that the
/// same one from somebody else is seen as the conflict it is; anything else counts within the
/// session.
pub(crate) fn provider_id(visitor: &Visitor, client_id: &str) -> String {
    match Uuid::try_parse(client_id) {
        Ok(uuid) => uuid.hyphenated().to_string(),
        Err(_) => format!("{}:{client_id}", visitor.address.id),
    }
}

/// Checks a client's id: 1 to 128 visible ASCII characters.
pub(crate) fn check_client_id(client_id: &str) -> Result<(), Problem> {
    let visible = client_id.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (1..=128).contains(&client_id.len()) {
        Ok(())
    } else {
        Err(Problem::field(
            "client_id",
            "A client_id is 1 to 128 visible ASCII characters, best a new UUID for each message.",
        ))
    }
}

/// The message as the door takes it.
pub(crate) fn inbound(
    visitor: &Visitor,
    saying: &Saying,
    provider_id: String,
    headers: &HeaderMap,
    now: Timestamp,
) -> Inbound {
    Inbound {
        sender: visitor.address.clone(),
        place: courier::place(&visitor.address),
        provider_id,
        // A command keeps its words: danger is heard in them as in any other.
        text: saying.text().to_owned(),
        locale: locale(headers),
        at: now,
        kind: saying.kind(),
    }
}

/// The first language of `Accept-Language`, if it looks like one.
fn locale(headers: &HeaderMap) -> Option<String> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let first = accepted.split([',', ';']).next()?.trim();
    let shaped = (2..=35).contains(&first.len())
        && first
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    shaped.then(|| first.to_owned())
}

/// What came of a message.
pub(crate) enum Said {
    /// It is on disk, and this is whose reply to wait for.
    Accepted {
        /// The message.
        id: InboundId,
        /// Whose it is.
        person: PersonId,
    },
    /// It could not be stored, and it spoke of danger: this is the answer.
    Unstored(Box<Reply>),
}

/// Brings a message to the door. A refusal of a message in danger carries the crisis card.
pub(crate) async fn say(state: &WebState, message: Inbound) -> Result<Said, Problem> {
    let text = message.text.clone();
    match state.seams().door.receive(message).await {
        Received::Accepted { id, person, .. } => Ok(Said::Accepted { id, person }),
        Received::NotStored {
            crisis: Some(reply),
        } => Ok(Said::Unstored(reply)),
        Received::NotStored { crisis: None } => Err(in_care(state, Problem::store_down(), &text)),
        Received::Conflict => Err(in_care(
            state,
            Problem::new(
                StatusCode::CONFLICT,
                "client-id-used",
                "This client_id was used before for another message. Send it again with a new one.",
            )
            .at("client_id"),
            &text,
        )),
    }
}

/// Puts the crisis card beside an error, if the refused words speak of danger.
pub(crate) fn in_care(state: &WebState, problem: Problem, text: &str) -> Problem {
    let card: Option<Vec<Block>> = state.seams().care.crisis_card(text);
    problem.with_resources(card)
}

/// A wait for the reply to one message.
pub(crate) struct ReplyWatch<'a> {
    state: &'a WebState,
    visitor: &'a Visitor,
    person: PersonId,
    inbound: InboundId,
    events: Option<Subscription>,
    begun: bool,
}

/// What came while waiting.
pub(crate) enum Progress {
    /// A checked piece of the reply that is still being written.
    Delta(Event),
    /// What came of the message in the end.
    Answer(Answer),
}

/// What came of a message that was accepted.
pub(crate) enum Answer {
    /// The reply.
    Reply(Box<Reply>),
    /// The person is erased, and with them the message and whatever was said to it.
    Forgotten,
}

/// The receipt of an erasure, in the shape of a reply. It is in no history: its id is that of the
/// message, and there is no conversation any more.
pub(crate) fn receipt(inbound: &InboundId) -> Reply {
    Reply {
        id: EntryId::from(inbound.0.as_str()),
        conversation_id: ConversationId::from(""),
        text: forgotten_words().to_owned(),
        blocks: vec![Block::text(forgotten_words())],
        emotion: EmotionReading::unclear(),
        crisis: CrisisReading::default(),
        prayer_offered: false,
        answered_by: AnsweredBy::System,
    }
}

impl<'a> ReplyWatch<'a> {
    /// Begins to watch. Subscribed before anything is read, so that a reply committed between
    /// the two is seen by the read, and one committed later by the wake-up.
    pub(crate) async fn begin(
        state: &'a WebState,
        visitor: &'a Visitor,
        person: PersonId,
        inbound: InboundId,
    ) -> Self {
        Self {
            events: Some(state.seams().events.subscribe(&person).await),
            state,
            visitor,
            person,
            inbound,
            begun: false,
        }
    }

    /// What comes next. Never ends without the answer: the caller sets the deadline. A store that
    /// fails meanwhile is asked again; the message is on disk.
    pub(crate) async fn next(&mut self) -> Progress {
        loop {
            if self.begun
                && let Some(delta) = self.woken().await
            {
                return Progress::Delta(delta);
            }
            self.begun = true;
            let answer = self.state.seams().history.answer(&self.inbound).await;
            if let Ok(Some(Entry {
                body: EntryBody::Muykol { reply, .. },
                ..
            })) = answer
            {
                return Progress::Answer(Answer::Reply(Box::new(reply)));
            }
            if self.is_gone().await {
                self.state.desk().forget(&self.visitor.token_hash);
                return Progress::Answer(Answer::Forgotten);
            }
        }
    }

    /// Whether the person was erased: their address is nobody's now, or somebody else's. A store
    /// that does not answer erased nobody.
    async fn is_gone(&mut self) -> bool {
        let found = self.state.seams().people.find(&self.visitor.address).await;
        found.is_ok_and(|found| found.is_none_or(|profile| profile.id != self.person))
    }

    /// Waits for a reason to look at the store, or for a piece of this reply.
    async fn woken(&mut self) -> Option<Event> {
        let Some(events) = &mut self.events else {
            tokio::time::sleep(RECHECK).await;
            return None;
        };
        let recheck = tokio::time::sleep(RECHECK);
        tokio::pin!(recheck);
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Event::Changed) => return None,
                    Some(delta @ Event::Delta { .. }) => {
                        if is_of(&delta, &self.inbound) {
                            return Some(delta);
                        }
                    }
                    None => {
                        self.events = None;
                        return None;
                    }
                },
                () = &mut recheck => return None,
            }
        }
    }

    /// The answer, if it comes within `patience`.
    pub(crate) async fn answer(&mut self, patience: Duration) -> Option<Answer> {
        let answer = async {
            loop {
                if let Progress::Answer(answer) = self.next().await {
                    return answer;
                }
            }
        };
        tokio::time::timeout(patience, answer).await.ok()
    }
}

fn is_of(event: &Event, inbound: &InboundId) -> bool {
    matches!(event, Event::Delta { answers, .. } if answers.contains(inbound))
}

#[cfg(test)]
mod tests {
    use super::*;
    use muykol_core::words::{Account, Address};

    #[test]
    fn a_slash_makes_a_command_only_before_a_word() {
        let command = |text: &str| Saying::Text(text.to_owned()).kind();
        assert_eq!(
            command(" /Verse  John 3:16 "),
            InboundKind::Command {
                name: "verse".to_owned(),
                args: "John 3:16".to_owned()
            }
        );
        for words in ["/", "/ help", "//", "/1", "n/a", "/über", "and/or"] {
            assert_eq!(command(words), InboundKind::Text, "{words}");
        }
    }

    #[test]
    fn a_uuid_counts_everywhere_and_anything_else_within_the_session() {
        let visitor = Visitor {
            address: Address {
                channel: "web".into(),
                account: Account::from("site"),
                id: "me".to_owned(),
            },
            token_hash: String::new(),
        };
        let uuid = "936DA01F-9ABD-4D9D-80C7-02AF85C822A8";
        assert_eq!(provider_id(&visitor, uuid), uuid.to_lowercase());
        assert_eq!(provider_id(&visitor, "7"), "me:7");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(Saying::Text("é".repeat(LONGEST)).check().is_ok());
        assert!(Saying::Text("é".repeat(LONGEST + 1)).check().is_err());
        assert!(Saying::Text(" \n\t\u{a0}".to_owned()).check().is_err());
        assert!(Saying::Choice(String::new()).check().is_err());
        for unseen in ["\u{200b}", "\0", " \u{feff}\u{2060}\u{1}\u{e0020}"] {
            assert!(Saying::written(unseen).check().is_err(), "{unseen:?}");
        }
        assert!(
            Saying::written("\u{1f468}\u{200d}\u{1f469}")
                .check()
                .is_ok()
        );
        assert!(Saying::written("he\0lp") == Saying::Text("help".to_owned()));
    }
}
