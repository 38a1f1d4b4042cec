//! `muykol ask`: one answer through the whole path, kept nowhere.

use std::process::ExitCode;

use muykol_core::{
    path::{Received, Work},
    seams::{History, Operations},
    words::{
        Account, Address, Audience, Channel, Clock, EntryBody, Inbound, InboundKind, Place,
        PlaceRole, Reply,
    },
};
use muykol_sqlite::{Options, SqliteStore};
use muykol_web::CHANNEL as WEB;
use tokio::sync::Notify;

use crate::{
    commands::lines::print,
    config::Config,
    telemetry,
    wiring::{self, Failure, Parts},
};

pub async fn run(config: Config, message: String, json: bool) -> Result<ExitCode, Failure> {
    telemetry::start_logs(&config.log);
    let store = SqliteStore::open(":memory:", Options::new(config.church.id.clone()))?;
    let parts = wiring::assemble(&config, store).await?;
    let reply = answer(&parts, message).await?;
    if json {
        print(&format!("{}\n", serde_json::to_string(&reply)?))
    } else {
        print(&format!("{}\n", reply.text))
    }
}

async fn answer(parts: &Parts, text: String) -> Result<Reply, Failure> {
    parts.store.probe(parts.clock.now()).await?;
    let inbound = inbound(text, parts.clock.as_ref());
    let (received, work) = parts.wiring.receive(inbound, true).await;
    let id = match received {
        Received::Accepted { id, .. } => id,
        Received::NotStored {
            crisis: Some(reply),
        } => return Ok(*reply),
        Received::NotStored { crisis: None } | Received::Conflict => {
            return Err("the message could not be kept for a moment".into());
        }
    };
    for step in work {
        if let Work::Turn(claim) = step {
            parts.wiring.take_turn(*claim, &Notify::new()).await;
        }
    }
    let entry = parts.store.answer(&id).await?;
    match entry.map(|entry| entry.body) {
        Some(EntryBody::Muykol { reply, .. }) => Ok(reply),
        _ => Err("no answer was found; the log says why".into()),
    }
}

fn inbound(text: String, clock: &dyn Clock) -> Inbound {
    Inbound {
        sender: Address {
            channel: Channel::from(WEB),
            account: Account::from("ask"),
            id: "you".to_owned(),
        },
        place: Place {
            room: "here".to_owned(),
            thread: None,
            reply_to: None,
            role: PlaceRole::Person,
            audience: Audience::Private,
        },
        provider_id: "1".to_owned(),
        text,
        locale: None,
        at: clock.now(),
        kind: InboundKind::Text,
    }
}
