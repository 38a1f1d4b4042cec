//! The body of a request.

use muykol_core::{seams::Prompt, words::Role};
use reqwest::Url;
use serde::Serialize;

/// A chat completion to ask for. Instructions and what people wrote are separate messages, never
/// one text, so that nobody's words pose as instructions.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    pub(crate) model: &'a str,
    pub(crate) messages: Vec<Message<'a>>,
    #[serde(flatten)]
    pub(crate) limit: Limit,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) temperature: Option<f32>,
    #[serde(flatten)]
    pub(crate) form: Form,
}

/// One message of a conversation.
#[derive(Debug, Serialize)]
pub(crate) struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

impl<'a> Message<'a> {
    pub(crate) fn system(content: &'a str) -> Self {
        Self {
            role: "system",
            content,
        }
    }

    pub(crate) fn user(content: &'a str) -> Self {
        Self {
            role: "user",
            content,
        }
    }

    /// A whole prompt.
    pub(crate) fn all(prompt: &'a Prompt) -> Vec<Self> {
        let turns = prompt.turns.iter().map(|turn| Self {
            role: match turn.role {
                Role::Person => "user",
                Role::Muykol => "assistant",
            },
            content: &turn.text,
        });
        std::iter::once(Self::system(&prompt.system))
            .chain(turns)
            .collect()
    }
}

/// The most it may write, under the name that the server knows.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    /// What every compatible server takes.
    MaxTokens(u32),
    /// What OpenAI itself wants since its reasoning models, which refuse the other.
    MaxCompletionTokens(u32),
}

impl Limit {
    pub(crate) fn of(tokens: u32, server: &Url) -> Self {
        if server.host_str() == Some("api.openai.com") {
            Self::MaxCompletionTokens(tokens)
        } else {
            Self::MaxTokens(tokens)
        }
    }
}

/// How the answer is to come.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Form {
    /// Piece by piece.
    Stream {
        stream: bool,
        stream_options: StreamOptions,
    },
    /// At once, as one JSON object.
    Json {
        stream: bool,
        response_format: ResponseFormat,
    },
}

impl Form {
    pub(crate) const STREAM: Self = Self::Stream {
        stream: true,
        stream_options: StreamOptions {
            include_usage: true,
        },
    };
    pub(crate) const JSON: Self = Self::Json {
        stream: false,
        response_format: ResponseFormat {
            kind: "json_object",
        },
    };
}

#[derive(Debug, Serialize)]
pub(crate) struct StreamOptions {
    include_usage: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct ResponseFormat {
    #[serde(rename = "type")]
    kind: &'static str,
}
