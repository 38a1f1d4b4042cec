//! The JSON of core's words, described for the `OpenAPI` document. Nothing is ever made of these
//! types: core serialises itself, and the tests hold real responses against these descriptions.
#![allow(dead_code, clippy::struct_field_names)]

use serde::Serialize;
use utoipa::ToSchema;

/// A problem, RFC 9457.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What sort of problem; stays the same.
    r#type: String,
    /// The same in a few words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong and how to mend it.
    detail: String,
    /// The field at fault.
    field: Option<String>,
    /// When to come back.
    retry_after_seconds: Option<u64>,
    /// Real help, where refused words spoke of danger.
    resources: Option<Vec<Block>>,
    /// The id of the request, as in `x-request-id` and the log.
    request_id: Option<String>,
}

/// A piece of a reply.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Block {
    /// Plain sentences.
    Text {
        /// The words, without markup.
        text: String,
    },
    /// A passage, word for word from a held text.
    Verse {
        /// The reference as a person reads it.
        reference: String,
        /// The held text.
        text: String,
        /// The translation's short name.
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
    /// Real help.
    Resources {
        /// Most fitting first.
        items: Vec<Resource>,
    },
    /// Answers that can be tapped.
    Choices {
        /// In order.
        items: Vec<Choice>,
    },
}

/// One place where help can be found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Resource {
    /// The name people know it by.
    name: String,
    /// The number to call.
    phone: Option<String>,
    /// How to reach it by text message: a number, or "WORD to number".
    sms: Option<String>,
    /// Its website.
    url: Option<String>,
    /// ISO 3166-1 alpha-2, or "INTL".
    country: String,
}

/// One option.
#[derive(Serialize, ToSchema)]
pub(crate) struct Choice {
    /// What `choice` takes.
    id: String,
    /// What the person reads.
    label: String,
}

/// One of the fifteen feelings muykol tells apart.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Emotion {
    Anxiety,
    Fear,
    Sadness,
    Grief,
    Anger,
    Loneliness,
    GuiltShame,
    Hopelessness,
    DoubtConfusion,
    SpiritualDryness,
    Weariness,
    Gratitude,
    Joy,
    PeaceHope,
    Neutral,
}

/// What was heard.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmotionReading {
    /// The strongest feeling; `neutral` when nothing is clear.
    primary: Emotion,
    /// The next strongest.
    #[schema(required)]
    secondary: Option<Emotion>,
    /// How sure, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f32,
}

/// How near the danger is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CrisisLevel {
    None,
    Concern,
    Danger,
    Imminent,
}

/// What the danger is about.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CrisisKind {
    Suicide,
    SelfHarm,
    ThirdParty,
    Past,
    Abuse,
    Violence,
    Medical,
}

/// Whether danger was heard.
#[derive(Serialize, ToSchema)]
pub(crate) struct CrisisReading {
    /// How near.
    level: CrisisLevel,
    /// Of what kind, most pressing first.
    kinds: Vec<CrisisKind>,
}

/// Who wrote the reply.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnsweredBy {
    Curated,
    Model,
    Crisis,
    System,
}

/// Who said a line.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Person,
    Muykol,
}

/// One complete reply.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reply {
    /// The line of history it became; feedback takes it.
    id: String,
    /// The conversation.
    conversation_id: String,
    /// The whole reply as plain text.
    text: String,
    /// The same, in blocks.
    blocks: Vec<Block>,
    /// What was heard.
    emotion: EmotionReading,
    /// Whether danger was heard.
    crisis: CrisisReading,
    /// Whether it offers to carry a prayer request.
    prayer_offered: bool,
    /// Who wrote it.
    answered_by: AnsweredBy,
    /// False if neither the message nor this reply could be kept; absent otherwise.
    stored: Option<bool>,
}

/// A line of history. What follows `message_id` is there for one of the two roles only.
#[derive(Serialize, ToSchema)]
pub(crate) struct Message {
    /// Its id; `before` and `Last-Event-ID` take it.
    id: String,
    /// Who said it.
    role: Role,
    /// The words, plain.
    text: String,
    /// When, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    at: String,
    /// Person: the id the message was accepted under.
    message_id: Option<String>,
    /// muykol: the ids of the messages it answers.
    answers: Option<Vec<String>>,
    /// muykol: the conversation.
    conversation_id: Option<String>,
    /// muykol: the reply in blocks.
    blocks: Option<Vec<Block>>,
    /// muykol: what was heard.
    emotion: Option<EmotionReading>,
    /// muykol: whether danger was heard.
    crisis: Option<CrisisReading>,
    /// muykol: whether it offers to carry a prayer request.
    prayer_offered: Option<bool>,
    /// muykol: who wrote it.
    answered_by: Option<AnsweredBy>,
}
