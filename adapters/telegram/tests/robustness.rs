//! No body, however odd, makes the door panic or answer with anything but what it should.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use muykol_telegram::{Mode, Secret, Settings, Telegram};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use support::{Kept, SECRET, WallClock, alarm};
use tower::ServiceExt as _;

fn odd() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(?s).{0,20}".prop_map(Value::from),
        Just(json!("private")),
        Just(json!("supergroup")),
        Just(json!("/start@muykol_bot \u{202e}@muykol_bot")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let key = prop::sample::select(vec![
            "message_id",
            "date",
            "from",
            "chat",
            "id",
            "type",
            "text",
            "caption",
            "reply_to_message",
            "data",
            "is_bot",
            "photo",
            "message",
            "edit_date",
            "message_thread_id",
            "is_topic_message",
            "sender_chat",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..12).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<Map<_, _>>()
                    .into()
            }),
        ]
    })
}

fn deliver(body: Vec<u8>) -> StatusCode {
    let mut settings = Settings::polling("123456:TEST");
    settings.mode = Mode::Webhook {
        public_url: "https://x.example".into(),
        secret: Secret(SECRET.into()),
    };
    let telegram = Arc::new(Telegram::new(settings, Arc::new(WallClock), alarm()).unwrap());
    let request = Request::post("/webhooks/telegram")
        .header("x-telegram-bot-api-secret-token", SECRET)
        .body(Body::from(body))
        .unwrap();
    let routes = telegram.routes(Arc::new(Kept::default()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { routes.oneshot(request).await.unwrap().status() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_refused_kindly(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(deliver(body), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn any_update_is_acknowledged_or_asked_for_again(
        kind in prop::sample::select(vec!["message", "edited_message", "callback_query", "poll"]),
        content in odd(),
    ) {
        let status = deliver(json!({"update_id": 1, kind: content}).to_string().into_bytes());
        // Before it knows its own name the bot cannot tell whether a group means it.
        prop_assert!(matches!(status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE), "{status}");
    }
}
