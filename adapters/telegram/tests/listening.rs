//! What goes wrong when listening, each under the name of its pitfall, over real HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use muykol_core::{
    seams::Courier as _,
    words::{Attachment, Audience, InboundKind},
};
use muykol_telegram::{Mode, Secret, SettingsError, Telegram};
use muykol_telegram_counterpart::{ChatKind, Fault, FaultRule, Incoming};
use serde_json::json;
use support::{
    Held, Kept, Row, SECRET, WallClock, alarm, counterpart, eventually, poll, settings, webhook,
    with,
};

const PERSON: i64 = 42;
const GROUP: i64 = -1001;

async fn call_webhook(url: &str, secret: Option<&str>, body: &str) -> u16 {
    let mut request = reqwest::Client::new()
        .post(format!("{url}/webhooks/telegram"))
        .header("content-type", "application/json")
        .body(body.to_owned());
    if let Some(secret) = secret {
        request = request.header("x-telegram-bot-api-secret-token", secret);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn polling_hears_and_confirms_after_the_message_is_on_disk() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    door.fail(true);
    let _bot = poll(&telegram, &door, &leases);
    telegram.act(&Incoming::text(PERSON, "first"));
    telegram.act(&Incoming::text(PERSON, "second"));
    eventually("the message is asked for again", || {
        telegram.counters().polled >= 6
    })
    .await;
    assert_eq!(telegram.pending(), 2);
    door.fail(false);
    door.reach(2).await;
    assert_eq!(door.texts(), ["first", "second"]);
    eventually("it is confirmed", || telegram.pending() == 0).await;
}

#[tokio::test]
async fn danger_does_not_wait_behind_a_message_that_cannot_be_stored() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    *door.failing_on.lock().unwrap() = Some("first".into());
    telegram.act(&Incoming::text(PERSON, "first"));
    telegram.act(&Incoming::text(PERSON, "second"));
    telegram.act(&Incoming::text(PERSON, "I will kill myself"));
    let _bot = poll(&telegram, &door, &leases);
    door.reach(1).await;
    assert_eq!(door.texts(), ["I will kill myself"]);
    assert_eq!(telegram.pending(), 3);
}

/// Waits until somebody in danger, who writes now, is at the door; at most a second.
async fn danger_is_heard(telegram: &muykol_telegram_counterpart::Counterpart, door: &Kept) {
    let words = "I will kill myself";
    let before = door.offers(words);
    telegram.act(&Incoming::text(PERSON + 1, words));
    let heard = async {
        while door.offers(words) == before {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), heard)
        .await
        .expect("danger is heard within a second");
}

/// The timing of a real installation: only its poll is short.
fn unhurried() -> muykol_telegram::Timing {
    muykol_telegram::Timing {
        backoff: Duration::from_secs(1),
        backoff_cap: Duration::from_secs(30),
        lease: Duration::from_secs(60),
        ..support::quick()
    }
}

#[tokio::test]
async fn danger_is_heard_within_a_second_however_long_a_message_cannot_be_stored() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    door.fail(true);
    leases.fail(true);
    let bot = support::poll_with(&telegram, &door, &leases, unhurried());
    assert!(bot.telegram.introduced(Duration::from_secs(5)).await);
    telegram.act(&Incoming::text(PERSON, "ordinary"));
    tokio::time::sleep(Duration::from_secs(4)).await;
    let offers = door.offers("ordinary");
    assert!((2..=9).contains(&offers), "not hammered: {offers}");
    danger_is_heard(&telegram, &door).await;
    assert_eq!(telegram.pending(), 2, "nothing is confirmed");
    assert!(leases.0.lock().unwrap().is_empty());

    leases.fail(false);
    door.fail(false);
    door.reach(2).await;
    eventually("it is confirmed", || telegram.pending() == 0).await;
}

#[tokio::test]
async fn danger_is_heard_within_a_second_while_the_store_takes_its_time() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    *door.failing_on.lock().unwrap() = Some("ordinary".into());
    *door.patience.lock().unwrap() = Duration::from_secs(3);
    let _bot = support::poll_with(&telegram, &door, &leases, unhurried());
    telegram.act(&Incoming::text(PERSON, "ordinary"));
    eventually("the store is asked", || door.offers("ordinary") == 1).await;
    danger_is_heard(&telegram, &door).await;
    assert_eq!(door.offers("ordinary"), 1);
    leases.fail(true);
    eventually("it is offered again", || door.offers("ordinary") == 2).await;
    danger_is_heard(&telegram, &door).await;
    assert_eq!(telegram.pending(), 3);
}

#[tokio::test]
async fn the_offset_outlives_a_restart() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    let bot = poll(&telegram, &door, &leases);
    telegram.act(&Incoming::text(PERSON, "first"));
    door.reach(1).await;
    eventually("the position is saved", || {
        leases
            .0
            .lock()
            .unwrap()
            .values()
            .any(|row| row.position.is_some())
    })
    .await;
    bot.stop().await;
    telegram.act(&Incoming::text(PERSON, "second"));
    let _again = poll(&telegram, &door, &leases);
    door.reach(2).await;
    assert_eq!(door.texts(), ["first", "second"]);
    assert_eq!(door.doubles.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_stale_offset_after_a_token_swap_drops_nothing() {
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    let old = counterpart().await;
    let bot = poll(&old, &door, &leases);
    old.act(&Incoming::text(PERSON, "to the old bot"));
    door.reach(1).await;
    bot.stop().await;
    let new = with(|options| {
        options.token = "777:NEW-TOKEN".into();
        options.first_update_id = 100;
    })
    .await;
    new.act(&Incoming::text(PERSON, "to the new bot"));
    // The same chat and message id: told apart by the account.
    let fresh = Arc::new(Kept::default());
    let _bot = poll(&new, &fresh, &leases);
    let heard = fresh.reach(1).await;
    assert_eq!(
        (heard[0].text.as_str(), heard[0].sender.account.0.as_str()),
        ("to the new bot", "777")
    );
    assert_eq!(leases.0.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn update_ids_that_begin_anew_after_a_quiet_week_are_followed() {
    let telegram = with(|options| options.first_update_id = 100).await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    let row = Row {
        position: Some("900000".into()),
        ..Row::default()
    };
    leases
        .0
        .lock()
        .unwrap()
        .insert("telegram:poll:123456".into(), row);
    let _bot = poll(&telegram, &door, &leases);
    telegram.act(&Incoming::text(PERSON, "after the quiet week"));
    door.reach(1).await;
    eventually("the new count is followed", || telegram.pending() == 0).await;
    let position = leases.0.lock().unwrap()["telegram:poll:123456"]
        .position
        .clone();
    assert_eq!(position.as_deref(), Some("101"));
}

#[tokio::test]
async fn polling_survives_a_network_blip() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    for fault in [
        Fault::Drop,
        Fault::ServerError,
        Fault::RetryAfter { seconds: 0 },
    ] {
        telegram.fail(FaultRule::on("getUpdates", 2, fault));
    }
    telegram.fail(FaultRule::on("getMe", 2, Fault::Drop));
    telegram.fail(FaultRule::on("deleteWebhook", 1, Fault::ServerError));
    let bot = poll(&telegram, &door, &leases);
    telegram.act(&Incoming::text(PERSON, "still there?"));
    door.reach(1).await;
    assert!(bot.telegram.health().await.ok);
}

#[tokio::test]
async fn one_409_does_not_stop_polling() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    let bot = poll(&telegram, &door, &leases);
    assert!(bot.telegram.introduced(Duration::from_secs(5)).await);
    let api = format!("{}/bot{}", telegram.url(), telegram.token());
    // Another program polls beside us for a while.
    for _ in 0..20 {
        let _ = reqwest::get(format!("{api}/getUpdates?timeout=1&offset=0"))
            .await
            .unwrap();
        let health = bot.telegram.health().await;
        if !health.ok && health.detail.contains("another program") {
            break;
        }
    }
    assert!(
        telegram
            .counters()
            .errors
            .keys()
            .any(|error| error.starts_with("409"))
    );
    telegram.act(&Incoming::text(PERSON, "after the conflict"));
    door.reach(1).await;
    eventually("healthy again", || {
        futures_util::FutureExt::now_or_never(bot.telegram.health()).is_some_and(|health| health.ok)
    })
    .await;
}

#[tokio::test]
async fn a_webhook_left_behind_is_removed_before_polling() {
    let telegram = counterpart().await;
    let api = format!("{}/bot{}", telegram.url(), telegram.token());
    reqwest::get(format!("{api}/setWebhook?url=http://127.0.0.1:9/x"))
        .await
        .unwrap();
    telegram.act(&Incoming::text(PERSON, "pending"));
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    let _bot = poll(&telegram, &door, &leases);
    door.reach(1).await;
}

#[tokio::test]
async fn two_instances_poll_one_at_a_time_and_take_over() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    let first = poll(&telegram, &door, &leases);
    eventually("the first polls", || leases.0.lock().unwrap().len() == 1).await;
    let second = poll(&telegram, &door, &leases);
    telegram.act(&Incoming::text(PERSON, "one"));
    door.reach(1).await;
    assert!(second.telegram.introduced(Duration::from_secs(5)).await);
    tokio::time::sleep(Duration::from_millis(900)).await; // longer than the lease
    assert!(second.telegram.health().await.detail.contains("stands by"));
    assert!(
        !telegram
            .counters()
            .errors
            .keys()
            .any(|error| error.starts_with("409"))
    );
    drop(first); // killed: nothing is given back
    telegram.act(&Incoming::text(PERSON, "two"));
    door.reach(2).await;
}

#[tokio::test]
async fn non_2xx_is_redelivered() {
    let telegram = counterpart().await;
    let door = Arc::new(Kept::default());
    door.fail(true);
    let _bot = webhook(&telegram, &door).await;
    telegram.act(&Incoming::text(PERSON, "hold me"));
    eventually("it is delivered again", || {
        telegram.counters().webhook_failures >= 3
    })
    .await;
    door.fail(false);
    door.reach(1).await;
    eventually("it is acknowledged", || telegram.pending() == 0).await;
}

#[tokio::test]
async fn a_redelivered_update_has_the_same_key() {
    let telegram = counterpart().await;
    let door = Arc::new(Kept::default());
    let _bot = webhook(&telegram, &door).await;
    let done = telegram.act(&Incoming::text(PERSON, "once"));
    let tap = telegram.act(&Incoming::tap(PERSON, 1, "yes"));
    door.reach(2).await;
    for _ in 0..50 {
        assert!(
            telegram.redeliver(done.update_id.unwrap())
                && telegram.redeliver(tap.update_id.unwrap())
        );
    }
    eventually("all are delivered", || {
        door.doubles.load(Ordering::SeqCst) >= 50
    })
    .await;
    assert_eq!(door.inbounds.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_forged_secret_is_refused_and_nothing_is_taken() {
    let telegram = counterpart().await;
    let door = Arc::new(Kept::default());
    let bot = webhook(&telegram, &door).await;
    let update = json!({"update_id": 1, "message": {"message_id": 1, "date": 1, "text": "forged",
        "from": {"id": 1}, "chat": {"id": 1, "type": "private"}}})
    .to_string();
    for secret in [
        None,
        Some(""),
        Some("open-sesame_2"),
        Some("open-sesame_11"),
        Some("OPEN-SESAME_1"),
    ] {
        assert_eq!(
            call_webhook(&bot.url, secret, &update).await,
            401,
            "{secret:?}"
        );
    }
    for broken in ["", "{", "[]", "null", "{\"update_id\":\"x\"}", "\u{0}"] {
        assert_eq!(
            call_webhook(&bot.url, Some(SECRET), broken).await,
            400,
            "{broken:?}"
        );
    }
    assert_eq!(
        call_webhook(&bot.url, Some(SECRET), &"x".repeat(2 << 20)).await,
        413
    );
    assert!(door.texts().is_empty());
    assert_eq!(call_webhook(&bot.url, Some(SECRET), &update).await, 200);
    assert_eq!(door.texts(), ["forged"]);
}

#[tokio::test]
async fn what_is_ignored_is_acknowledged() {
    let telegram = counterpart().await;
    let door = Arc::new(Kept::default());
    let bot = webhook(&telegram, &door).await;
    for update in [
        json!({"update_id": 1}),
        json!({"update_id": 1, "channel_post": {"message_id": 1}}),
        json!({"update_id": 1, "something_of_tomorrow": {"x": 1}}),
        json!({"update_id": 1, "message": {"message_id": "not a number"}}),
        json!({"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"},
            "from": {"id": 1}, "pinned_message": {}}}),
    ] {
        assert_eq!(
            call_webhook(&bot.url, Some(SECRET), &update.to_string()).await,
            200,
            "{update}"
        );
    }
    assert!(door.texts().is_empty());
}

#[tokio::test]
async fn webhook_mode_does_not_start_without_a_secret() {
    let telegram = counterpart().await;
    let mode = Mode::Webhook {
        public_url: "https://church.example".into(),
        secret: Secret(String::new()),
    };
    let refused = Telegram::new(settings(&telegram, mode), Arc::new(WallClock), alarm());
    assert_eq!(refused.err(), Some(SettingsError::MissingSecret));
}

#[tokio::test]
async fn an_edit_counts_only_if_it_speaks_of_danger() {
    let telegram = counterpart().await;
    let door = Arc::new(Kept::default());
    let _bot = webhook(&telegram, &door).await;
    let first = telegram.act(&Incoming::text(PERSON, "I am sad"));
    door.reach(1).await;
    telegram.act(&Incoming::edit(PERSON, first.message_id, "I am so sad"));
    telegram.act(&Incoming::edit(
        PERSON,
        first.message_id,
        "I will kill myself",
    ));
    let heard = door.reach(2).await;
    assert_eq!(heard[1].text, "I will kill myself");
    assert!(heard[1].provider_id.starts_with("42:1:e"));
}

#[tokio::test]
async fn callback_queries_are_answered_at_once() {
    let telegram = counterpart().await;
    let door = Arc::new(Kept::default());
    let _bot = webhook(&telegram, &door).await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    door.reach(1).await;
    door.fail(true); // even while nothing can be stored
    telegram.act(&Incoming::tap(PERSON, 1, "pray"));
    eventually("the tap is answered", || {
        telegram.counters().callback_answers >= 1
    })
    .await;
    door.fail(false);
    let heard = door.reach(2).await;
    assert!(
        heard
            .iter()
            .any(|inbound| inbound.kind == InboundKind::Choice { id: "pray".into() })
    );
}

#[tokio::test]
async fn privacy_mode_hides_group_text_and_the_operator_is_told() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    let bot = poll(&telegram, &door, &leases);
    let group = |text: &str| Incoming::text(PERSON, text).in_chat(GROUP, ChatKind::Supergroup);
    telegram.act(&group("nobody in particular"));
    telegram.act(&group("@muykol_bot I can't sleep"));
    telegram.act(&group("/verse@muykol_bot John 3:16"));
    let heard = door.reach(2).await;
    assert_eq!(telegram.counters().hidden_by_privacy, 1);
    assert_eq!(
        (heard[0].text.as_str(), heard[0].place.audience),
        ("I can't sleep", Audience::Public)
    );
    assert!(bot.telegram.health().await.detail.contains("privacy mode"));
    assert!(
        bot.telegram.describe().contains("@muykol_bot")
            && bot.telegram.describe().contains("privacy mode")
    );
    assert_eq!(
        bot.telegram.capabilities().private_link.as_deref(),
        Some("https://t.me/muykol_bot?start=help")
    );
}

#[tokio::test]
async fn a_group_without_privacy_mode_is_heard_by_mention_or_reply_only() {
    let telegram = with(|options| options.reads_all_group_messages = true).await;
    let door = Arc::new(Kept::default());
    let bot = webhook(&telegram, &door).await;
    let group = |text: &str| Incoming::text(PERSON, text).in_chat(GROUP, ChatKind::Supergroup);
    telegram.act(&group("nobody in particular"));
    telegram.act(&group("@muykol_bot hello"));
    door.reach(1).await;
    let sent = bot
        .telegram
        .send(
            &support::to(GROUP),
            &support::part("hi"),
            false,
            &support::effect(),
        )
        .await;
    let id = sent.unwrap().message.unwrap().parse().unwrap();
    telegram.act(&group("and a reply").replying_to(id));
    let heard = door.reach(2).await;
    assert_eq!(heard[1].text, "and a reply");
    let mut other = group("I am a bot @muykol_bot");
    other.is_bot = true;
    telegram.act(&other);
    telegram.act(&Incoming::text(1, "@muykol_bot news").in_chat(-7, ChatKind::Channel));
    eventually("all are delivered", || telegram.pending() == 0).await;
    assert_eq!(door.texts().len(), 2);
}

#[tokio::test]
async fn media_is_never_met_with_silence() {
    let telegram = counterpart().await;
    let door = Arc::new(Kept::default());
    let _bot = webhook(&telegram, &door).await;
    for media in ["voice", "photo", "sticker", "checklist"] {
        telegram.act(&Incoming::media(PERSON, media, "look"));
    }
    let heard = door.reach(4).await;
    let kinds: Vec<_> = heard.iter().map(|inbound| inbound.kind.clone()).collect();
    let expected = [
        Attachment::Voice,
        Attachment::Photo,
        Attachment::Sticker,
        Attachment::Other,
    ];
    assert_eq!(kinds, expected.map(|what| InboundKind::Attachment { what }));
    assert!(heard.iter().all(|inbound| inbound.text == "look"));
}

#[tokio::test]
async fn health_is_the_last_real_event() {
    let telegram = counterpart().await;
    let (door, leases) = (Arc::new(Kept::default()), Arc::new(Held::default()));
    let silent = support::bot(&telegram);
    assert_eq!(
        (silent.health().await.ok, silent.health().await.last_event),
        (false, None)
    );
    telegram.fail(FaultRule {
        chat: None,
        method: Some("getUpdates".into()),
        times: None,
        fault: Fault::Error {
            code: 401,
            description: "Unauthorized".into(),
        },
    });
    let bot = poll(&telegram, &door, &leases);
    eventually("the failure shows", || {
        futures_util::FutureExt::now_or_never(bot.telegram.health())
            .is_some_and(|health| health.detail.contains("does not know this token"))
    })
    .await;
    let before = bot.telegram.health().await.last_event;
    telegram.heal();
    telegram.act(&Incoming::text(PERSON, "hi"));
    door.reach(1).await;
    let after = bot.telegram.health().await;
    assert!(after.ok && after.last_event > before);
}

#[tokio::test]
async fn a_webhook_that_telegram_cannot_reach_or_that_was_taken_away_shows() {
    let telegram = counterpart().await;
    let door = Arc::new(Kept::default());
    let bot = webhook(&telegram, &door).await;
    let detail = || {
        futures_util::FutureExt::now_or_never(bot.telegram.health())
            .map(|health| health.detail)
            .unwrap_or_default()
    };
    door.fail(true);
    telegram.act(&Incoming::text(PERSON, "hi"));
    eventually("it shows", || detail().contains("does not get through")).await;
    door.fail(false);
    eventually("it is mended", || detail().contains("calls the webhook")).await;
    let api = format!("{}/bot{}", telegram.url(), telegram.token());
    reqwest::get(format!("{api}/setWebhook?url=http://127.0.0.1:9/x"))
        .await
        .unwrap();
    telegram.act(&Incoming::text(PERSON, "taken away?"));
    door.reach(2).await;
}

#[tokio::test]
async fn the_menu_of_commands_is_set_at_start() {
    let telegram = counterpart().await;
    let bot = webhook(&telegram, &Arc::new(Kept::default())).await;
    assert!(bot.telegram.introduced(Duration::from_secs(5)).await);
    eventually("the menu is set", || {
        telegram
            .commands()
            .as_array()
            .is_some_and(|list| list.len() == 7)
    })
    .await;
}
