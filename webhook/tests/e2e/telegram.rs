//! Telegram from a person's side, polled and by webhook.

use std::sync::Arc;

use muykol_telegram_counterpart::{ChatKind, Counterpart, Incoming, Visible};

use crate::{
    SOON,
    support::{
        becomes_true,
        binary::{Setup, WEBHOOK_SECRET},
        crowd::telegram,
        kept::Kept,
        site::Site,
    },
    within,
};

/// The first words of the notice of first contact.
const NOTICE: &str = "A few words about me";

/// A person in their private chat.
struct Person {
    telegram: Arc<Counterpart>,
    id: i64,
    answers: usize,
}

impl Person {
    fn new(telegram: &Arc<Counterpart>, id: i64) -> Self {
        Self {
            telegram: telegram.clone(),
            id,
            answers: 0,
        }
    }

    async fn answer(&mut self) -> Visible {
        self.answers += 1;
        let came = self.telegram.wait(self.id, self.answers, SOON).await;
        let seen = self.telegram.by_bot(self.id);
        assert!(came, "no answer {}: {seen:?}", self.answers);
        assert_eq!(seen.len(), self.answers, "one answer and no more: {seen:?}");
        seen[self.answers - 1].clone()
    }

    async fn says(&mut self, text: &str) -> Visible {
        self.telegram.act(&Incoming::text(self.id, text));
        self.answer().await
    }

    async fn taps(&mut self, on: &Visible, label: &str) -> Visible {
        let button = on
            .buttons
            .iter()
            .flatten()
            .find(|button| button.text == label);
        let button = button.unwrap_or_else(|| panic!("no button {label} in {on:?}"));
        let data = button.callback_data.as_ref().unwrap();
        self.telegram
            .act(&Incoming::tap(self.id, on.message_id, data));
        self.answer().await
    }
}

fn buttons(message: &Visible) -> Vec<&str> {
    let buttons = message.buttons.iter().flatten();
    buttons.map(|button| button.text.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn polled_a_whole_conversation() {
    within(120, async {
        let telegram = telegram().await;
        let setup = Setup::new().polling(&telegram).unlimited();
        let _muykol = setup.start().await;
        converses(&telegram, &setup).await;
        assert!(telegram.counters().polled > 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_webhook_a_whole_conversation() {
    within(120, async {
        let telegram = telegram().await;
        let setup = Setup::new().webhook(&telegram).unlimited();
        let _muykol = setup.start().await;
        converses(&telegram, &setup).await;
        assert!(telegram.counters().webhook_calls > 0);
        assert_eq!(telegram.counters().webhook_failures, 0);
    })
    .await;
}

async fn converses(telegram: &Arc<Counterpart>, setup: &Setup) {
    let mut ann = Person::new(telegram, 41);
    let first = ann.says("I feel so alone since I moved here").await;
    assert!(first.text.contains(NOTICE), "{}", first.text);
    assert_eq!(buttons(&first), ["Yes, remember it", "No, let it go"]);
    let second = ann.says("Nobody calls me anymore").await;
    assert!(!second.text.contains(NOTICE), "the notice comes once");
    assert!(buttons(&second).is_empty());

    for (command, words) in [
        ("/start", "Hello, I'm muykol"),
        ("/help", "/verse John 14:27 shows a passage"),
        ("/privacy", "What I keep"),
        ("/guidelines", "not a person and not a pastor"),
        ("/verse John 14:27", "Peace I leave with you"),
        ("/translation KJV", "from the KJV"),
        ("/verse John 11:35", "(KJV)"),
        ("/nonsense", "I don't know that command"),
    ] {
        let answer = ann.says(command).await;
        assert!(answer.text.contains(words), "{command}: {}", answer.text);
    }
    let consent = ann.taps(&first, "Yes, remember it").await;
    assert!(consent.text.contains("I'll remember our conversation"));
    becomes_true("the tap is acknowledged", SOON, || {
        telegram.counters().callback_answers == 1
    })
    .await;

    hears_an_edit_only_if_it_speaks_of_danger(&mut ann).await;
    is_answered_in_a_group_when_mentioned(telegram).await;
    is_forgotten(&mut ann, setup).await;
    gets_help_at_once(telegram).await;
}

async fn hears_an_edit_only_if_it_speaks_of_danger(ann: &mut Person) {
    let written = ann
        .telegram
        .act(&Incoming::text(ann.id, "The evenings are long"));
    ann.answer().await;
    let id = ann.id;
    let edit = |text: &str| Incoming::edit(id, written.message_id, text);
    ann.telegram.act(&edit("The evenings are very long"));
    // What comes after the edit is answered alone: the edit was passed over.
    let next = ann.says("I miss my old choir").await;
    assert!(!next.text.is_empty());
    ann.telegram.act(&edit("I want to end my life"));
    let help = ann.answer().await;
    assert!(is_help(&help), "{}", help.text);
}

async fn is_answered_in_a_group_when_mentioned(telegram: &Arc<Counterpart>) {
    let group = -1_000_777;
    let say =
        |text: &str| telegram.act(&Incoming::text(42, text).in_chat(group, ChatKind::Supergroup));
    say("Good morning everybody");
    let asked = say("@muykol_bot I feel so worried about tomorrow");
    assert!(telegram.wait(group, 1, SOON).await, "answered in the group");
    let seen = telegram.by_bot(group);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].reply_to, Some(asked.message_id));
    assert!(!seen[0].text.contains(NOTICE), "nothing private in a group");
    assert!(
        telegram.by_bot(42).is_empty(),
        "nor a private message unasked"
    );
}

async fn is_forgotten(ann: &mut Person, setup: &Setup) {
    let kept = Kept::in_file(&setup.store());
    let lines = "SELECT count(*) FROM entries JOIN addresses ON addresses.person = entries.person
                  WHERE addresses.id = '41'";
    assert!(kept.count(lines) > 10);
    let question = ann.says("/forget").await;
    let done = ann.taps(&question, "Yes, erase everything").await;
    assert!(done.text.contains("Everything I held about you is erased"));
    assert_eq!(kept.count(lines), 0, "nothing of it is left");
    assert_eq!(
        kept.count("SELECT count(*) FROM addresses WHERE id = '41'"),
        0
    );
    let fresh = ann.says("Hello, is somebody there?").await;
    assert!(fresh.text.contains(NOTICE), "a fresh start: {}", fresh.text);
    assert_eq!(kept.count(lines), 2);
}

async fn gets_help_at_once(telegram: &Arc<Counterpart>) {
    let mut ben = Person::new(telegram, 43);
    let help = ben.says("I want to kill myself tonight").await;
    assert!(is_help(&help), "{}", help.text);
    let written = telegram.visible(43)[0].at_us;
    let took = help.at_us - written;
    assert!(took < 1_000_000, "help took {took} µs");
}

fn is_help(message: &Visible) -> bool {
    message.text.contains("findahelpline") || message.text.contains("988")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_webhook_call_is_refused_and_leaves_nothing() {
    within(60, async {
        let telegram = telegram().await;
        let setup = Setup::new().webhook(&telegram);
        let muykol = setup.start().await;
        let site = Site::of(&muykol);
        let kept = Kept::in_file(&setup.store());
        let rows = kept.rows();
        let update = r#"{"update_id":1,"message":{"message_id":1,"date":1700000000,"text":"I want to kill myself","chat":{"id":44,"type":"private","first_name":"A"},"from":{"id":44,"is_bot":false,"first_name":"A"}}}"#;
        for secret in [None, Some(""), Some("wrong"), Some(&WEBHOOK_SECRET[1..])] {
            let mut call = site.post("/webhooks/telegram").body(update);
            if let Some(secret) = secret {
                call = call.header("x-telegram-bot-api-secret-token", secret);
            }
            assert_eq!(call.send().await.unwrap().status(), 401, "{secret:?}");
        }
        assert_eq!(kept.rows(), rows);
        assert!(telegram.visible(44).is_empty());
    })
    .await;
}
