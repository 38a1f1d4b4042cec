//! How updates reach the bot: asked for, or delivered to its webhook.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use serde_json::{Map, Value, json, value::RawValue};
use tokio::{sync::Semaphore, time::Instant};

use crate::{
    answer::{Answer, Refusal},
    args::Args,
    methods,
    server::{Shared, unix_time},
    world::Webhook,
};

/// The longest long poll, in seconds.
const LONGEST_POLL: i64 = 50;
/// How long the webhook may take to answer.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(60);
const WEBHOOK_ACTIVE: &str = "Conflict: can't use getUpdates method while webhook is active; \
    use deleteWebhook to delete the webhook first";
const OTHER_POLL: &str = "Conflict: terminated by other getUpdates request; \
    make sure that only one bot instance is running";

/// What a long poll gives: the updates as they are, or a refusal.
pub(crate) async fn get_updates(
    shared: &Shared,
    args: &Args,
) -> Result<Vec<Box<RawValue>>, Refusal> {
    let timeout = args.int("timeout").clamp(0, LONGEST_POLL).unsigned_abs();
    let deadline = Instant::now() + Duration::from_secs(timeout);
    let mut mine = None;
    loop {
        let woken = shared.woken.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        {
            let mut world = shared.world();
            if world.webhook.is_some() {
                let conflict = if mine.is_some() {
                    "Conflict: terminated by setWebhook request"
                } else {
                    WEBHOOK_ACTIVE
                };
                return Err(Refusal::new(409, conflict));
            }
            if mine.is_some_and(|mine| mine != world.poll_generation) {
                return Err(Refusal::new(409, OTHER_POLL));
            }
            if mine.is_none() {
                allow(&mut world.allowed, args);
                forget(&mut world, args.int("offset"));
            }
            let limit = if args.text("limit").is_empty() {
                100
            } else {
                args.int("limit").clamp(1, 100)
            };
            let updates: Vec<Box<RawValue>> = world
                .pending
                .values()
                .take(usize::try_from(limit).unwrap_or(100))
                .filter_map(|pending| RawValue::from_string(pending.body.as_ref().to_owned()).ok())
                .collect();
            if !updates.is_empty() || Instant::now() >= deadline {
                world.counters.polled += updates.len() as u64;
                return Ok(updates);
            }
            if mine.is_none() {
                world.poll_generation += 1;
                mine = Some(world.poll_generation);
                drop(world);
                shared.wake_others();
            }
        }
        let _ = tokio::time::timeout_at(deadline, woken).await;
    }
}

fn allow(allowed: &mut Vec<String>, args: &Args) {
    if let Ok(Some(Value::Array(types))) = args.json("allowed_updates") {
        *allowed = types
            .iter()
            .filter_map(|kind| kind.as_str().map(str::to_owned))
            .collect();
    }
}

/// Forgets what the offset confirms. One that lies far ahead of every update is not believed; a
/// negative one keeps only so many from the end.
fn forget(world: &mut crate::world::World, offset: i64) {
    if offset > 0 && offset <= world.last_update_id + 11 {
        world.pending = world.pending.split_off(&offset);
    } else if offset < 0 {
        let keep = usize::try_from(-offset).unwrap_or(usize::MAX);
        while world.pending.len() > keep {
            world.pending.pop_first();
        }
    }
}

/// `setWebhook` and `deleteWebhook`.
pub(crate) fn set_webhook(shared: &Arc<Shared>, args: &Args, delete: bool) -> Answer {
    let url = if delete {
        String::new()
    } else {
        args.text("url")
    };
    if !url.is_empty() {
        check_url(&url, shared.options.https_webhooks_only)?;
        let secret = args.text("secret_token");
        if secret.len() > 256 {
            return Err(Refusal::bad("secret token is too long"));
        }
        if !secret
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        {
            return Err(Refusal::bad("secret token contains unallowed characters"));
        }
    }
    let mut world = shared.world();
    world.again.clear();
    if args.flag("drop_pending_updates") {
        world.pending.clear();
    }
    world.webhook_generation += 1;
    allow(&mut world.allowed, args);
    let connections = args.int("max_connections");
    world.webhook = (!url.is_empty()).then(|| Webhook {
        url,
        secret: Some(args.text("secret_token")).filter(|secret| !secret.is_empty()),
        max_connections: if connections == 0 {
            40
        } else {
            usize::try_from(connections.clamp(1, 100)).unwrap_or(40)
        },
        last_error: None,
    });
    if world.webhook.is_some() {
        tokio::spawn(deliver_all(shared.clone(), world.webhook_generation));
    }
    drop(world);
    shared.woken.notify_waiters();
    Ok(json!(true))
}

fn check_url(url: &str, https_only: bool) -> Result<(), Refusal> {
    if !url.contains("://") || url.contains(' ') {
        return Err(Refusal::bad("invalid webhook URL specified"));
    }
    if https_only && !url.starts_with("https://") {
        return Err(Refusal::bad(
            "bad webhook: An HTTPS URL must be provided for webhook",
        ));
    }
    Ok(())
}

/// `getWebhookInfo`.
pub(crate) fn webhook_info(shared: &Shared) -> Value {
    let world = shared.world();
    let mut info = json!({
        "url": world.webhook.as_ref().map_or("", |webhook| webhook.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": world.pending.len(),
    });
    if let Some(webhook) = &world.webhook {
        info["max_connections"] = json!(webhook.max_connections);
        if let Some(error) = &webhook.last_error {
            info["last_error_message"] = json!(error);
            info["last_error_date"] = json!(unix_time());
        }
    }
    if !world.allowed.is_empty() {
        info["allowed_updates"] = json!(world.allowed);
    }
    info
}

/// Delivers what is queued and what comes, until the webhook changes: chats side by side, the
/// updates of one chat in order.
async fn deliver_all(shared: Arc<Shared>, generation: u64) {
    let mut handed_out = 0;
    let mut lanes: HashMap<i64, Lane> = HashMap::new();
    let Some(connections) = shared
        .world()
        .webhook
        .as_ref()
        .map(|webhook| webhook.max_connections)
    else {
        return;
    };
    let connections = Arc::new(Semaphore::new(connections));
    loop {
        let woken = shared.woken.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        let due: Vec<(i64, i64)> = {
            let mut world = shared.world();
            if world.webhook_generation != generation {
                return;
            }
            let mut due: Vec<(i64, i64)> = std::mem::take(&mut world.again);
            due.extend(
                world
                    .pending
                    .range(handed_out + 1..)
                    .map(|(id, pending)| (*id, pending.chat)),
            );
            due
        };
        for (update, chat) in due {
            handed_out = handed_out.max(update);
            let lane = lanes.entry(chat).or_default().clone();
            let idle = {
                let mut queue = lane
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                queue.push_back(update);
                queue.len() == 1
            };
            if idle {
                tokio::spawn(deliver_lane(
                    shared.clone(),
                    lane,
                    connections.clone(),
                    generation,
                ));
            }
        }
        woken.await;
    }
}

type Lane = Arc<std::sync::Mutex<VecDeque<i64>>>;

async fn deliver_lane(
    shared: Arc<Shared>,
    lane: Lane,
    connections: Arc<Semaphore>,
    generation: u64,
) {
    let front = |pop: bool| {
        let mut queue = lane
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if pop {
            queue.pop_front();
        }
        queue.front().copied()
    };
    let mut next = front(false);
    while let Some(update) = next {
        let mut delay = shared.options.webhook_retry;
        loop {
            let Ok(permit) = connections.acquire().await else {
                return;
            };
            match deliver(&shared, update, generation).await {
                Delivery::Done => break,
                Delivery::Stopped => return,
                Delivery::Failed => {}
            }
            drop(permit);
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(shared.options.webhook_retry_cap);
        }
        next = front(true);
    }
}

enum Delivery {
    Done,
    Failed,
    Stopped,
}

async fn deliver(shared: &Arc<Shared>, update: i64, generation: u64) -> Delivery {
    let (url, secret, body) = {
        let mut world = shared.world();
        if world.webhook_generation != generation {
            return Delivery::Stopped;
        }
        // One that is delivered again may have been acknowledged before.
        let held = world
            .pending
            .get(&update)
            .or_else(|| world.archive.get(&update));
        let Some(pending) = held else {
            return Delivery::Done;
        };
        let body = pending.body.clone();
        let Some(webhook) = &world.webhook else {
            return Delivery::Stopped;
        };
        let call = (webhook.url.clone(), webhook.secret.clone(), body);
        world.counters.webhook_calls += 1;
        call
    };
    let answer = shared
        .post(&url, secret.as_deref(), &body, WEBHOOK_TIMEOUT)
        .await;
    let failure = match answer {
        Ok((status, reply)) if (200..300).contains(&status) => {
            shared.world().pending.remove(&update);
            call_in_reply(shared, &reply);
            return Delivery::Done;
        }
        Ok((status, _)) => format!("Wrong response from the webhook: {status}"),
        Err(()) => "Connection failed".to_owned(),
    };
    let mut world = shared.world();
    world.counters.webhook_failures += 1;
    if let Some(webhook) = &mut world.webhook {
        webhook.last_error = Some(failure);
    }
    Delivery::Failed
}

/// A webhook may answer with a method call.
pub(crate) fn call_in_reply(shared: &Arc<Shared>, reply: &str) {
    let Ok(fields) = serde_json::from_str::<Map<String, Value>>(reply) else {
        return;
    };
    let Some(method) = fields
        .get("method")
        .and_then(Value::as_str)
        .map(str::to_ascii_lowercase)
    else {
        return;
    };
    if !method.starts_with("get") && !method.ends_with("webhook") {
        let answer = methods::call(shared, &method, &Args(fields));
        shared.count_error(&answer);
    }
}
