//! What muykol says, as blocks that every channel can render.

use serde::{Deserialize, Serialize};

use super::{ConversationId, CrisisReading, EmotionReading, EntryId};

/// A piece of a reply. The JSON form is the HTTP contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Plain sentences.
    Text {
        /// The words, without markup.
        text: String,
    },
    /// A passage, word for word from a held text.
    Verse {
        /// The reference as a person reads it, "Philippians 4:6-7".
        reference: String,
        /// The held text, white space normalised, nothing else changed.
        text: String,
        /// The translation's short name, "ASV".
        translation: String,
    },
    /// A thought to stay with.
    Reflection {
        /// The words, without markup.
        text: String,
    },
    /// One small step that can be taken now.
    Action {
        /// The words, without markup.
        text: String,
    },
    /// Real help, with numbers that can be tapped.
    Resources {
        /// The helplines, most fitting first.
        items: Vec<Resource>,
    },
    /// Answers that can be tapped, or typed where there are no buttons.
    Choices {
        /// The options, in order.
        items: Vec<Choice>,
    },
}

/// One place where help can be found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// The name people know it by.
    pub name: String,
    /// The number to call, as dialled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// How to reach it by text message: a number, or "WORD to number".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<String>,
    /// Its website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// ISO 3166-1 alpha-2 country, or "INTL".
    pub country: String,
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Choice {
    /// What comes back when it is chosen; at most 48 bytes, so that every channel can carry it.
    pub id: String,
    /// What the person reads.
    pub label: String,
}

/// Who wrote the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnsweredBy {
    /// The curated composer.
    Curated,
    /// A language model, after every check.
    Model,
    /// The vetted crisis reply of the emergency lane.
    Crisis,
    /// A command, a notice or a limit: muykol speaking about itself.
    System,
}

/// One complete reply. The JSON form is the HTTP contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The history entry this reply became.
    pub id: EntryId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// The whole reply as plain text.
    pub text: String,
    /// The same, in blocks.
    pub blocks: Vec<Block>,
    /// What was heard.
    pub emotion: EmotionReading,
    /// Whether danger was heard.
    pub crisis: CrisisReading,
    /// Whether the reply offers to carry a prayer request.
    pub prayer_offered: bool,
    /// Who wrote it.
    pub answered_by: AnsweredBy,
}

impl Block {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// The block as plain text, the form that works on every channel.
    pub fn plain(&self) -> String {
        match self {
            Self::Text { text } | Self::Reflection { text } | Self::Action { text } => text.clone(),
            Self::Verse {
                reference,
                text,
                translation,
            } => format!("\u{201c}{text}\u{201d}\n\u{2014} {reference} ({translation})"),
            Self::Resources { items } => items
                .iter()
                .map(Resource::plain)
                .collect::<Vec<_>>()
                .join("\n"),
            Self::Choices { items } => items
                .iter()
                .map(|choice| format!("\u{2022} {}", choice.label))
                .collect::<Vec<_>>()
                .join("\n"),
        }
    }

    /// Several blocks as one plain text, a blank line between them.
    pub fn plain_all(blocks: &[Self]) -> String {
        blocks
            .iter()
            .map(Self::plain)
            .collect::<Vec<_>>()
            .join("\n\n")
    }
}

impl Resource {
    /// "Name: call 988, text 988, https://…" on one line.
    pub fn plain(&self) -> String {
        let ways: Vec<String> = [
            self.phone.as_ref().map(|phone| format!("call {phone}")),
            self.sms.as_ref().map(|sms| format!("text {sms}")),
            self.url.clone(),
        ]
        .into_iter()
        .flatten()
        .collect();
        if ways.is_empty() {
            self.name.clone()
        } else {
            format!("{}: {}", self.name, ways.join(", "))
        }
    }
}
