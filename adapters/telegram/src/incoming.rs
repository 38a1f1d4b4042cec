//! What is read of an update. Only what we use, and as leniently as that allows: a field that we
//! do not know must never cost a person their words.

#![allow(clippy::struct_field_names)] // they are the Bot API's

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

/// An update whose content is read in a second step, so that one that cannot be read does not
/// stop the queue.
#[derive(Deserialize)]
pub(crate) struct Update<'a> {
    pub(crate) update_id: i64,
    #[serde(borrow)]
    pub(crate) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) edited_message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) callback_query: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(crate) struct Message {
    pub(crate) message_id: i64,
    pub(crate) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(crate) is_topic_message: bool,
    pub(crate) from: Option<User>,
    /// Present when a channel or an anonymous administrator speaks.
    pub(crate) sender_chat: Option<IgnoredAny>,
    pub(crate) chat: Chat,
    #[serde(default)]
    pub(crate) date: i64,
    pub(crate) edit_date: Option<i64>,
    pub(crate) text: Option<String>,
    pub(crate) caption: Option<String>,
    pub(crate) reply_to_message: Option<Box<RepliedTo>>,
    // What was sent instead of words.
    pub(crate) voice: Option<IgnoredAny>,
    pub(crate) audio: Option<IgnoredAny>,
    pub(crate) video_note: Option<IgnoredAny>,
    pub(crate) photo: Option<IgnoredAny>,
    pub(crate) video: Option<IgnoredAny>,
    pub(crate) animation: Option<IgnoredAny>,
    pub(crate) sticker: Option<IgnoredAny>,
    pub(crate) document: Option<IgnoredAny>,
    pub(crate) location: Option<IgnoredAny>,
    pub(crate) venue: Option<IgnoredAny>,
    pub(crate) contact: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(crate) struct RepliedTo {
    pub(crate) from: Option<User>,
}

#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) is_bot: bool,
    pub(crate) language_code: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

#[derive(Deserialize)]
pub(crate) struct CallbackQuery {
    pub(crate) id: String,
    pub(crate) from: User,
    pub(crate) message: Option<TappedMessage>,
    pub(crate) data: Option<String>,
}

/// The message under which a button was tapped; of one that is too old Telegram shows only this.
#[derive(Deserialize)]
pub(crate) struct TappedMessage {
    pub(crate) chat: Chat,
    pub(crate) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(crate) is_topic_message: bool,
}
