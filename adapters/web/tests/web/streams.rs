//! Replies as they are written, and what is said from now on.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use muykol_core::{seams::Piece, words::Block};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::World;

#[derive(Debug, Default, Clone)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

/// Reads events as a client does; comments are left out.
struct Reader {
    bytes: std::pin::Pin<Box<dyn Stream<Item = reqwest::Result<Vec<u8>>> + Send>>,
    text: String,
}

impl Reader {
    fn new(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            bytes: Box::pin(
                response
                    .bytes_stream()
                    .map(|part| part.map(|part| part.to_vec())),
            ),
            text: String::new(),
        }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let mut event = Event::default();
                for line in block.lines() {
                    match line.split_once(": ") {
                        Some(("event", name)) => event.name = name.to_owned(),
                        Some(("id", id)) => event.id = id.to_owned(),
                        Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                        _ => {}
                    }
                }
                self.text = rest.to_owned();
                if !event.name.is_empty() {
                    return Some(event);
                }
            }
            let part = timeout(Duration::from_secs(5), self.bytes.next())
                .await
                .expect("an event within 5 s")?;
            self.text
                .push_str(&String::from_utf8(part.unwrap()).unwrap());
        }
    }
}

async fn stream(world: &World, token: &str, text: &str, id: &str) -> Reader {
    let body = json!({ "text": text, "client_id": id });
    let request = world
        .post_message(token, &body)
        .header("accept", "text/event-stream");
    Reader::new(request.send().await.unwrap())
}

async fn follow(world: &World, token: &str, last: Option<&str>) -> Reader {
    let mut request = world.get(token, "/v1/chat/events");
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    Reader::new(request.send().await.unwrap())
}

#[tokio::test]
async fn a_reply_comes_as_accepted_deltas_reply_and_then_the_end() {
    let world = World::new().await;
    let token = world.session().await;
    world
        .say(&token, "First, so that the notice is behind us.", "0")
        .await;
    world.says(vec![
        Piece::Block(Block::text("First sentence.")),
        Piece::Block(Block::text("Second sentence.")),
    ]);
    world.gate.shut();
    let mut reader = stream(&world, &token, "Hello", "1").await;
    let accepted = reader.next().await.unwrap();
    assert_eq!(accepted.name, "accepted");
    world.gate.open();
    let mut names = Vec::new();
    let mut last = None;
    while let Some(event) = reader.next().await {
        if event.name == "delta" {
            assert_eq!(event.data["answers"][0], accepted.data["id"]);
        }
        names.push(event.name.clone());
        last = Some(event);
    }
    assert_eq!(names.iter().filter(|name| *name == "reply").count(), 1);
    assert_eq!(names.last().unwrap(), "reply");
    let reply = last.unwrap().data;
    assert!(reply["text"].as_str().unwrap().contains("Second sentence."));
    let again = stream(&world, &token, "Hello", "1").await;
    let mut reader = again;
    reader.next().await.unwrap();
    assert_eq!(
        reader.next().await.unwrap().data,
        reply,
        "the same reply again"
    );
}

#[tokio::test]
async fn an_erasure_is_told_as_a_reply() {
    let world = World::new().await;
    let token = world.session().await;
    world.say(&token, "Hello", "1").await;
    let body = json!({ "choice": "forget:yes", "client_id": "2" });
    let request = world
        .post_message(&token, &body)
        .header("accept", "text/event-stream");
    let mut reader = Reader::new(request.send().await.unwrap());
    let accepted = reader.next().await.unwrap();
    assert_eq!(accepted.name, "accepted");
    let reply = reader.next().await.unwrap();
    assert_eq!(reply.name, "reply");
    assert_eq!(reply.data["id"], accepted.data["id"]);
    assert_eq!(reply.data["text"], muykol_core::path::forgotten_words());
    assert!(reader.next().await.is_none());
}

#[tokio::test]
async fn what_is_said_later_is_told_once_and_resumed_without_a_gap() {
    let world = World::new().await;
    let token = world.session().await;
    world.say(&token, "Before anybody listens", "0").await;
    let mut reader = follow(&world, &token, None).await;
    world.say(&token, "one", "1").await;
    let mut ids = Vec::new();
    let mut texts = Vec::new();
    while texts.len() < 2 {
        let event = reader.next().await.unwrap();
        if event.name == "message" {
            assert_eq!(event.data["id"], event.id);
            ids.push(event.id);
            texts.push(event.data["role"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(texts, ["person", "muykol"]);
    drop(reader);
    world.say(&token, "two", "2").await;
    let mut reader = follow(&world, &token, Some(&ids[0])).await;
    let mut seen = Vec::new();
    while seen.len() < 3 {
        let event = reader.next().await.unwrap();
        if event.name == "message" {
            seen.push(event.data["text"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(seen[1], "two", "after the line that was missed: {seen:?}");
}

#[tokio::test]
async fn somebody_who_never_wrote_is_told_from_the_first_line_on() {
    let world = World::new().await;
    let token = world.session().await;
    let mut reader = follow(&world, &token, None).await;
    world.say(&token, "My first words", "1").await;
    loop {
        let event = reader.next().await.unwrap();
        if event.name == "message" {
            assert_eq!(event.data["text"], "My first words");
            break;
        }
    }
}

#[tokio::test]
async fn nobody_hears_anybody_else() {
    let world = World::new().await;
    let (ann, ben) = (world.session().await, world.session().await);
    world.say(&ann, "Hello", "1").await;
    world.say(&ben, "Hello", "1").await;
    let mut reader = follow(&world, &ann, None).await;
    world.say(&ben, "private to ben", "2").await;
    world.say(&ann, "mine", "2").await;
    loop {
        let event = reader.next().await.unwrap();
        assert!(!event.data.to_string().contains("private to ben"));
        if event.name == "message" && event.data["text"] == "mine" {
            break;
        }
    }
}

#[tokio::test]
async fn streams_end_with_their_time_and_with_the_process() {
    let world = World::with(|config| config.stream_lifetime = Duration::from_millis(50)).await;
    let token = world.session().await;
    assert!(follow(&world, &token, None).await.next().await.is_none());
    let world = World::new().await;
    let token = world.session().await;
    let mut reader = follow(&world, &token, None).await;
    world.close();
    assert!(reader.next().await.is_none());
}

#[tokio::test]
async fn a_session_holds_only_so_many_streams() {
    let world = World::with(|config| config.streams_per_session = 1).await;
    let token = world.session().await;
    let first = follow(&world, &token, None).await;
    let second = world.get(&token, "/v1/chat/events").send().await.unwrap();
    assert_eq!(second.status(), 429);
    drop(first);
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while world
        .get(&token, "/v1/chat/events")
        .send()
        .await
        .unwrap()
        .status()
        != 200
    {
        assert!(
            std::time::Instant::now() < deadline,
            "the place was not given back"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let wrong = world
        .get(&token, "/v1/chat/events")
        .header("last-event-id", "a b")
        .send()
        .await;
    assert_eq!(wrong.unwrap().status(), 422);
}
