//! What people do: write, edit, tap, send a picture.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{markup::utf16_len, world::ChatKind};

/// Something a person does in a chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Incoming {
    /// The person.
    pub user: i64,
    /// The chat; 0 is the private chat with the person.
    pub chat: i64,
    /// What sort of chat it is.
    pub chat_kind: ChatKind,
    /// The words, or the caption of `media`.
    pub text: String,
    /// What was sent instead of words: "photo", "voice", "video", "sticker", "document",
    /// "location", "contact", "animation", `"video_note"`, "dice", "poll", or any other name.
    pub media: Option<String>,
    /// The message that is answered.
    pub reply_to: Option<i64>,
    /// The topic.
    pub thread: Option<i64>,
    /// The message that is edited.
    pub edit_of: Option<i64>,
    /// The button that is tapped: the message it is under.
    pub tap_on: Option<i64>,
    /// The button that is tapped: its data.
    pub data: String,
    /// Whether the sender is another bot.
    pub is_bot: bool,
    /// The language of the person's client.
    pub language: Option<String>,
}

impl Incoming {
    /// A message in the private chat.
    pub fn text(user: i64, text: impl Into<String>) -> Self {
        Self {
            user,
            text: text.into(),
            ..Self::default()
        }
    }

    /// Something without words in the private chat.
    pub fn media(user: i64, media: &str, caption: &str) -> Self {
        Self {
            user,
            media: Some(media.to_owned()),
            text: caption.to_owned(),
            ..Self::default()
        }
    }

    /// A tap on a button in the private chat.
    pub fn tap(user: i64, message: i64, data: &str) -> Self {
        Self {
            user,
            tap_on: Some(message),
            data: data.to_owned(),
            ..Self::default()
        }
    }

    /// A new text for an earlier message.
    pub fn edit(user: i64, message: i64, text: &str) -> Self {
        Self {
            user,
            edit_of: Some(message),
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// The same in a group, forum or channel.
    #[must_use]
    pub fn in_chat(mut self, chat: i64, kind: ChatKind) -> Self {
        self.chat = chat;
        self.chat_kind = kind;
        self
    }

    /// The same as an answer to a message.
    #[must_use]
    pub fn replying_to(mut self, message: i64) -> Self {
        self.reply_to = Some(message);
        self
    }

    /// The same in a topic.
    #[must_use]
    pub fn in_thread(mut self, thread: i64) -> Self {
        self.thread = Some(thread);
        self
    }

    pub(crate) fn chat_id(&self) -> i64 {
        if self.chat == 0 { self.user } else { self.chat }
    }

    /// The sender as the Bot API shows them.
    pub(crate) fn from(&self) -> Value {
        let mut user = json!({"id": self.user, "is_bot": self.is_bot, "first_name": "Somebody"});
        if let Some(language) = &self.language {
            user["language_code"] = json!(language);
        }
        user
    }

    /// The fields of the message that carry its content.
    pub(crate) fn content(&self) -> Value {
        let entities = entities_of(&self.text);
        let Some(media) = &self.media else {
            let mut content = json!({"text": self.text});
            if !entities.is_empty() {
                content["entities"] = json!(entities);
            }
            return content;
        };
        let file = json!({"file_id": "f", "file_unique_id": "u", "file_size": 1});
        let sized = |more: Value| {
            let mut file = file.clone();
            merge(&mut file, more);
            file
        };
        let value = match media.as_str() {
            "photo" => json!([sized(json!({"width": 1, "height": 1}))]),
            "voice" => sized(json!({"duration": 1})),
            "video" | "animation" => sized(json!({"width": 1, "height": 1, "duration": 1})),
            "video_note" => sized(json!({"length": 1, "duration": 1})),
            "sticker" => sized(
                json!({"width": 1, "height": 1, "type": "regular", "is_animated": false, "is_video": false}),
            ),
            "document" => file,
            "location" => json!({"latitude": 1.0, "longitude": 1.0}),
            "contact" => json!({"phone_number": "1", "first_name": "A"}),
            "dice" => json!({"emoji": "\u{1f3b2}", "value": 1}),
            _ => json!({}),
        };
        let mut content = json!({ media.as_str(): value });
        if !self.text.is_empty() {
            content["caption"] = json!(self.text);
            if !entities.is_empty() {
                content["caption_entities"] = json!(entities);
            }
        }
        content
    }

    /// Whether a bot in privacy mode would be shown this in a group.
    pub(crate) fn is_for(&self, username: &str, replies_to_bot: bool) -> bool {
        let mention = format!("@{username}").to_lowercase();
        let text = self.text.to_lowercase();
        let command = text.starts_with('/')
            && text
                .split_whitespace()
                .next()
                .is_some_and(|word| !word.contains('@') || word.ends_with(&mention));
        replies_to_bot || command || text.contains(&mention)
    }
}

pub(crate) fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// Commands and mentions, as Telegram marks them.
fn entities_of(text: &str) -> Vec<Value> {
    let mut entities = Vec::new();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (index, mark) in text.match_indices(['/', '@']) {
        if text[..index]
            .chars()
            .next_back()
            .is_some_and(|c| is_word(c) || matches!(c, '/' | '@'))
        {
            continue;
        }
        let rest = &text[index + 1..];
        let extra = if mark == "/" { "@" } else { "" };
        let end = rest
            .find(|c: char| !is_word(c) && !extra.contains(c))
            .unwrap_or(rest.len());
        if end == 0 {
            continue;
        }
        entities.push(json!({
            "type": if mark == "/" { "bot_command" } else { "mention" },
            "offset": utf16_len(&text[..index]),
            "length": utf16_len(&rest[..end]) + 1,
        }));
    }
    entities
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_mentions_are_marked_in_utf16() {
        let marked = entities_of("\u{1f600} @muykol_bot /verse@muykol_bot a/b");
        assert_eq!(
            marked,
            [
                json!({"type": "mention", "offset": 3, "length": 11}),
                json!({"type": "bot_command", "offset": 15, "length": 17}),
            ]
        );
    }

    #[test]
    fn privacy_mode_shows_only_what_is_meant_for_the_bot() {
        let says = |text: &str| Incoming::text(1, text);
        assert!(!says("hello all").is_for("muykol_bot", false));
        assert!(says("hello @Muykol_bot").is_for("muykol_bot", false));
        assert!(says("/help").is_for("muykol_bot", false));
        assert!(!says("/help@other_bot").is_for("muykol_bot", false));
        assert!(says("hello").is_for("muykol_bot", true));
    }
}
