//! However the model fails, the person is answered, in time, with words that passed every check.

use std::time::{Duration, Instant};

use muykol_model_stub::{Behaviour, ModelStub, Script};
use serde_json::Value;

use crate::{
    support::{
        binary::{Muykol, Setup},
        site::Site,
    },
    within,
};

/// How long a person waits at most for a model that says nothing: 3 s, and what a busy test
/// machine adds.
const BUDGET: Duration = Duration::from_secs(5);
const WORRIED: &str = "I'm so worried about losing my job";

/// What no person may ever read: the model's server, its errors, its settings.
const INTERNAL: [&str; 9] = [
    "PRIVATE",
    "sk-",
    "stub",
    "HTTP",
    "<html",
    "Internal Server",
    "429",
    "error",
    "model",
];

struct Room {
    model: ModelStub,
    site: Site,
    _muykol: Muykol,
}

impl Room {
    async fn open() -> Self {
        let model = ModelStub::start(Script::default()).await.unwrap();
        let setup = Setup::new()
            .model(&model)
            .unlimited()
            .set("OPENAI_API_KEY", "sk-e2e-secret")
            .set("MUYKOL_LLM__BREAKER_FAILURES", 100);
        let muykol = setup.start().await;
        Self {
            site: Site::of(&muykol),
            model,
            _muykol: muykol,
        }
    }

    /// What somebody new is answered while the model plays this.
    async fn asks(&self, script: Script) -> (Value, Duration) {
        self.model.play([script]);
        let token = self.site.session().await;
        let begun = Instant::now();
        let reply = self.site.ask(&token, WORRIED).await;
        (reply, begun.elapsed())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_works_is_heard() {
    within(60, async {
        let room = Room::open().await;
        let (reply, _) = room.asks(Script::default()).await;
        assert_eq!(reply["answered_by"], "model");
        let text = reply["text"].as_str().unwrap();
        assert!(
            text.contains("(ASV)") && text.contains("In nothing be anxious"),
            "{text}"
        );
        assert!(!text.contains("[["), "the mark became the passage: {text}");
        assert_eq!(
            room.model.last_authorization().as_deref(),
            Some("Bearer sk-e2e-secret")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_fails_is_stood_in_for() {
    within(120, async {
        let room = Room::open().await;
        let mut throttled = Script::of(Behaviour::TooManyRequests);
        throttled.code = Some("rate_limit_exceeded".to_owned());
        for script in [
            throttled,
            Script::of(Behaviour::ServerError),
            Script::of(Behaviour::Unauthorized),
            Script::of(Behaviour::BreaksOff),
            Script::of(Behaviour::FailsMidway),
            Script::of(Behaviour::BrokenJson),
            Script::of(Behaviour::InvalidUtf8),
            Script::of(Behaviour::OutOfTokens),
            Script::of(Behaviour::Hangs),
            Script::of(Behaviour::OnlyComments),
            Script::default().after(Duration::from_millis(3500)),
        ] {
            let behaviour = script.behaviour;
            let (reply, took) = room.asks(script).await;
            println!("{behaviour:?}: answered after {took:?}");
            assert!(took < BUDGET, "{behaviour:?}: {took:?}");
            assert_eq!(reply["answered_by"], "curated", "{behaviour:?}");
            let text = reply["text"].as_str().unwrap();
            assert!(text.contains("(ASV)"), "{behaviour:?}: {text}");
            let notice = text.split("A few words about me").next().unwrap();
            for word in INTERNAL {
                assert!(
                    !notice.contains(word),
                    "{behaviour:?} showed {word}: {notice}"
                );
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_must_not_say_is_not_said() {
    within(60, async {
        let room = Room::open().await;
        for (behaviour, never) in [
            (
                Behaviour::Misquoted,
                &[
                    "Do not be anxious about anything, and God will",
                    "Hezekiah",
                    "helps those who help",
                ][..],
            ),
            (
                Behaviour::Unsafe,
                &[
                    "sin in your life",
                    "clinical depression",
                    "stop taking",
                    "I promise you",
                    "don't tell anyone",
                ],
            ),
        ] {
            let mut script = Script::of(behaviour);
            script.piece_ms = 20;
            room.model.play([script]);
            let token = room.site.session().await;
            let (events, _) = streamed(&room.site, &token).await;
            for (name, data) in &events {
                for words in never {
                    assert!(
                        !data.contains(words),
                        "{behaviour:?}: {name} says {words}: {data}"
                    );
                }
            }
            let (name, reply) = events.last().unwrap();
            assert_eq!(name, "reply");
            let reply: Value = serde_json::from_str(reply).unwrap();
            assert!(reply["text"].as_str().unwrap().len() > 40, "{reply}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_come_while_the_model_still_writes() {
    within(60, async {
        let room = Room::open().await;
        let mut script = Script::default();
        script.piece_ms = 60;
        room.model.play([script]);
        let token = room.site.session().await;
        let (events, first_words) = streamed(&room.site, &token).await;
        let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.first(), Some(&"accepted"));
        assert_eq!(names.last(), Some(&"reply"));
        let deltas = names.iter().filter(|name| **name == "delta").count();
        assert!(deltas >= 2, "{names:?}");
        let (first, whole) = first_words.unwrap();
        assert!(
            first * 2 < whole,
            "first words after {first:?} of {whole:?}"
        );
        let reply: Value = serde_json::from_str(&events.last().unwrap().1).unwrap();
        assert_eq!(reply["answered_by"], "model");
    })
    .await;
}

type Streamed = (Vec<(String, String)>, Option<(Duration, Duration)>);

/// Sends a message and reads its events: names and data; and when the first words came, and all.
async fn streamed(site: &Site, token: &str) -> Streamed {
    let begun = Instant::now();
    let mut response = site
        .post("/v1/chat/messages")
        .bearer_auth(token)
        .header("accept", "text/event-stream")
        .json(&serde_json::json!({"text": WORRIED, "client_id": "streamed"}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let (mut body, mut first) = (String::new(), None);
    while let Some(chunk) = response.chunk().await.unwrap() {
        body.push_str(std::str::from_utf8(&chunk).unwrap());
        if body.contains("event: delta") {
            first.get_or_insert(begun.elapsed());
        }
    }
    let events = body
        .split("\n\n")
        .filter_map(|event| {
            let name = event
                .lines()
                .find_map(|line| line.strip_prefix("event: "))?;
            let data = event.lines().find_map(|line| line.strip_prefix("data: "))?;
            Some((name.to_owned(), data.to_owned()))
        })
        .collect();
    (events, first.map(|first| (first, begun.elapsed())))
}
