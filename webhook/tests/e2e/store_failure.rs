//! The store fails, and a person in danger is answered all the same.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use muykol_telegram_counterpart::{Counterpart, Incoming};
use serde_json::Value;

use crate::{
    SOON,
    support::{
        becomes_true,
        binary::{Muykol, Setup},
        crowd::telegram,
        kept::{Hanging, Kept},
        site::Site,
    },
    within,
};

const DANGER: &str = "I have the pills here and I am going to kill myself";
const PROMISE: Duration = Duration::from_secs(1);
const USER: i64 = 61;

/// What is wrong with the store.
enum Trouble {
    /// Somebody else holds it and does not let go.
    Hangs(Hanging),
    /// There is no room on the disk.
    Full,
}

impl Trouble {
    fn of(kind: &str, setup: &Setup, muykol: &Muykol) -> Self {
        if kind == "full" {
            muykol.fill_disk();
            Self::Full
        } else {
            Self::Hangs(Kept::hang(&setup.store()))
        }
    }

    fn ends(self, muykol: &Muykol) {
        match self {
            Self::Hangs(guard) => drop(guard),
            Self::Full => muykol.free_disk(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_http_while_it_hangs() {
    within(90, by_http("hangs")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_http_while_the_disk_is_full() {
    within(90, by_http("full")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_webhook_while_it_hangs() {
    within(90, by_telegram("hangs", true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_webhook_while_the_disk_is_full() {
    within(90, by_telegram("full", true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polled_while_it_hangs() {
    within(90, by_telegram("hangs", false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polled_while_the_disk_is_full() {
    within(90, by_telegram("full", false)).await;
}

async fn by_http(kind: &str) {
    let setup = Setup::new().surviving_a_full_disk();
    let mut muykol = setup.start().await;
    let site = Site::of(&muykol);
    let (known, token) = (site.session().await, site.session().await);
    site.ask(&known, "Good evening").await;

    let trouble = Trouble::of(kind, &setup, &muykol);
    for (who, text) in [(&known, DANGER), (&token, DANGER)] {
        let begun = Instant::now();
        let response = site.send_as(who, text, "danger").await;
        let took = begun.elapsed();
        assert_eq!(response.status(), 200);
        let reply: Value = response.json().await.unwrap();
        assert!(took < PROMISE, "help took {took:?}");
        println!("store {kind}, by HTTP: help after {took:?}");
        assert_eq!(reply["answered_by"], "crisis");
        assert_eq!(reply["stored"], false);
        assert!(reply["text"].as_str().unwrap().contains("findahelpline"));
    }
    let ordinary = site.send_as(&known, "Are you there?", "ordinary").await;
    assert_eq!(
        ordinary.status(),
        503,
        "an ordinary message is asked for again"
    );
    trouble.ends(&muykol);

    let again = site.send_as(&known, "Are you there?", "ordinary").await;
    assert_eq!(again.status(), 200);
    let again = site.send_as(&known, DANGER, "danger").await;
    assert_eq!(again.status(), 200, "sent again it is kept");
    let said = Kept::in_file(&setup.store()).said();
    assert_eq!(said.get(DANGER), Some(&1));
    assert_eq!(said.get("Are you there?"), Some(&1));
    assert!(muykol.is_alive());
}

async fn by_telegram(kind: &str, webhook: bool) {
    let telegram = telegram().await;
    let setup = Setup::new().surviving_a_full_disk();
    let setup = if webhook {
        setup.webhook(&telegram)
    } else {
        setup.polling(&telegram)
    };
    let mut muykol = setup.start().await;
    telegram.act(&Incoming::text(USER, "Good evening"));
    assert!(telegram.wait(USER, 1, SOON).await);
    let kept = Kept::in_file(&setup.store());
    kept.settles(SOON).await;

    let trouble = Trouble::of(kind, &setup, &muykol);
    telegram.act(&Incoming::text(USER, DANGER));
    assert!(telegram.wait(USER, 2, SOON).await, "help came");
    let took = last_wait(&telegram);
    println!(
        "store {kind}, {}: help after {took:?}",
        if webhook { "by webhook" } else { "polled" }
    );
    assert!(took < PROMISE, "help took {took:?}");
    assert_eq!(telegram.pending(), 1, "it was not acknowledged");
    if webhook {
        becomes_true("Telegram got its error and tries again", SOON, || {
            telegram.counters().webhook_failures >= 2
        })
        .await;
    } else {
        let asked = telegram.counters().polled;
        becomes_true("it is asked for again", SOON, || {
            telegram.counters().polled > asked
        })
        .await;
    }
    trouble.ends(&muykol);

    becomes_true("it is acknowledged", SOON, || telegram.pending() == 0).await;
    kept.settles(SOON).await;
    assert_eq!(kept.said().get(DANGER), Some(&1), "kept once");
    assert_eq!(kept.answers().get(DANGER), Some(&1), "answered once");
    let seen = telegram.by_bot(USER).len();
    assert!((2..=3).contains(&seen), "help was seen {} times", seen - 1);
    // The listener is alive.
    telegram.act(&Incoming::text(USER, "Thank you for being here"));
    assert!(
        telegram.wait(USER, seen + 1, SOON).await,
        "{}",
        setup.printed()
    );
    assert!(muykol.is_alive());
}

/// How long the last message of the bot came after the person's last.
fn last_wait(telegram: &Arc<Counterpart>) -> Duration {
    let seen = telegram.visible(USER);
    let written = seen.iter().rfind(|message| message.user.is_some());
    let answered = seen.iter().rfind(|message| message.user.is_none());
    Duration::from_micros(answered.unwrap().at_us - written.unwrap().at_us)
}
