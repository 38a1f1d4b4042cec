//! Answers without a model and without a network.
//!
//! [`content`] is what was written by hand. [`hear`](self) finds the situation, the feelings and
//! the wish in a message, [`mirror`](self) says the person's own words back where that is safe,
//! [`memory`](self) knows what was said lately, [`choose`](self) picks what fits and has rested,
//! and [`compose`](self) puts it together. The same context gives the same answer.

mod choose;
mod compose;
pub mod content;
mod hear;
mod memory;
mod mirror;

use async_trait::async_trait;
use futures_util::stream;

pub(crate) use choose::Situation;
pub use content::{Content, ContentError, Passage, Said, Topic};

use crate::{
    seams::{AnswerError, Answerer, Piece, Pieces, TurnContext},
    words::AnsweredBy,
};

/// The curated composer. Cheap to copy: the content is read once for the whole process.
#[derive(Debug, Clone, Copy)]
pub struct CuratedAnswerer {
    content: &'static Content,
}

impl CuratedAnswerer {
    /// Reads the content, if this is the first time; some 10 ms in a release build.
    pub fn new() -> Result<Self, ContentError> {
        Content::held().map(|content| Self { content })
    }

    /// The whole answer at once. Never empty; the same for the same context.
    pub fn compose(&self, context: &TurnContext) -> Vec<Piece> {
        compose::compose(self.content, context)
    }
}

#[async_trait]
impl Answerer for CuratedAnswerer {
    async fn answer<'a>(&'a self, context: &'a TurnContext) -> Result<Pieces<'a>, AnswerError> {
        Ok(Box::pin(stream::iter(
            self.compose(context).into_iter().map(Ok),
        )))
    }

    fn name(&self) -> AnsweredBy {
        AnsweredBy::Curated
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::said_before;
