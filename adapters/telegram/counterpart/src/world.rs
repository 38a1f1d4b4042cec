//! Chats, what is visible in them, and the queue of updates.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    fault::{FaultRule, RateLimits, Recent},
    markup::Entity,
};

/// What sort of chat it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    /// One person and the bot; the chat's id is the person's.
    #[default]
    Private,
    /// A basic group.
    Group,
    /// A supergroup.
    Supergroup,
    /// A supergroup with topics.
    Forum,
    /// A channel.
    Channel,
}

impl ChatKind {
    fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Group => "group",
            Self::Supergroup | Self::Forum => "supergroup",
            Self::Channel => "channel",
        }
    }
}

/// One button below a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What is read on it.
    pub text: String,
    /// What comes back when it is tapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_data: Option<String>,
    /// Where it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A message as a person sees it in the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visible {
    /// Its id, counted per chat.
    pub message_id: i64,
    /// The person who wrote it; `None` is the bot.
    pub user: Option<i64>,
    /// The words as they stand now.
    pub text: String,
    /// Their formatting.
    pub entities: Vec<Entity>,
    /// The message it answers.
    pub reply_to: Option<i64>,
    /// The topic it is in.
    pub thread: Option<i64>,
    /// The buttons below it, row by row.
    pub buttons: Vec<Vec<Button>>,
    /// The texts it had before it was edited.
    pub edits: Vec<String>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When it came, in microseconds since the counterpart started.
    pub at_us: u64,
}

/// A draft that was shown while an answer was being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// Its id.
    pub draft_id: i64,
    /// What it showed.
    pub text: String,
}

#[derive(Debug, Default)]
pub(crate) struct Chat {
    pub(crate) kind: ChatKind,
    pub(crate) messages: Vec<Visible>,
    /// How many of them are the bot's and still there.
    pub(crate) by_bot: usize,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) topics: HashSet<i64>,
    pub(crate) blocked: bool,
    pub(crate) deactivated: bool,
    pub(crate) migrated_to: Option<i64>,
}

impl Chat {
    pub(crate) fn next_message_id(&self) -> i64 {
        self.messages.last().map_or(1, |last| last.message_id + 1)
    }

    pub(crate) fn find(&mut self, message_id: i64) -> Option<&mut Visible> {
        let index = self
            .messages
            .binary_search_by_key(&message_id, |message| message.message_id)
            .ok()?;
        self.messages
            .get_mut(index)
            .filter(|message| !message.deleted)
    }

    /// How many of the bot's messages say what an earlier one said.
    pub(crate) fn doubles(&self) -> usize {
        let mut seen = HashSet::new();
        self.messages
            .iter()
            .filter(|message| message.user.is_none() && !message.deleted)
            .filter(|message| !seen.insert(message.text.as_str()))
            .count()
    }

    pub(crate) fn json(&self, id: i64) -> Value {
        let mut chat = json!({"id": id, "type": self.kind.name()});
        match self.kind {
            ChatKind::Private => chat["first_name"] = json!("Somebody"),
            _ => chat["title"] = json!("A room"),
        }
        if self.kind == ChatKind::Forum {
            chat["is_forum"] = json!(true);
        }
        chat
    }
}

/// Counts of what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Messages that became visible.
    pub sends: u64,
    /// Edits that changed a visible message.
    pub edits: u64,
    /// Drafts shown.
    pub drafts: u64,
    /// Chat actions ("typing") shown.
    pub chat_actions: u64,
    /// Callback queries answered in time.
    pub callback_answers: u64,
    /// Messages deleted.
    pub deletes: u64,
    /// Updates given to `getUpdates`, again counted again.
    pub polled: u64,
    /// Webhook calls made.
    pub webhook_calls: u64,
    /// Webhook calls not answered with 2xx.
    pub webhook_failures: u64,
    /// Group messages that privacy mode kept from the bot.
    pub hidden_by_privacy: u64,
    /// The bot's messages that say what an earlier one in the same chat said.
    pub doubles: u64,
    /// Errors returned, by code and description.
    pub errors: BTreeMap<String, u64>,
}

pub(crate) struct Pending {
    pub(crate) body: Arc<str>,
    /// Updates of one chat are delivered one after another; taps wait in a queue of their own.
    pub(crate) chat: i64,
}

pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
    pub(crate) max_connections: usize,
    pub(crate) last_error: Option<String>,
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) chats: HashMap<i64, Chat>,
    /// People seen in a group, who may never have opened a private chat.
    pub(crate) seen: HashSet<i64>,
    pub(crate) pending: BTreeMap<i64, Pending>,
    /// Everything ever queued, to deliver it again.
    pub(crate) archive: BTreeMap<i64, Pending>,
    /// Updates to deliver to the webhook once more, with their chats.
    pub(crate) again: Vec<(i64, i64)>,
    pub(crate) last_update_id: i64,
    pub(crate) allowed: Vec<String>,
    pub(crate) callbacks: HashMap<String, Instant>,
    pub(crate) webhook: Option<Webhook>,
    /// Raised whenever the webhook changes, so that deliveries under way stop.
    pub(crate) webhook_generation: u64,
    /// Raised by every long poll that begins to wait; the one before it is ended.
    pub(crate) poll_generation: u64,
    pub(crate) rules: Vec<FaultRule>,
    pub(crate) limits: RateLimits,
    pub(crate) recent: Recent,
    pub(crate) counters: Counters,
    pub(crate) commands: Value,
}

impl World {
    /// Queues an update if its type is asked for; gives its id.
    pub(crate) fn queue(&mut self, kind: &str, chat: i64, payload: &Value) -> Option<i64> {
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed == kind) {
            return None;
        }
        self.last_update_id += 1;
        let update_id = self.last_update_id;
        let body: Arc<str> = json!({"update_id": update_id, kind: payload})
            .to_string()
            .into();
        self.archive.insert(
            update_id,
            Pending {
                body: body.clone(),
                chat,
            },
        );
        if self.archive.len() > 100_000 {
            self.archive.pop_first();
        }
        self.pending.insert(update_id, Pending { body, chat });
        Some(update_id)
    }
}
