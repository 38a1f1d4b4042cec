//! A message in danger is answered whatever fails.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Browser, World};

const DANGER: &str = "I want to kill myself tonight";

fn resources(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "resources"))
}

#[tokio::test]
async fn danger_is_answered_at_once() {
    let world = World::new().await;
    let token = world.session().await;
    world.gate.shut();
    let reply: Value = world.say(&token, DANGER, "1").await.json().await.unwrap();
    assert_eq!(reply["answered_by"], "crisis");
    assert!(resources(&reply["blocks"]));
}

#[tokio::test]
async fn a_failing_store_does_not_keep_the_crisis_reply() {
    let world = World::new().await;
    let warm = world.session().await;
    let cold = world.session().await;
    world.clock.forward(Duration::from_secs(61));
    world.say(&warm, "Hello", "0").await;
    world.store.fails();
    for token in [&warm, &cold] {
        let begun = Instant::now();
        let response = world.say(token, DANGER, "1").await;
        assert!(begun.elapsed() < Duration::from_secs(1));
        assert_eq!(response.status(), 200);
        let reply: Value = response.json().await.unwrap();
        assert_eq!(reply["stored"], false);
        assert_eq!(reply["answered_by"], "crisis");
        assert!(resources(&reply["blocks"]));
    }
    let other = world.say(&cold, "Hello", "2").await;
    assert_eq!(other.status(), 503);
    assert_eq!(other.headers()["retry-after"], "5");
}

#[tokio::test]
async fn a_store_that_never_answers_does_not_keep_it_either() {
    let world = World::new().await;
    let token = world.session().await;
    world.clock.forward(Duration::from_secs(61));
    world.store.hangs();
    let begun = Instant::now();
    let response = world.say(&token, DANGER, "1").await;
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    let reply: Value = response.json().await.unwrap();
    assert_eq!(reply["stored"], false);
}

#[tokio::test]
async fn what_was_written_while_sessions_could_not_be_read_joins_the_conversation() {
    let world = World::new().await;
    let token = world.session().await;
    world.say(&token, "Hello", "1").await;
    world.clock.forward(Duration::from_secs(61));
    world.store.hangs();
    let (answered, ()) = tokio::join!(world.say(&token, "Are you there?", "2"), async {
        // Longer than a session is waited for, shorter than a message is.
        tokio::time::sleep(Duration::from_millis(600)).await;
        world.store.works();
    });
    // A hung call stays hung: the message is refused and sent again under the same id.
    assert_eq!(answered.status(), 503);
    assert_eq!(world.say(&token, "Are you there?", "2").await.status(), 200);
    let page: Value = world
        .get(&token, "/v1/chat/messages")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(page["messages"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn danger_as_a_stream_is_answered_without_a_store() {
    let world = World::new().await;
    let token = world.session().await;
    world.store.fails();
    let body = serde_json::json!({ "text": DANGER, "client_id": "1" });
    let response = world
        .post_message(&token, &body)
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    assert!(text.starts_with("event: reply\ndata: {"), "{text}");
    assert!(text.contains("\"stored\":false"));
}

#[tokio::test]
async fn a_message_turned_away_is_met_with_help_if_it_speaks_of_danger() {
    let world = World::new().await;
    let token = world.session().await;
    let no_session = world.say("forged", DANGER, "1").await;
    assert_eq!(no_session.status(), 401);
    assert!(resources(
        &no_session.json::<Value>().await.unwrap()["resources"]
    ));

    let calm: Value = world
        .say("forged", "Hello", "1")
        .await
        .json()
        .await
        .unwrap();
    assert!(calm.get("resources").is_none());

    let long = format!("{DANGER}. {}", "word ".repeat(2000));
    let too_long: Value = world.say(&token, &long, "1").await.json().await.unwrap();
    assert_eq!(too_long["type"], "urn:muykol:problem:too-long");
    assert!(resources(&too_long["resources"]));

    world.say(&token, "Hello", "2").await;
    let conflict: Value = world.say(&token, DANGER, "2").await.json().await.unwrap();
    assert_eq!(conflict["status"], 409);
    assert!(resources(&conflict["resources"]));

    let bad_id: Value = world.say(&token, DANGER, "a b").await.json().await.unwrap();
    assert!(resources(&bad_id["resources"]));
}

#[tokio::test]
async fn the_page_answers_danger_while_the_store_is_down() {
    let world = World::new().await;
    let mut browser = Browser::new(&world);
    browser.open("/").await;
    world.store.fails();
    let page = browser.say(DANGER).await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains("class=\"urgent\""));
    assert!(page.html.contains("could not keep this conversation"));
    assert!(page.html.contains("href=\"tel:988\""));

    let page = browser.say("Hello there").await;
    assert_eq!(page.status, 503);
    assert!(page.html.contains("<details open>"), "helplines unfolded");
    assert!(
        page.html.contains(">Hello there</textarea>"),
        "nothing lost"
    );
}

#[tokio::test]
async fn the_page_meets_danger_in_a_forged_or_limited_form_with_the_card() {
    let world = World::with(|config| config.session_quota.burst = 0).await;
    let mut browser = Browser::new(&world);
    let limited = browser.say(DANGER).await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.header("retry-after"), "62");
    assert!(limited.html.contains("class=\"urgent\""));
    assert!(limited.html.contains("href=\"tel:988\""));
    browser.cookie = None;
    let forged = browser
        .submit("/chat", &[("text", DANGER), ("form_token", "x")])
        .await;
    assert_eq!(forged.status, 403);
    assert!(forged.html.contains("class=\"urgent\""));
    assert!(forged.html.contains(DANGER), "nothing lost");
}
