//! The whole way of a message on Telegram: our door, core's path on its reference store, our
//! courier, and what a person sees at the counterpart.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::stream;
use muykol_core::{
    care::ChurchCare,
    contract::MemoryStore,
    path::{Engine, RecentCrises, Settings, Watchers, Wiring},
    scripture::Library,
    seams::{AnswerError, Answerer, Decision, Limiter, Piece, Pieces, Quota, TurnContext},
    words::{AnsweredBy, Block, Channel, ChurchId, HolderId},
};
use muykol_telegram::{Mode, Telegram};
use muykol_telegram_counterpart::{ChatKind, Counterpart, Fault, FaultRule, Incoming};
use support::{Held, WallClock, alarm, counterpart, eventually, settings, with};
use tokio::sync::watch;

const PERSON: i64 = 42;
const GROUP: i64 = -1001;
const DANGER: &str = "I want to kill myself";

struct Unlimited;

#[async_trait]
impl Limiter for Unlimited {
    async fn check(&self, _: &str, _: Quota) -> Decision {
        Decision::Allowed
    }
}

/// Answers with what was asked, so that every answer is told apart.
struct Echo;

#[async_trait]
impl Answerer for Echo {
    async fn answer<'a>(&'a self, context: &'a TurnContext) -> Result<Pieces<'a>, AnswerError> {
        let echo = format!("You wrote: {}.", context.messages.join(" | "));
        Ok(Box::pin(stream::iter([Ok(Piece::Block(Block::text(
            echo,
        )))])))
    }

    fn name(&self) -> AnsweredBy {
        AnsweredBy::Curated
    }
}

/// Everything that runs; it ends when this is dropped.
struct Whole {
    stop: watch::Sender<bool>,
}

impl Drop for Whole {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn whole(counterpart: &Counterpart) -> Whole {
    let clock = Arc::new(WallClock);
    let bot = Telegram::new(settings(counterpart, Mode::Poll), clock.clone(), alarm()).unwrap();
    let telegram = Arc::new(bot);
    let engine = Engine::new(Arc::new(Wiring {
        store: Arc::new(MemoryStore::new()),
        couriers: BTreeMap::from([(Channel::from("telegram"), telegram.clone() as _)]),
        limiter: Arc::new(Unlimited),
        events: Arc::new(Watchers::default()),
        clock,
        curated: Arc::new(Echo),
        model: None,
        second_look: None,
        library: Arc::new(Library::embedded()),
        holder: HolderId::random(),
        key: b"a key for the test".to_vec(),
        settings: Settings {
            church: ChurchId::from("church"),
            care: ChurchCare::default(),
            country: None,
            language: "en".to_owned(),
            translation: "ASV".to_owned(),
            greeting: None,
            uses_model: false,
            history: Duration::from_secs(365 * 86_400),
            unconsented: Duration::from_secs(86_400),
            per_person: Quota::per_minute(1000),
        },
        crises: RecentCrises::default(),
    }));
    let (stop, stopped) = watch::channel(false);
    let (path, sweeping) = (engine.clone(), stopped.clone());
    tokio::spawn(async move { path.run(sweeping, Duration::from_secs(1)).await });
    let bot = telegram.clone();
    tokio::spawn(async move {
        bot.run(
            engine,
            Arc::new(Held::default()),
            HolderId::random(),
            stopped,
        )
        .await;
    });
    assert!(telegram.introduced(Duration::from_secs(5)).await);
    Whole { stop }
}

fn said(counterpart: &Counterpart, chat: i64, words: &str) -> usize {
    counterpart
        .by_bot(chat)
        .iter()
        .filter(|message| message.text.contains(words))
        .count()
}

#[tokio::test]
async fn a_person_writes_and_is_answered_once() {
    let counterpart = counterpart().await;
    let _whole = whole(&counterpart).await;
    let done = counterpart.act(&Incoming::text(PERSON, "I can't sleep"));
    eventually("an answer", || {
        said(&counterpart, PERSON, "You wrote: I can't sleep") == 1
    })
    .await;
    for _ in 0..20 {
        counterpart.redeliver(done.update_id.unwrap());
    }
    eventually("confirmed again", || counterpart.pending() == 0).await;
    counterpart.act(&Incoming::text(PERSON, "and now?"));
    eventually("the next answer", || {
        said(&counterpart, PERSON, "and now?") == 1
    })
    .await;
    assert_eq!(said(&counterpart, PERSON, "You wrote: I can't sleep"), 1);
    assert_eq!(counterpart.counters().doubles, 0);
}

#[tokio::test]
async fn a_lost_answer_costs_at_most_one_visible_double() {
    let counterpart = counterpart().await;
    let _whole = whole(&counterpart).await;
    counterpart.fail(FaultRule::on("sendMessage", 1, Fault::LoseAnswer));
    counterpart.act(&Incoming::text(PERSON, "are you there"));
    eventually("an answer", || {
        said(&counterpart, PERSON, "are you there") == 2
    })
    .await;
    counterpart.act(&Incoming::text(PERSON, "good"));
    eventually("the next answer", || {
        said(&counterpart, PERSON, "good") == 1
    })
    .await;
    assert_eq!(counterpart.counters().doubles, 1);
}

#[tokio::test]
async fn danger_in_private_is_answered_within_a_second() {
    let counterpart = counterpart().await;
    let _whole = whole(&counterpart).await;
    let begun = Instant::now();
    counterpart.act(&Incoming::text(PERSON, DANGER));
    assert!(counterpart.wait(PERSON, 1, Duration::from_secs(5)).await);
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn danger_in_a_group_is_answered_in_private_and_nothing_is_said_in_the_room() {
    let counterpart = counterpart().await;
    let _whole = whole(&counterpart).await;
    counterpart.act(&Incoming::text(PERSON, "hello"));
    eventually("known in private", || {
        said(&counterpart, PERSON, "hello") == 1
    })
    .await;
    let before = counterpart.by_bot(PERSON).len();
    let text = format!("@muykol_bot {DANGER}");
    counterpart.act(&Incoming::text(PERSON, text).in_chat(GROUP, ChatKind::Supergroup));
    assert!(
        counterpart
            .wait(PERSON, before + 1, Duration::from_secs(5))
            .await
    );
    assert!(counterpart.by_bot(GROUP).is_empty());
}

#[tokio::test]
async fn danger_of_somebody_who_cannot_be_written_to_gets_one_neutral_line_with_the_deep_link() {
    let counterpart = with(|options| options.reads_all_group_messages = true).await;
    let _whole = whole(&counterpart).await;
    let text = format!("@muykol_bot {DANGER}");
    counterpart.act(&Incoming::text(PERSON, text).in_chat(GROUP, ChatKind::Supergroup));
    assert!(counterpart.wait(GROUP, 1, Duration::from_secs(5)).await);
    let shown = counterpart.by_bot(GROUP);
    assert_eq!(shown.len(), 1);
    assert!(
        shown[0].text.contains("https://t.me/muykol_bot?start=help"),
        "{}",
        shown[0].text
    );
    assert!(!shown[0].text.contains("kill"));
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_is_answered_there() {
    let counterpart = counterpart().await;
    let _whole = whole(&counterpart).await;
    // It migrates between the question and the answer.
    counterpart.fail(FaultRule::on("sendMessage", 1, Fault::Migrated { to: GROUP }).in_chat(-5));
    counterpart.act(&Incoming::text(7, "/help").in_chat(GROUP, ChatKind::Supergroup));
    eventually("the room exists", || !counterpart.by_bot(GROUP).is_empty()).await;
    counterpart
        .act(&Incoming::text(PERSON, "@muykol_bot who is there").in_chat(-5, ChatKind::Group));
    eventually("the answer in the new room", || {
        said(&counterpart, GROUP, "who is there") == 1
    })
    .await;
}
