//! What goes wrong when sending, each under the name of its pitfall, over real HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use muykol_core::{
    seams::{Courier as _, SendError, Streaming},
    words::{Block, Choice, Part},
};
use muykol_telegram::render;
use muykol_telegram_counterpart::{ChatKind, Fault, FaultRule, Incoming, RateLimits};
use support::{bot, counterpart, effect, part, to, with};

const PERSON: i64 = 42;
const GROUP: i64 = -1001;

async fn fails_with(fault: Fault) -> SendError {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    telegram.fail(FaultRule::on("sendMessage", 1, fault));
    bot(&telegram)
        .send(&to(PERSON), &part("hello"), false, &effect())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn four_thousand_and_ninety_six_counts_utf16_units_after_entity_parsing() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    let bot = bot(&telegram);
    let blocks = [
        Block::Action {
            text: "\u{1f600}".repeat(2048),
        },
        Block::text("&<>".repeat(1365)),
        Block::text("a".repeat(4097)),
    ];
    let parts = render(&blocks);
    for part in &parts {
        bot.send(&to(PERSON), part, true, &effect()).await.unwrap();
    }
    assert_eq!(telegram.by_bot(PERSON).len(), parts.len());
    assert!(telegram.counters().errors.is_empty());
    // The entity covers the whole of its words, pairs of surrogates counted twice.
    assert_eq!(telegram.by_bot(PERSON)[0].entities[0].length, 4096);
}

#[tokio::test]
async fn markup_errors_need_a_plain_text_fallback() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    let bot = bot(&telegram);
    let broken = Part {
        rich: Some("a <3 b".into()),
        plain: "a <3 b".into(),
        choices: Vec::new(),
    };
    let refused = bot
        .send(&to(PERSON), &broken, true, &effect())
        .await
        .unwrap_err();
    assert!(matches!(refused, SendError::Rejected(why) if why.contains("can't parse entities")));
    bot.send(&to(PERSON), &broken, false, &effect())
        .await
        .unwrap();
    assert_eq!(telegram.by_bot(PERSON)[0].text, "a <3 b");
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let error = fails_with(Fault::RetryAfter { seconds: 17 }).await;
    assert_eq!(error, SendError::RetryAfter(Duration::from_secs(17)));
}

#[tokio::test]
async fn one_a_second_twenty_a_minute_thirty_in_all() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    telegram.limit(RateLimits::telegram());
    let bot = bot(&telegram);
    bot.send(&to(PERSON), &part("one"), false, &effect())
        .await
        .unwrap();
    let second = bot.send(&to(PERSON), &part("two"), false, &effect()).await;
    assert!(matches!(second, Err(SendError::RetryAfter(_))));
    let pace = bot.capabilities().pace;
    assert_eq!(
        (pace.account.unwrap().burst, pace.public_room.unwrap().burst),
        (30, 20)
    );
}

#[tokio::test]
async fn blocked_or_deactivated_stops() {
    assert_eq!(fails_with(Fault::Blocked).await, SendError::Blocked);
    assert_eq!(fails_with(Fault::Deactivated).await, SendError::Blocked);
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    telegram.block(PERSON, true);
    let sent = bot(&telegram)
        .send(&to(PERSON), &part("hello"), false, &effect())
        .await;
    assert_eq!(sent, Err(SendError::Blocked));
}

#[tokio::test]
async fn somebody_of_a_group_who_never_wrote_in_private_cannot_be_written_to() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "/help").in_chat(GROUP, ChatKind::Supergroup));
    let bot = bot(&telegram);
    let mut private = to(GROUP);
    private.address.id = PERSON.to_string();
    private.place = bot.private_place(&private.address).unwrap();
    assert_eq!(private.place.room, PERSON.to_string());
    let sent = bot.send(&private, &part("hello"), false, &effect()).await;
    assert_eq!(sent, Err(SendError::Blocked));
}

#[tokio::test]
async fn migrate_to_chat_id_rekeys() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "/help").in_chat(-5, ChatKind::Group));
    telegram.migrate(-5, GROUP);
    let bot = bot(&telegram);
    let moved = bot
        .send(&to(-5), &part("hello"), false, &effect())
        .await
        .unwrap_err();
    assert_eq!(moved, SendError::Moved(GROUP.to_string()));
    bot.send(&to(GROUP), &part("hello"), false, &effect())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_a_refused_connection_is_not() {
    assert!(matches!(
        fails_with(Fault::LoseAnswer).await,
        SendError::Unknown(_)
    ));
    assert!(matches!(
        fails_with(Fault::SlowAnswer { ms: 3_000 }).await,
        SendError::Unknown(_)
    ));
    let telegram = counterpart().await;
    let bot = bot(&telegram);
    drop(telegram);
    let mut refused = bot
        .send(&to(PERSON), &part("hello"), false, &effect())
        .await;
    if matches!(refused, Err(SendError::Unknown(_))) {
        refused = bot
            .send(&to(PERSON), &part("hello"), false, &effect())
            .await;
    }
    assert!(
        matches!(refused, Err(SendError::Transient(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_server_error_is_told_at_once_and_passes() {
    let before = std::time::Instant::now();
    assert!(matches!(
        fails_with(Fault::ServerError).await,
        SendError::Transient(_)
    ));
    assert!(
        before.elapsed() < Duration::from_secs(2),
        "teloxide's client would sleep for ten seconds"
    );
    let error = Fault::Error {
        code: 401,
        description: "Unauthorized".into(),
    };
    assert!(matches!(fails_with(error).await, SendError::Transient(_)));
}

#[tokio::test]
async fn no_error_shows_the_token() {
    let telegram = counterpart().await;
    let bot = bot(&telegram);
    for fault in [Fault::Drop, Fault::Hang { ms: 3_000 }, Fault::ServerError] {
        telegram.fail(FaultRule::on("sendMessage", 1, fault));
        let error = bot
            .send(&to(PERSON), &part("x"), false, &effect())
            .await
            .unwrap_err();
        assert!(!format!("{error} {error:?}").contains("TEST-TOKEN"));
    }
}

#[tokio::test]
async fn message_is_not_modified_is_a_success() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    let bot = bot(&telegram);
    let sent = bot
        .send(&to(PERSON), &part("one"), false, &effect())
        .await
        .unwrap();
    let id = sent.message.clone().unwrap();
    assert_eq!(
        bot.edit(&to(PERSON), &id, &part("one"), false)
            .await
            .unwrap(),
        sent
    );
    bot.edit(&to(PERSON), &id, &part("two"), false)
        .await
        .unwrap();
    assert_eq!(telegram.by_bot(PERSON)[0].edits, ["one"]);
}

#[tokio::test]
async fn an_edit_of_a_deleted_message_is_rejected_so_that_core_sends_it_anew() {
    let telegram = counterpart().await;
    let hi = telegram.act(&Incoming::text(PERSON, "hi"));
    let bot = bot(&telegram);
    for gone in [77, hi.message_id] {
        let edited = bot
            .edit(&to(PERSON), &gone.to_string(), &part("the words"), false)
            .await;
        assert!(matches!(edited, Err(SendError::Rejected(_))), "{edited:?}");
    }
}

#[tokio::test]
async fn an_answer_in_a_group_points_to_its_question_even_if_that_was_deleted() {
    let telegram = with(|options| options.reads_all_group_messages = true).await;
    let asked = telegram
        .act(&Incoming::text(PERSON, "@muykol_bot hi").in_chat(GROUP, ChatKind::Supergroup));
    let bot = bot(&telegram);
    let mut place = to(GROUP);
    place.place.reply_to = Some(asked.message_id.to_string());
    bot.send(&place, &part("one"), false, &effect())
        .await
        .unwrap();
    place.place.reply_to = Some("999".into());
    bot.send(&place, &part("two"), false, &effect())
        .await
        .unwrap();
    let shown = telegram.by_bot(GROUP);
    assert_eq!(
        (shown[0].reply_to, shown[1].reply_to),
        (Some(asked.message_id), None)
    );
}

#[tokio::test]
async fn a_topic_that_is_gone_does_not_lose_the_answer() {
    let telegram = counterpart().await;
    telegram.act(
        &Incoming::text(PERSON, "/help")
            .in_chat(GROUP, ChatKind::Forum)
            .in_thread(7),
    );
    let bot = bot(&telegram);
    let mut place = to(GROUP);
    for (thread, shown) in [("7", Some(7)), ("8", None)] {
        place.place.thread = Some(thread.into());
        bot.send(&place, &part(thread), false, &effect())
            .await
            .unwrap();
        assert_eq!(telegram.by_bot(GROUP).last().unwrap().thread, shown);
    }
}

#[tokio::test]
async fn drafts_are_for_private_chats_and_edits_for_groups() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    telegram.act(&Incoming::text(PERSON, "/help").in_chat(GROUP, ChatKind::Supergroup));
    let bot = bot(&telegram);
    bot.draft(&to(PERSON), 0, "I hear").await.unwrap();
    bot.draft(&to(PERSON), u64::MAX, &"\u{1f600}".repeat(5000))
        .await
        .unwrap();
    bot.draft(&to(PERSON), 1, " \n").await.unwrap();
    assert_eq!(telegram.drafts(PERSON).len(), 2);
    assert!(bot.draft(&to(GROUP), 1, "I hear").await.is_err());
    assert!(matches!(
        bot.capabilities().streaming_private,
        Streaming::Draft(_)
    ));
    assert!(
        matches!(bot.capabilities().streaming_public, Streaming::Edits(pace) if pace >= Duration::from_secs(3))
    );
}

#[tokio::test]
async fn typing_lasts_five_seconds() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    let bot = bot(&telegram);
    bot.typing(&to(PERSON)).await.unwrap();
    assert_eq!(telegram.counters().chat_actions, 1);
    assert_eq!(bot.capabilities().typing, Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn choices_become_buttons_that_telegram_takes() {
    let telegram = counterpart().await;
    telegram.act(&Incoming::text(PERSON, "hi"));
    let mut with_choices = part("Shall I?");
    for (id, label) in [
        ("yes", "Yes"),
        ("no", " "),
        (&"x".repeat(65) as &str, "too long"),
        ("", "empty"),
    ] {
        with_choices.choices.push(Choice {
            id: id.into(),
            label: label.into(),
        });
    }
    bot(&telegram)
        .send(&to(PERSON), &with_choices, true, &effect())
        .await
        .unwrap();
    let buttons = telegram.by_bot(PERSON)[0].buttons.clone();
    let labels: Vec<_> = buttons
        .iter()
        .flatten()
        .map(|button| button.text.as_str())
        .collect();
    assert_eq!(labels, ["Yes", "no"]);
}
