//! People doing things, and what is visible afterwards.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::json;

use crate::{
    incoming::{Incoming, merge},
    server::{Shared, unix_time},
    world::{ChatKind, Counters, Visible},
};

/// What came of something a person did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The message it became, or that it changed.
    pub message_id: i64,
    /// The update the bot is told by; `None` if it is not told.
    pub update_id: Option<i64>,
    /// The id of the callback query, for a tap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_id: Option<String>,
}

pub(crate) fn act(shared: &Arc<Shared>, incoming: &Incoming) -> Done {
    let done = if let Some(message) = incoming.tap_on {
        tap(shared, incoming, message)
    } else if let Some(message) = incoming.edit_of {
        edit(shared, incoming, message)
    } else {
        write(shared, incoming)
    };
    shared.woken.notify_waiters();
    done
}

fn write(shared: &Arc<Shared>, incoming: &Incoming) -> Done {
    let id = incoming.chat_id();
    let mut world = shared.world();
    if incoming.chat_kind != ChatKind::Private {
        world.seen.insert(incoming.user);
    }
    let chat = world.chats.entry(id).or_default();
    chat.kind = incoming.chat_kind;
    chat.blocked = false;
    chat.topics.extend(incoming.thread);
    let message_id = chat.next_message_id();
    let mut message = json!({"message_id": message_id, "date": unix_time(), "chat": chat.json(id)});
    if incoming.chat_kind != ChatKind::Channel {
        message["from"] = incoming.from();
    }
    merge(&mut message, incoming.content());
    if let Some(thread) = incoming.thread {
        message["message_thread_id"] = json!(thread);
        message["is_topic_message"] = json!(true);
    }
    let mut replies_to_bot = false;
    if let Some(reply_to) = incoming.reply_to
        && let Some(original) = chat.find(reply_to)
    {
        replies_to_bot = original.user.is_none();
        let bot = json!({"id": shared.bot_id, "is_bot": true, "first_name": "Muykol", "username": shared.options.username});
        let from = match original.user {
            None => bot,
            Some(user) => json!({"id": user, "is_bot": false, "first_name": "Somebody"}),
        };
        let text = original.text.clone();
        message["reply_to_message"] = json!({
            "message_id": reply_to, "date": unix_time(), "chat": chat.json(id), "from": from, "text": text,
        });
    }
    chat.messages.push(Visible {
        message_id,
        user: Some(incoming.user),
        text: incoming.text.clone(),
        entities: Vec::new(),
        reply_to: incoming.reply_to,
        thread: incoming.thread,
        buttons: Vec::new(),
        edits: Vec::new(),
        deleted: false,
        at_us: shared.elapsed_us(),
    });
    let hidden = !matches!(incoming.chat_kind, ChatKind::Private | ChatKind::Channel)
        && !shared.options.reads_all_group_messages
        && !incoming.is_for(&shared.options.username, replies_to_bot);
    if hidden {
        world.counters.hidden_by_privacy += 1;
        return Done {
            message_id,
            ..Done::default()
        };
    }
    let kind = if incoming.chat_kind == ChatKind::Channel {
        "channel_post"
    } else {
        "message"
    };
    let update_id = world.queue(kind, id, &message);
    Done {
        message_id,
        update_id,
        callback_id: None,
    }
}

fn edit(shared: &Arc<Shared>, incoming: &Incoming, message_id: i64) -> Done {
    let id = incoming.chat_id();
    let mut world = shared.world();
    let chat = world.chats.entry(id).or_default();
    if let Some(message) = chat.find(message_id) {
        let before = std::mem::replace(&mut message.text, incoming.text.clone());
        message.edits.push(before);
    }
    let now = unix_time();
    let mut message = json!({
        "message_id": message_id, "date": now, "edit_date": now,
        "chat": chat.json(id), "from": incoming.from(),
    });
    merge(&mut message, incoming.content());
    let update_id = world.queue("edited_message", id, &message);
    Done {
        message_id,
        update_id,
        callback_id: None,
    }
}

fn tap(shared: &Arc<Shared>, incoming: &Incoming, message_id: i64) -> Done {
    let id = incoming.chat_id();
    let mut world = shared.world();
    let callback_id = (4_382_000_000_000_000_000_i64
        + i64::try_from(world.callbacks.len()).unwrap_or(0))
    .to_string();
    world
        .callbacks
        .insert(callback_id.clone(), std::time::Instant::now());
    let chat = world.chats.entry(id).or_default();
    let text = chat
        .find(message_id)
        .map(|message| message.text.clone())
        .unwrap_or_default();
    let query = json!({
        "id": callback_id,
        "from": incoming.from(),
        "chat_instance": "1",
        "data": incoming.data,
        "message": {
            "message_id": message_id, "date": unix_time(), "chat": chat.json(id), "text": text,
            "from": {"id": shared.bot_id, "is_bot": true, "first_name": "Muykol", "username": shared.options.username},
        },
    });
    let update_id = world.queue("callback_query", incoming.user + (3 << 33), &query);
    Done {
        message_id,
        update_id,
        callback_id: Some(callback_id),
    }
}

/// Turns a group into a supergroup: the old id answers with the new one from now on.
pub(crate) fn migrate(shared: &Arc<Shared>, from: i64, to: i64) {
    let mut world = shared.world();
    let now = unix_time();
    world.chats.entry(to).or_default().kind = ChatKind::Supergroup;
    let old = world.chats.entry(from).or_default();
    old.migrated_to = Some(to);
    let message_id = old.next_message_id();
    let mut message = json!({
        "message_id": message_id, "date": now, "chat": old.json(from), "migrate_to_chat_id": to,
        "from": {"id": 1, "is_bot": false, "first_name": "Somebody"},
    });
    world.queue("message", from, &message);
    message["chat"] = world.chats.entry(to).or_default().json(to);
    if let Some(fields) = message.as_object_mut() {
        fields.remove("migrate_to_chat_id");
    }
    message["migrate_from_chat_id"] = json!(from);
    world.queue("message", to, &message);
    drop(world);
    shared.woken.notify_waiters();
}

/// Queues an update once more under the same id, as Telegram does when an answer was lost.
pub(crate) fn redeliver(shared: &Arc<Shared>, update_id: i64) -> bool {
    let mut world = shared.world();
    let Some(pending) = world.archive.get(&update_id) else {
        return false;
    };
    let pending = crate::world::Pending {
        body: pending.body.clone(),
        chat: pending.chat,
    };
    world.again.push((update_id, pending.chat));
    world.pending.insert(update_id, pending);
    drop(world);
    shared.woken.notify_waiters();
    true
}

pub(crate) fn visible(shared: &Shared, chat: i64) -> Vec<Visible> {
    shared
        .world()
        .chats
        .get(&chat)
        .map(|chat| chat.messages.clone())
        .unwrap_or_default()
}

pub(crate) fn counters(shared: &Shared) -> Counters {
    let world = shared.world();
    let mut counters = world.counters.clone();
    counters.doubles = world.chats.values().map(|chat| chat.doubles() as u64).sum();
    counters
}

/// Waits until the bot has that many messages in the chat; says whether it came to that.
pub(crate) async fn wait(shared: &Shared, chat: i64, count: usize, limit: Duration) -> bool {
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        let changed = shared.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let by_bot = shared
            .world()
            .chats
            .get(&chat)
            .map_or(0, |chat| chat.by_bot);
        if by_bot >= count {
            return true;
        }
        if tokio::time::timeout_at(deadline, changed).await.is_err() {
            return false;
        }
    }
}
