//! The machine's limit: a handler that reads an update and puts it on disk through the same
//! writer, and does nothing else that muykol does.

use std::{error::Error, path::Path};

use axum::{
    Router, body::Bytes, extract::State, http::StatusCode, routing::post, serve::ListenerExt,
};
use muykol_core::{
    seams::{Arrival, TurnStore},
    words::{
        Address, Audience, ChurchId, ConversationId, Inbound, InboundId, InboundKind, PersonId,
        Place, PlaceRole, Timestamp,
    },
};
use muykol_sqlite::{Options, SqliteStore};
use serde::Deserialize;
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Update {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "message_id")]
    id: i64,
    from: Named,
    chat: Named,
    date: i64,
    text: String,
}

#[derive(Deserialize)]
struct Named {
    id: i64,
}

/// Serves until it is ended.
pub async fn serve(store: &Path) -> Result<(), Box<dyn Error>> {
    let store = SqliteStore::open(store, Options::new(ChurchId("main".to_owned())))?;
    let routes = Router::new()
        .route("/webhooks/telegram", post(receive))
        .with_state(store);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("the bare handler is at http://{}/", listener.local_addr()?);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn receive(State(store): State<SqliteStore>, body: Bytes) -> StatusCode {
    let Ok(update) = serde_json::from_slice::<Update>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    match store.accept(arrival(update.message)).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn arrival(message: Message) -> Arrival {
    let received = Timestamp(message.date * 1000);
    let room = message.chat.id.to_string();
    Arrival {
        church: ChurchId("main".to_owned()),
        conversation: ConversationId(room.clone()),
        id: InboundId::new(received),
        digest: room.clone(),
        received,
        expires: received,
        stranger: PersonId::random(),
        emergency: None,
        claim: None,
        inbound: Inbound {
            sender: Address {
                channel: "telegram".into(),
                account: "123456".into(),
                id: message.from.id.to_string(),
            },
            place: Place {
                room,
                thread: None,
                reply_to: None,
                role: PlaceRole::Person,
                audience: Audience::Private,
            },
            provider_id: message.id.to_string(),
            text: message.text,
            locale: None,
            at: received,
            kind: InboundKind::Text,
        },
    }
}
