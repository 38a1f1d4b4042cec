//! The page with a scripted muykol behind it, to look at it in its states.
//!
//! `cargo run -p muykol-web --example states` serves it at http://127.0.0.1:8090; nothing that is
//! written there is kept. Port 8091 has its switches, `GET /store/{works,fails}` and
//! `/answers/{go,wait}`; port 8092 is a muykol that lets nobody begin.
#![allow(missing_docs, clippy::pedantic, clippy::unwrap_used, clippy::panic)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use axum::{Router, extract::Path, routing::get};
use support::World;

#[tokio::main]
async fn main() {
    let world = World::at("127.0.0.1:8090", |config| {
        config.reply_wait = Duration::from_secs(2);
        config.session_quota.burst = 1000;
    })
    .await;
    let limited = World::at("127.0.0.1:8092", |config| config.session_quota.burst = 0).await;
    let (store, gate) = (world.store.clone(), world.gate.clone());
    let switches = Router::new().route(
        "/{what}/{how}",
        get(
            move |Path((what, how)): Path<(String, String)>| async move {
                match (what.as_str(), how.as_str()) {
                    ("store", "works") => store.works(),
                    ("store", "fails") => store.fails(),
                    ("answers", "go") => gate.open(),
                    ("answers", "wait") => gate.shut(),
                    _ => return "no such switch",
                }
                "done"
            },
        ),
    );
    println!(
        "{} · switches at http://127.0.0.1:8091 · limited at {}",
        world.url, limited.url
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8091")
        .await
        .unwrap();
    axum::serve(listener, switches).await.unwrap();
}
