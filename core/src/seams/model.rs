//! A language model: text out of a prompt, with typed failures.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::Stream;

use crate::{care::Assessment, words::Role};

/// What a model is asked.
#[derive(Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Who it is to be and what it must not do.
    pub system: String,
    /// The conversation, oldest first; the last is the person's.
    pub turns: Vec<PromptTurn>,
    /// The most it may write.
    pub max_tokens: u32,
}

/// One turn of a prompt.
#[derive(Clone, PartialEq, Eq)]
pub struct PromptTurn {
    /// Who said it.
    pub role: Role,
    /// What.
    pub text: String,
}

/// Something that comes while a model writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelEvent {
    /// More text.
    Text(String),
    /// What it cost, at the end, where the provider says so.
    Usage {
        /// Tokens read.
        input: u64,
        /// Tokens written.
        output: u64,
    },
}

/// Why a model did not answer. The detail is for the log, never for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// It did not answer in time.
    #[error("the model took longer than {0:?}")]
    Timeout(Duration),
    /// It asks for a pause.
    #[error("the model is over its rate")]
    Throttled {
        /// For how long, where it said so.
        retry_after: Option<Duration>,
    },
    /// It cannot be reached, broke off, or failed.
    #[error("the model is unavailable: {0}")]
    Unavailable(String),
    /// It does not take this request or these credentials: the operator must look.
    #[error("the model refuses: {0}")]
    Refused(String),
    /// Recent failures opened the circuit: it was not asked.
    #[error("the model rests after failures")]
    Resting,
}

/// What a model writes, as it comes. Ends after an error.
pub type ModelStream = Pin<Box<dyn Stream<Item = Result<ModelEvent, ModelError>> + Send>>;

/// A language model.
#[async_trait]
pub trait Model: Send + Sync {
    /// Starts an answer; returns once the model has accepted the request.
    async fn stream(&self, prompt: Prompt) -> Result<ModelStream, ModelError>;

    /// The model's own reading of a message, which may raise what the rules heard, never lower it.
    async fn assess(&self, text: &str) -> Result<Assessment, ModelError>;

    /// About how many tokens a text is; for budgets, not for bills.
    fn count_tokens(&self, text: &str) -> u64;

    /// Asks something tiny for real, for `doctor`.
    async fn probe(&self) -> Result<(), ModelError>;
}

#[async_trait]
impl<M: Model + ?Sized> Model for Arc<M> {
    async fn stream(&self, prompt: Prompt) -> Result<ModelStream, ModelError> {
        (**self).stream(prompt).await
    }

    async fn assess(&self, text: &str) -> Result<Assessment, ModelError> {
        (**self).assess(text).await
    }

    fn count_tokens(&self, text: &str) -> u64 {
        (**self).count_tokens(text)
    }

    async fn probe(&self) -> Result<(), ModelError> {
        (**self).probe().await
    }
}
