//! The control side over HTTP, for tests in other processes.
//!
//! | route | body or query | gives |
//! |---|---|---|
//! | `POST act` | an [`Incoming`] or an array of them | what came of it |
//! | `GET chat/{id}` | | the visible messages, oldest first |
//! | `GET drafts/{id}` | | the drafts shown |
//! | `GET counters` | | the [`Counters`](crate::Counters) |
//! | `GET wait?chat=&count=&ms=` | | `{"reached": bool}` once the bot has so many messages there |
//! | `POST faults` | a [`FaultRule`] | |
//! | `DELETE faults` | | |
//! | `POST limits` | [`RateLimits`] | |
//! | `POST chat/{id}/state` | `{"blocked","deactivated"}` | |
//! | `POST migrate` | `{"from","to"}` | |
//! | `POST redeliver` | `{"update_id"}` | `{"known": bool}` |
//! | `POST reset` | | forgets chats, queue, faults and counts |

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    fault::{FaultRule, RateLimits},
    incoming::Incoming,
    people,
    server::Shared,
    world::{Counters, Draft, Visible, World},
};

type Held = State<Arc<Shared>>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/act", post(act))
        .route("/chat/{id}", get(chat))
        .route("/chat/{id}/state", post(set_state))
        .route("/drafts/{id}", get(drafts))
        .route("/counters", get(counters))
        .route("/wait", get(wait))
        .route("/faults", post(add_fault).delete(clear_faults))
        .route("/limits", post(limits))
        .route("/migrate", post(migrate))
        .route("/redeliver", post(redeliver))
        .route("/reset", post(reset))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Box<Incoming>),
    More(Vec<Incoming>),
}

async fn act(State(shared): Held, Json(what): Json<OneOrMore>) -> Json<Value> {
    Json(match what {
        OneOrMore::One(incoming) => json!(people::act(&shared, &incoming)),
        OneOrMore::More(all) => {
            json!(
                all.iter()
                    .map(|incoming| people::act(&shared, incoming))
                    .collect::<Vec<_>>()
            )
        }
    })
}

async fn chat(State(shared): Held, Path(id): Path<i64>) -> Json<Vec<Visible>> {
    Json(people::visible(&shared, id))
}

async fn drafts(State(shared): Held, Path(id): Path<i64>) -> Json<Vec<Draft>> {
    Json(
        shared
            .world()
            .chats
            .get(&id)
            .map(|chat| chat.drafts.clone())
            .unwrap_or_default(),
    )
}

async fn counters(State(shared): Held) -> Json<Counters> {
    Json(people::counters(&shared))
}

#[derive(Deserialize)]
struct Wait {
    chat: i64,
    count: usize,
    ms: u64,
}

async fn wait(State(shared): Held, Query(wait): Query<Wait>) -> Json<Value> {
    let limit = Duration::from_millis(wait.ms);
    let reached = people::wait(&shared, wait.chat, wait.count, limit).await;
    Json(json!({ "reached": reached }))
}

async fn add_fault(State(shared): Held, Json(rule): Json<FaultRule>) -> Json<Value> {
    shared.world().rules.push(rule);
    Json(json!({}))
}

async fn clear_faults(State(shared): Held) -> Json<Value> {
    shared.world().rules.clear();
    Json(json!({}))
}

async fn limits(State(shared): Held, Json(limits): Json<RateLimits>) -> Json<Value> {
    shared.world().limits = limits;
    Json(json!({}))
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct ChatState {
    blocked: bool,
    deactivated: bool,
}

async fn set_state(
    State(shared): Held,
    Path(id): Path<i64>,
    Json(state): Json<ChatState>,
) -> Json<Value> {
    let mut world = shared.world();
    let chat = world.chats.entry(id).or_default();
    chat.blocked = state.blocked;
    chat.deactivated = state.deactivated;
    Json(json!({}))
}

#[derive(Deserialize)]
struct Migration {
    from: i64,
    to: i64,
}

async fn migrate(State(shared): Held, Json(migration): Json<Migration>) -> Json<Value> {
    people::migrate(&shared, migration.from, migration.to);
    Json(json!({}))
}

#[derive(Deserialize)]
struct Again {
    update_id: i64,
}

async fn redeliver(State(shared): Held, Json(again): Json<Again>) -> Json<Value> {
    Json(json!({"known": people::redeliver(&shared, again.update_id)}))
}

async fn reset(State(shared): Held) -> Json<Value> {
    let mut world = shared.world();
    let fresh = World {
        last_update_id: world.last_update_id,
        webhook: world.webhook.take(),
        webhook_generation: world.webhook_generation,
        poll_generation: world.poll_generation,
        allowed: std::mem::take(&mut world.allowed),
        commands: world.commands.take(),
        ..World::default()
    };
    *world = fresh;
    Json(json!({}))
}
