//! Who finds the words.

use std::{pin::Pin, time::Duration};

use async_trait::async_trait;
use futures_util::Stream;

use crate::{
    care::Assessment,
    seams::ModelError,
    words::{AnsweredBy, Audience, Block, CrisisReading, Entry, Profile, Timestamp},
};

/// All that an answerer may know.
#[derive(Debug, Clone)]
pub struct TurnContext {
    /// What was written, in order; coalesced messages are answered together.
    pub messages: Vec<String>,
    /// What was heard in them together.
    pub assessment: Assessment,
    /// The person; in a public place only language and translation are filled.
    pub profile: Profile,
    /// What was said lately, oldest first.
    pub recent: Vec<Entry>,
    /// Who reads along.
    pub audience: Audience,
    /// The Bible translation to use, by short name.
    pub translation: String,
    /// The language to answer in, BCP 47 primary tag.
    pub language: String,
    /// Whether care mode holds: danger was heard lately.
    pub care_mode: bool,
    /// The time now.
    pub now: Timestamp,
    /// A number that differs from turn to turn, for choices among equals.
    pub seed: u64,
}

/// A piece of an answer, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Raw words as a model writes them, cut anywhere.
    Words(String),
    /// A whole block; never a verse.
    Block(Block),
    /// A passage by its reference; core puts the held text in its place.
    Passage(String),
    /// A curated piece was used, by id.
    Used(String),
    /// Model tokens were spent.
    Spent(u64),
    /// The answerer itself heard danger in what was written. May raise what the rules heard,
    /// never lower it; comes before any words.
    Heard(CrisisReading),
}

/// An answer as it comes. Ends after an error.
pub type Pieces<'a> = Pin<Box<dyn Stream<Item = Result<Piece, AnswerError>> + Send + 'a>>;

/// Why there is no answer; the curated answerer stands in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The person has used today's tokens.
    #[error("the token budget of the day is used up")]
    OverBudget,
}

/// Finds the words for a turn.
#[async_trait]
pub trait Answerer: Send + Sync {
    /// Starts an answer.
    async fn answer<'a>(&'a self, context: &'a TurnContext) -> Result<Pieces<'a>, AnswerError>;

    /// Who it is, for the reply.
    fn name(&self) -> AnsweredBy;

    /// How long it is waited for before the curated answer goes instead.
    fn patience(&self) -> Patience {
        Patience::default()
    }
}

/// How long an answerer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until its first piece.
    pub first: Duration,
    /// Between its pieces.
    pub next: Duration,
    /// For the whole answer.
    pub whole: Duration,
}

impl Default for Patience {
    /// 3 s is about as long as somebody who hurts waits without wondering; 25 s is when a web
    /// request gives up waiting.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(3),
            next: Duration::from_secs(8),
            whole: Duration::from_secs(25),
        }
    }
}
