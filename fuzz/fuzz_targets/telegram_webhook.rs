//! Any body at Telegram's webhook is taken, refused or asked for again, and nothing else.
#![no_main]

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use libfuzzer_sys::fuzz_target;
use muykol_core::{
    path::{Door, Received},
    words::{Clock, ConversationId, Inbound, InboundId, PersonId, Timestamp},
};
use muykol_telegram::{Mode, Secret, Settings, Telegram};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const SECRET: &str = "open-sesame_1";

/// Takes everything.
struct Open;

#[async_trait]
impl Door for Open {
    async fn receive(&self, inbound: Inbound) -> Received {
        assert!(!inbound.provider_id.is_empty(), "a message without a key");
        assert!(!inbound.sender.id.is_empty(), "a message from nobody");
        Received::Accepted {
            id: InboundId::new(Timestamp(0)),
            person: PersonId::random(),
            conversation: ConversationId::from("room"),
            new: true,
        }
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_767_225_600_000)
    }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

static ROUTES: LazyLock<Router> = LazyLock::new(|| {
    let mut settings = Settings::polling("123456:TEST");
    // The port of "discard": nobody listens.
    settings.api_url = "http://127.0.0.1:9".parse().expect("a URL");
    settings.mode = Mode::Webhook {
        public_url: "https://muykol.example".into(),
        secret: Secret(SECRET.to_owned()),
    };
    let alarm = Arc::new(|_: &str| false);
    let telegram = Telegram::new(settings, Arc::new(Still), alarm).expect("settings that work");
    Arc::new(telegram).routes(Arc::new(Open))
});

fuzz_target!(|data: &[u8]| {
    let request = Request::post("/webhooks/telegram")
        .header("x-telegram-bot-api-secret-token", SECRET)
        .body(Body::from(data.to_vec()))
        .expect("a request");
    let response = RUNTIME.block_on(ROUTES.clone().oneshot(request));
    let status = response.expect("an answer").status();
    // Before it knows its own name the bot cannot tell whether a group means it.
    let expected = [
        StatusCode::OK,
        StatusCode::BAD_REQUEST,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    assert!(expected.contains(&status), "{status}");
});
