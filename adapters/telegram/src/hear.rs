//! From an update to an [`Inbound`]: who speaks to us, where, and what kind of thing it is.

use muykol_core::words::{
    Account, Address, Attachment, Audience, Inbound, InboundKind, Place, PlaceRole, Timestamp,
};
use serde::Deserialize;
use serde_json::{Map, value::RawValue};

use crate::{
    api::Me,
    incoming::{CallbackQuery, Message, Update, User},
};

/// Commands that are ours; also shown in Telegram's menu.
pub(crate) const COMMANDS: &str = include_str!("../data/commands.tsv");
/// Fields that mark a message which nobody wrote.
const SERVICE: &str = include_str!("../data/service_messages.txt");

/// What an update means to us.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Somebody speaks to us.
    Message(Inbound),
    /// Somebody tapped a button; the query is to be answered at once.
    Tap {
        query: String,
        inbound: Option<Inbound>,
    },
    /// An earlier message reads differently now; it counts only if it speaks of danger.
    Edited(Inbound),
    /// Not for us: another's conversation, a bot, a channel, a notice by Telegram.
    Nothing,
    /// It cannot be read at all. Asking for it again would not change that.
    Unreadable,
    /// It may be for us, but we do not know our own name yet.
    TooEarly,
}

/// Who we are, as far as that is needed to know whether we are meant.
pub(crate) struct Ears<'a> {
    pub(crate) account: &'a Account,
    pub(crate) bot_id: i64,
    pub(crate) me: Option<&'a Me>,
    pub(crate) now: Timestamp,
}

impl Ears<'_> {
    pub(crate) fn hear(&self, update: &Update<'_>) -> Heard {
        if let Some(raw) = update.message {
            self.message(raw)
        } else if let Some(raw) = update.edited_message {
            match self.message(raw) {
                Heard::Message(inbound) => Heard::Edited(inbound),
                other => other,
            }
        } else if let Some(raw) = update.callback_query {
            self.tap(raw)
        } else {
            Heard::Nothing
        }
    }

    fn message(&self, raw: &RawValue) -> Heard {
        let Some(message) = read::<Message>(raw) else {
            return Heard::Unreadable;
        };
        let Some(from) = message.from.as_ref().filter(|from| !from.is_bot) else {
            return Heard::Nothing;
        };
        if message.sender_chat.is_some() {
            return Heard::Nothing;
        }
        let private = match message.chat.kind.as_str() {
            "private" => true,
            "group" | "supergroup" => false,
            _ => return Heard::Nothing,
        };
        let words = message
            .text
            .as_deref()
            .or(message.caption.as_deref())
            .unwrap_or_default();
        let addressed = match (private, self.me) {
            (true, _) => words.trim().to_owned(),
            (false, None) => return Heard::TooEarly,
            (false, Some(me)) => match self.addressed(me, &message, words) {
                Some(rest) => rest,
                None => return Heard::Nothing,
            },
        };
        let Some((kind, text)) = content(&message, raw, addressed) else {
            return Heard::Nothing;
        };
        let (chat, id) = (message.chat.id, message.message_id);
        let provider_id = match message.edit_date {
            None => format!("{chat}:{id}"),
            Some(edited) => format!("{chat}:{id}:e{edited}"),
        };
        let thread = message
            .message_thread_id
            .filter(|_| message.is_topic_message);
        let reply_to = (!private).then_some(message.message_id);
        Heard::Message(Inbound {
            sender: self.address(from),
            place: place(message.chat.id, thread, reply_to, private),
            provider_id,
            text,
            locale: from.language_code.clone(),
            at: Timestamp(
                message
                    .edit_date
                    .unwrap_or(message.date)
                    .saturating_mul(1000),
            ),
            kind,
        })
    }

    /// In a group: what is said to us, without our name; `None` if we are not meant.
    fn addressed(&self, me: &Me, message: &Message, words: &str) -> Option<String> {
        if let Some(command) = words.strip_prefix('/') {
            let (head, rest) = command
                .split_once(char::is_whitespace)
                .unwrap_or((command, ""));
            if let Some((name, bot)) = head.split_once('@') {
                let ours = bot.eq_ignore_ascii_case(&me.username);
                return ours.then(|| format!("/{name} {rest}").trim_end().to_owned());
            }
            // In privacy mode Telegram itself judges that a bare command is meant for us.
            if is_ours(head) && !me.can_read_all_group_messages {
                return Some(words.trim().to_owned());
            }
        }
        let replied = message
            .reply_to_message
            .as_ref()
            .and_then(|original| original.from.as_ref());
        match without_mention(words, &me.username) {
            Some(rest) => Some(rest),
            None => replied
                .is_some_and(|user| user.id == self.bot_id)
                .then(|| words.trim().to_owned()),
        }
    }

    fn tap(&self, raw: &RawValue) -> Heard {
        let Some(query) = read::<CallbackQuery>(raw) else {
            return Heard::Unreadable;
        };
        let inbound = match (&query.message, query.data) {
            (Some(message), Some(id)) if !query.from.is_bot => {
                let private = message.chat.kind == "private";
                let thread = message
                    .message_thread_id
                    .filter(|_| message.is_topic_message);
                Some(Inbound {
                    sender: self.address(&query.from),
                    place: place(message.chat.id, thread, None, private),
                    provider_id: format!("cb:{}", query.id),
                    text: String::new(),
                    locale: query.from.language_code.clone(),
                    at: self.now,
                    kind: InboundKind::Choice { id },
                })
            }
            _ => None,
        };
        Heard::Tap {
            query: query.id,
            inbound,
        }
    }

    fn address(&self, user: &User) -> Address {
        Address {
            channel: "telegram".into(),
            account: self.account.clone(),
            id: user.id.to_string(),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

fn place(room: i64, thread: Option<i64>, reply_to: Option<i64>, private: bool) -> Place {
    Place {
        room: room.to_string(),
        thread: thread.map(|thread| thread.to_string()),
        reply_to: reply_to.map(|message| message.to_string()),
        role: PlaceRole::Person,
        audience: if private {
            Audience::Private
        } else {
            Audience::Public
        },
    }
}

fn is_ours(name: &str) -> bool {
    COMMANDS
        .lines()
        .filter_map(|line| line.split('\t').next())
        .any(|ours| ours.eq_ignore_ascii_case(name))
}

/// What kind of thing it is, and its words; `None` for a notice that nobody wrote.
fn content(message: &Message, raw: &RawValue, words: String) -> Option<(InboundKind, String)> {
    if message.text.is_some() {
        if let Some(command) = words.strip_prefix('/') {
            let (head, args) = command
                .split_once(char::is_whitespace)
                .unwrap_or((command, ""));
            let name = head.split('@').next().unwrap_or_default();
            if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                let args = args.trim().to_owned();
                let kind = InboundKind::Command {
                    name: name.to_ascii_lowercase(),
                    args: args.clone(),
                };
                return Some((kind, args));
            }
        }
        return Some((InboundKind::Text, words));
    }
    let what = match attachment(message) {
        Some(what) => what,
        None if is_service(raw) => return None,
        None => Attachment::Other,
    };
    Some((InboundKind::Attachment { what }, words))
}

fn attachment(message: &Message) -> Option<Attachment> {
    // An animation also comes as a document, a venue as a location: the narrower one first.
    [
        (message.voice.or(message.audio), Attachment::Voice),
        (
            message.video.or(message.video_note).or(message.animation),
            Attachment::Video,
        ),
        (message.photo, Attachment::Photo),
        (message.sticker, Attachment::Sticker),
        (message.location.or(message.venue), Attachment::Location),
        (message.contact, Attachment::Contact),
        (message.document, Attachment::Document),
    ]
    .into_iter()
    .find_map(|(sent, what)| sent.map(|_| what))
}

fn is_service(raw: &RawValue) -> bool {
    read::<Map<String, serde_json::Value>>(raw)
        .is_some_and(|fields| SERVICE.lines().any(|field| fields.contains_key(field)))
}

/// The words without `@username`, in any case; `None` if it is not there as a word of its own.
fn without_mention(words: &str, username: &str) -> Option<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (start, end) = words.match_indices('@').find_map(|(start, _)| {
        let end = start + 1 + username.len();
        let named = words.get(start + 1..end)?.eq_ignore_ascii_case(username);
        let begins = !words[..start].chars().next_back().is_some_and(is_word);
        let ends = !words[end..].chars().next().is_some_and(is_word);
        (named && begins && ends).then_some((start, end))
    })?;
    let (before, after) = (
        words[..start].trim(),
        words[end..].trim_start_matches([',', ':']).trim(),
    );
    Some(if before.is_empty() || after.is_empty() {
        format!("{before}{after}")
    } else {
        format!("{before} {after}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn hear(update: &Value) -> Heard {
        let me = Me {
            id: 7,
            username: "muykol_bot".into(),
            can_read_all_group_messages: false,
        };
        let account = Account("7".into());
        let ears = Ears {
            account: &account,
            bot_id: 7,
            me: Some(&me),
            now: Timestamp(5),
        };
        let raw = update.to_string();
        ears.hear(&serde_json::from_str(&raw).unwrap())
    }

    fn message(more: &Value) -> Value {
        let mut message = json!({
            "message_id": 9, "date": 100, "from": {"id": 42, "is_bot": false, "first_name": "A", "language_code": "es"},
            "chat": {"id": 42, "type": "private"},
        });
        for (key, value) in more.as_object().unwrap() {
            message[key] = value.clone();
        }
        json!({"update_id": 1, "message": message})
    }

    fn group(more: &Value) -> Value {
        let mut update = message(more);
        update["message"]["chat"] = json!({"id": -100, "type": "supergroup", "title": "T"});
        update
    }

    fn inbound(update: &Value) -> Inbound {
        match hear(update) {
            Heard::Message(inbound) => inbound,
            other => panic!("{other:?}"),
        }
    }

    fn command(name: &str, args: &str) -> InboundKind {
        InboundKind::Command {
            name: name.into(),
            args: args.into(),
        }
    }

    #[test]
    fn a_private_message_keeps_its_words() {
        let inbound = inbound(&message(&json!({"text": " I can't sleep "})));
        assert_eq!(inbound.text, "I can't sleep");
        assert_eq!(inbound.provider_id, "42:9");
        assert_eq!(inbound.locale.as_deref(), Some("es"));
        assert_eq!(inbound.at, Timestamp(100_000));
        assert_eq!(
            (inbound.place.audience, inbound.place.reply_to),
            (Audience::Private, None)
        );
    }

    #[test]
    fn a_message_with_an_entity_newer_than_the_library_keeps_its_words() {
        let update = message(&json!({
            "text": "help me tonight",
            "entities": [{"type": "something_new", "offset": 8, "length": 7, "odd": {"x": 1}}],
            "new_field_of_telegram": {"y": []},
        }));
        assert_eq!(inbound(&update).text, "help me tonight");
    }

    #[test]
    fn commands_are_read_with_and_without_the_name_of_the_bot() {
        assert_eq!(
            inbound(&message(&json!({"text": "/Verse@muykol_bot John 3:16"}))).kind,
            command("verse", "John 3:16")
        );
        assert_eq!(
            inbound(&message(&json!({"text": "/start abc"}))).kind,
            command("start", "abc")
        );
        assert_eq!(
            inbound(&group(&json!({"text": "/verse@Muykol_bot John 3:16"}))).kind,
            command("verse", "John 3:16")
        );
        assert!(matches!(
            hear(&group(&json!({"text": "/verse@other_bot John 3:16"}))),
            Heard::Nothing
        ));
        assert_eq!(
            inbound(&message(&json!({"text": "/ not a command"}))).kind,
            InboundKind::Text
        );
        // What follows a command is words like any other: it is assessed.
        assert_eq!(
            inbound(&message(&json!({"text": "/help I want to die"}))).text,
            "I want to die"
        );
    }

    #[test]
    fn a_group_is_heard_by_mention_or_reply_only() {
        assert!(matches!(
            hear(&group(&json!({"text": "hello all"}))),
            Heard::Nothing
        ));
        let mentioned = inbound(&group(&json!({"text": "hi @Muykol_Bot, I can't sleep"})));
        assert_eq!(mentioned.text, "hi I can't sleep");
        assert_eq!(
            (
                mentioned.place.audience,
                mentioned.place.reply_to.as_deref()
            ),
            (Audience::Public, Some("9"))
        );
        assert!(matches!(
            hear(&group(&json!({"text": "@muykol_bots hi"}))),
            Heard::Nothing
        ));
        let reply = json!({"text": "thanks", "reply_to_message": {"message_id": 3, "from": {"id": 7, "is_bot": true}}});
        assert_eq!(inbound(&group(&reply)).text, "thanks");
        let other =
            json!({"text": "thanks", "reply_to_message": {"message_id": 3, "from": {"id": 8}}});
        assert!(matches!(hear(&group(&other)), Heard::Nothing));
    }

    #[test]
    fn a_topic_is_kept_and_the_general_one_has_none() {
        let topic =
            json!({"text": "@muykol_bot hi", "message_thread_id": 5, "is_topic_message": true});
        assert_eq!(inbound(&group(&topic)).place.thread.as_deref(), Some("5"));
        // In a supergroup without topics a reply carries a thread id that must not be sent back.
        let plain = json!({"text": "@muykol_bot hi", "message_thread_id": 5});
        assert_eq!(inbound(&group(&plain)).place.thread, None);
    }

    #[test]
    fn bots_channels_and_notices_are_not_heard() {
        for more in [
            json!({"text": "x", "from": {"id": 1, "is_bot": true}}),
            json!({"text": "x", "sender_chat": {"id": -5}}),
            json!({"pinned_message": {}}),
            json!({"new_chat_members": []}),
            json!({"text": "x", "chat": {"id": -5, "type": "channel"}}),
        ] {
            assert!(matches!(hear(&message(&more)), Heard::Nothing));
        }
        assert!(matches!(
            hear(&json!({"update_id": 1, "channel_post": {}})),
            Heard::Nothing
        ));
        assert!(matches!(
            hear(&json!({"update_id": 1, "message": {"message_id": "?"}})),
            Heard::Unreadable
        ));
    }

    #[test]
    fn what_is_not_words_is_an_attachment_with_its_caption() {
        let kinds = [
            ("voice", Attachment::Voice),
            ("photo", Attachment::Photo),
            ("video_note", Attachment::Video),
            ("sticker", Attachment::Sticker),
            ("document", Attachment::Document),
            ("location", Attachment::Location),
            ("contact", Attachment::Contact),
            ("something_new", Attachment::Other),
        ];
        for (field, what) in kinds {
            let inbound = inbound(&message(&json!({field: {}, "caption": "look"})));
            assert_eq!(
                (inbound.kind, inbound.text.as_str()),
                (InboundKind::Attachment { what }, "look")
            );
        }
    }

    #[test]
    fn a_tap_is_a_choice() {
        let tap = json!({"update_id": 1, "callback_query": {
            "id": "77", "from": {"id": 42}, "data": "yes",
            "message": {"message_id": 3, "date": 0, "chat": {"id": 42, "type": "private"}},
        }});
        let Heard::Tap {
            query,
            inbound: Some(inbound),
        } = hear(&tap)
        else {
            panic!()
        };
        assert_eq!(
            (query.as_str(), inbound.provider_id.as_str()),
            ("77", "cb:77")
        );
        assert_eq!(inbound.kind, InboundKind::Choice { id: "yes".into() });
    }
}
