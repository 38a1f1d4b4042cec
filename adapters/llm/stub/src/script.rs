//! What the server is told to do.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How one request is answered. Every field has a default: `{}` is a warm answer at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// What happens.
    pub behaviour: Behaviour,
    /// What is written, instead of the behaviour's own text.
    pub answer: Option<String>,
    /// What is written where the request asks for JSON.
    pub assessment: String,
    /// In how many pieces the text is streamed; at least 1.
    pub pieces: usize,
    /// How long the model thinks before its first piece, in milliseconds.
    pub first_token_ms: u64,
    /// How long between two pieces, in milliseconds.
    pub piece_ms: u64,
    /// What a refusal says in `Retry-After`.
    pub retry_after: Option<String>,
    /// What a refusal says in `error.code`.
    pub code: Option<String>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            behaviour: Behaviour::Warm,
            answer: None,
            assessment: include_str!("../data/assessment.json").to_owned(),
            pieces: 20,
            first_token_ms: 0,
            piece_ms: 0,
            retry_after: None,
            code: None,
        }
    }
}

impl Script {
    /// A script that differs from the default only in what happens.
    pub fn of(behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            ..Self::default()
        }
    }

    /// A warm answer that says this instead.
    pub fn saying(answer: impl Into<String>) -> Self {
        Self {
            answer: Some(answer.into()),
            ..Self::default()
        }
    }

    /// The same after this much thought.
    #[must_use]
    pub fn after(mut self, first_token: Duration) -> Self {
        self.first_token_ms = u64::try_from(first_token.as_millis()).unwrap_or(u64::MAX);
        self
    }

    pub(crate) fn text(&self) -> &str {
        self.answer.as_deref().unwrap_or(match self.behaviour {
            Behaviour::Misquoted => include_str!("../data/misquoted.txt"),
            Behaviour::Unsafe => include_str!("../data/unsafe.txt"),
            _ => include_str!("../data/warm.txt"),
        })
    }
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// A warm answer that marks its passage.
    #[default]
    Warm,
    /// A kind answer with a verse changed and a verse invented.
    Misquoted,
    /// An answer that blames, diagnoses, promises and advises against medicine.
    Unsafe,
    /// The whole answer in one JSON body, although a stream was asked for.
    NotStreamed,
    /// A stream without the usage that was asked for.
    NoUsage,
    /// A stream that ends in order but without `[DONE]`.
    NoDone,
    /// A stream that is cut at the token limit.
    OutOfTokens,
    /// A stream that the provider's content filter ends.
    Filtered,
    /// Half a stream, then the connection breaks.
    BreaksOff,
    /// Half a stream, then a proper end without a reason to have ended.
    EndsEarly,
    /// Half a stream, then an error event.
    FailsMidway,
    /// Half a stream, then nothing more.
    Stalls,
    /// Keep-alive comments and never a word.
    OnlyComments,
    /// Nothing at all, not even a status.
    Hangs,
    /// A piece that is not UTF-8.
    InvalidUtf8,
    /// An event that is not JSON.
    BrokenJson,
    /// Text without end.
    Endless,
    /// 400.
    BadRequest,
    /// 401.
    Unauthorized,
    /// 404.
    NotFound,
    /// 429.
    TooManyRequests,
    /// 500, with a page of HTML as proxies send it.
    ServerError,
}
