//! The methods of the Bot API that change or show a chat.

use serde_json::{Value, json};

use crate::{
    answer::{Answer, Refusal},
    args::Args,
    markup::{Formatted, message_text},
    server::{Shared, unix_time},
    world::{Button, Chat, ChatKind, Draft, Visible, World},
};

/// How long a tapped button may wait for its answer, in seconds.
const CALLBACK_LIFETIME: u64 = 15;
/// The most buttons one message carries.
const MOST_BUTTONS: usize = 100;
const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup \
    are exactly the same as a current content and reply markup of the message";

/// Whether the counterpart knows the method (named in lower case).
pub(crate) fn is_known(method: &str) -> bool {
    matches!(
        method,
        "getme"
            | "getupdates"
            | "setwebhook"
            | "deletewebhook"
            | "getwebhookinfo"
            | "sendmessage"
            | "sendmessagedraft"
            | "editmessagetext"
            | "sendchataction"
            | "answercallbackquery"
            | "setmycommands"
            | "getmycommands"
            | "deletemessage"
            | "getchat"
    )
}

/// Carries out a method that does not wait.
pub(crate) fn call(shared: &Shared, method: &str, args: &Args) -> Answer {
    let mut world = shared.world();
    match method {
        "getme" => Ok(get_me(shared)),
        "sendmessage" => send_message(shared, &mut world, args),
        "sendmessagedraft" => send_draft(&mut world, args),
        "editmessagetext" => edit_message(shared, &mut world, args),
        "sendchataction" => chat_action(&mut world, args),
        "answercallbackquery" => answer_callback(&mut world, args),
        "setmycommands" => set_commands(&mut world, args),
        "getmycommands" => Ok(world.commands.clone()),
        "deletemessage" => delete_message(&mut world, args),
        "getchat" => {
            let id = args.int("chat_id");
            writable(&mut world, args).map(|chat| chat.json(id))
        }
        _ => Err(Refusal::new(404, "Not Found: method not found")),
    }
}

fn get_me(shared: &Shared) -> Value {
    json!({
        "id": shared.bot_id,
        "is_bot": true,
        "first_name": "Muykol",
        "username": shared.options.username,
        "can_join_groups": true,
        "can_read_all_group_messages": shared.options.reads_all_group_messages,
        "supports_inline_queries": false,
        "can_connect_to_business": false,
        "has_main_web_app": false,
    })
}

/// The chat, if the bot may write to it.
fn writable<'a>(world: &'a mut World, args: &Args) -> Result<&'a mut Chat, Refusal> {
    if args.text("chat_id").is_empty() {
        return Err(Refusal::bad("chat_id is empty"));
    }
    let id = args.int("chat_id");
    let seen = world.seen.contains(&id);
    let Some(chat) = world.chats.get_mut(&id) else {
        return Err(if seen {
            Refusal::new(
                403,
                "Forbidden: bot can't initiate conversation with a user",
            )
        } else {
            Refusal::bad("chat not found")
        });
    };
    match chat {
        Chat {
            deactivated: true, ..
        } => Err(Refusal::deactivated()),
        Chat {
            blocked: true,
            kind: ChatKind::Private,
            ..
        } => Err(Refusal::blocked()),
        Chat { blocked: true, .. } => Err(Refusal::new(
            403,
            "Forbidden: bot was kicked from the supergroup chat",
        )),
        Chat {
            migrated_to: Some(to),
            ..
        } => Err(Refusal::migrated(*to)),
        chat => Ok(chat),
    }
}

fn formatted(args: &Args, edit: bool) -> Result<Formatted, Refusal> {
    message_text(&args.text("text"), &args.text("parse_mode"), edit).map_err(Refusal::bad)
}

fn admit(world: &mut World, args: &Args) -> Result<(), Refusal> {
    let now = std::time::Instant::now();
    let limits = world.limits;
    world
        .recent
        .admit(limits, args.int("chat_id"), now)
        .map_err(Refusal::retry_after)
}

fn send_message(shared: &Shared, world: &mut World, args: &Args) -> Answer {
    let Formatted { text, entities } = formatted(args, false)?;
    let buttons = buttons(args)?;
    let reply = reply(args)?;
    let chat = writable(world, args)?;
    let thread = thread(chat, args)?;
    let reply_to = match reply {
        Some((message, lenient)) => match chat.find(message) {
            Some(_) => Some(message),
            None if lenient => None,
            None => return Err(Refusal::bad("message to be replied not found")),
        },
        None => None,
    };
    admit(world, args)?;
    let id = args.int("chat_id");
    let chat = world.chats.entry(id).or_default();
    let message = Visible {
        message_id: chat.next_message_id(),
        user: None,
        text,
        entities,
        reply_to,
        thread,
        buttons,
        edits: Vec::new(),
        deleted: false,
        at_us: shared.elapsed_us(),
    };
    let shown = shown(shared, chat, id, &message);
    chat.messages.push(message);
    chat.by_bot += 1;
    world.counters.sends += 1;
    shared.changed.notify_waiters();
    Ok(shown)
}

fn shown(shared: &Shared, chat: &Chat, id: i64, message: &Visible) -> Value {
    let mut shown = json!({
        "message_id": message.message_id,
        "from": {"id": shared.bot_id, "is_bot": true, "first_name": "Muykol", "username": shared.options.username},
        "chat": chat.json(id),
        "date": unix_time(),
        "text": message.text,
    });
    if !message.entities.is_empty() {
        shown["entities"] = json!(message.entities);
    }
    if let Some(thread) = message.thread {
        shown["message_thread_id"] = json!(thread);
    }
    if !message.buttons.is_empty() {
        shown["reply_markup"] = json!({"inline_keyboard": message.buttons});
    }
    shown
}

/// The message to answer, and whether its absence is forgiven.
fn reply(args: &Args) -> Result<Option<(i64, bool)>, Refusal> {
    let parameters = args
        .json("reply_parameters")
        .map_err(|_| Refusal::bad("can't parse reply parameters JSON object"))?;
    let (message, lenient) = match parameters {
        Some(Value::Object(fields)) if fields.is_empty() => (0, false),
        Some(Value::Object(fields)) => {
            let Some(message) = fields.get("message_id").and_then(Value::as_i64) else {
                return Err(Refusal::bad("can't find field \"message_id\""));
            };
            (
                message,
                fields.get("allow_sending_without_reply") == Some(&json!(true)),
            )
        }
        Some(_) => return Err(Refusal::bad("object expected as reply parameters")),
        None => (
            args.int("reply_to_message_id"),
            args.flag("allow_sending_without_reply"),
        ),
    };
    Ok((message > 0).then_some((message, lenient)))
}

/// The topic. Telegram ignores one where there are none, and refuses the number of the general one.
fn thread(chat: &Chat, args: &Args) -> Result<Option<i64>, Refusal> {
    let thread = args.int("message_thread_id");
    let has_topics = matches!(chat.kind, ChatKind::Forum | ChatKind::Private);
    match thread {
        0 => Ok(None),
        _ if !has_topics => Ok(None),
        known if chat.topics.contains(&known) && known != 1 => Ok(Some(known)),
        _ => Err(Refusal::bad("message thread not found")),
    }
}

fn buttons(args: &Args) -> Result<Vec<Vec<Button>>, Refusal> {
    let markup = args
        .json("reply_markup")
        .map_err(|_| Refusal::bad("can't parse reply keyboard markup JSON object"))?;
    let Some(markup) = markup else {
        return Ok(Vec::new());
    };
    if !markup.is_object() {
        return Err(Refusal::bad("object expected as reply markup"));
    }
    let Some(keyboard) = markup.get("inline_keyboard") else {
        return Ok(Vec::new());
    };
    let problem = |what: &str| Refusal::bad(format!("can't parse inline keyboard button: {what}"));
    let rows: Vec<Vec<Button>> = serde_json::from_value(keyboard.clone())
        .map_err(|_| problem("InlineKeyboardButton must be an Object"))?;
    for button in rows.iter().flatten() {
        match button {
            Button { text, .. } if text.trim().is_empty() => {
                return Err(problem("Inline keyboard button text must be non-empty"));
            }
            Button {
                callback_data: Some(data),
                ..
            } if data.is_empty() || data.len() > 64 => {
                return Err(Refusal::bad("BUTTON_DATA_INVALID"));
            }
            Button {
                callback_data: None,
                url: None,
                ..
            } => {
                return Err(problem("Text buttons are unallowed in the inline keyboard"));
            }
            Button { url: Some(url), .. } if !url.contains("://") || url.contains(' ') => {
                return Err(Refusal::bad(format!(
                    "inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
                )));
            }
            _ => {}
        }
    }
    if rows.iter().map(Vec::len).sum::<usize>() > MOST_BUTTONS {
        return Err(Refusal::bad("reply markup is too long"));
    }
    Ok(rows)
}

fn send_draft(world: &mut World, args: &Args) -> Answer {
    let Formatted { text, .. } = formatted(args, false)?;
    let draft_id = args.int("draft_id");
    let chat = writable(world, args)?;
    if chat.kind != ChatKind::Private {
        return Err(Refusal::bad("TEXTDRAFT_PEER_INVALID"));
    }
    thread(chat, args)?;
    if draft_id == 0 {
        return Err(Refusal::bad("RANDOM_ID_INVALID"));
    }
    chat.drafts.push(Draft { draft_id, text });
    world.counters.drafts += 1;
    Ok(json!(true))
}

fn edit_message(shared: &Shared, world: &mut World, args: &Args) -> Answer {
    let Formatted { text, entities } = formatted(args, true)?;
    let buttons = buttons(args)?;
    if args.int("message_id") == 0 {
        return Err(Refusal::bad("message identifier is not specified"));
    }
    let chat = writable(world, args)?;
    let Some(message) = chat.find(args.int("message_id")) else {
        return Err(Refusal::bad("message to edit not found"));
    };
    if message.user.is_some() {
        return Err(Refusal::bad("message can't be edited"));
    }
    if (&message.text, &message.entities, &message.buttons) == (&text, &entities, &buttons) {
        return Err(Refusal::bad(NOT_MODIFIED));
    }
    admit(world, args)?;
    let id = args.int("chat_id");
    let chat = world.chats.entry(id).or_default();
    let Some(message) = chat.find(args.int("message_id")) else {
        return Err(Refusal::bad("message to edit not found"));
    };
    let before = std::mem::replace(&mut message.text, text);
    message.edits.push(before);
    message.entities = entities;
    message.buttons = buttons;
    let message = message.clone();
    let shown = shown(shared, chat, id, &message);
    world.counters.edits += 1;
    shared.changed.notify_waiters();
    Ok(shown)
}

fn chat_action(world: &mut World, args: &Args) -> Answer {
    const ACTIONS: [&str; 11] = [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ];
    if !ACTIONS.contains(&args.text("action").as_str()) {
        return Err(Refusal::bad("wrong parameter action in request"));
    }
    writable(world, args)?;
    world.counters.chat_actions += 1;
    Ok(json!(true))
}

fn answer_callback(world: &mut World, args: &Args) -> Answer {
    let asked = world.callbacks.get(&args.text("callback_query_id"));
    if asked.is_none_or(|at| at.elapsed().as_secs() >= CALLBACK_LIFETIME) {
        return Err(Refusal::bad(
            "query is too old and response timeout expired or query ID is invalid",
        ));
    }
    world.counters.callback_answers += 1;
    Ok(json!(true))
}

fn set_commands(world: &mut World, args: &Args) -> Answer {
    let commands = args
        .json("commands")
        .map_err(|_| Refusal::bad("can't parse commands JSON object"))?
        .unwrap_or_else(|| json!([]));
    let Some(list) = commands.as_array() else {
        return Err(Refusal::bad("expected an Array of BotCommand"));
    };
    for command in list {
        let name = command["command"].as_str().unwrap_or_default();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !(1..=32).contains(&name.len()) || !name.chars().all(fits) {
            return Err(Refusal::bad("BOT_COMMAND_INVALID"));
        }
        let description = command["description"].as_str().unwrap_or_default();
        if !(1..=256).contains(&description.chars().count()) {
            return Err(Refusal::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    if list.len() > 100 {
        return Err(Refusal::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    world.commands = commands;
    Ok(json!(true))
}

fn delete_message(world: &mut World, args: &Args) -> Answer {
    let chat = writable(world, args)?;
    let Some(message) = chat.find(args.int("message_id")) else {
        return Err(Refusal::bad("message to delete not found"));
    };
    message.deleted = true;
    let by_bot = message.user.is_none();
    chat.by_bot -= usize::from(by_bot);
    world.counters.deletes += 1;
    Ok(json!(true))
}
