//! The JSON interface: what it answers, and what it refuses and how.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::World;

async fn problem(response: reqwest::Response, status: u16, kind: &str) -> Value {
    assert_eq!(response.status(), status);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(
        problem["type"],
        format!("urn:muykol:problem:{kind}"),
        "{problem}"
    );
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"], id);
    assert!(problem["detail"].as_str().unwrap().ends_with('.'));
    problem
}

async fn nothing_stored(world: &World, token: &str) {
    let page: Value = world
        .get(token, "/v1/chat/messages")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(page, json!({ "messages": [] }));
}

#[tokio::test]
async fn a_message_gets_its_reply_and_both_are_in_the_history() {
    let world = World::new().await;
    let token = world.session().await;
    let response = world.say(&token, "I can't sleep.", "1").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let reply: Value = response.json().await.unwrap();
    let verse = &reply["blocks"][1];
    assert_eq!(verse["type"], "verse");
    assert_eq!(verse["reference"], "Philippians 4:6-7");
    assert_eq!(reply["answered_by"], "curated");
    assert!(reply.get("stored").is_none());

    let page: Value = world
        .get(&token, "/v1/chat/messages")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let [newest, oldest] = page["messages"].as_array().unwrap().as_slice() else {
        panic!("{page}");
    };
    assert_eq!(newest["id"], reply["id"]);
    assert_eq!(newest["role"], "muykol");
    assert_eq!(newest["blocks"], reply["blocks"]);
    assert_eq!(newest["answers"][0], oldest["message_id"]);
    assert_eq!(oldest["role"], "person");
    assert_eq!(oldest["text"], "I can't sleep.");
    assert!(oldest["at"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn the_same_message_sent_again_gets_the_same_reply() {
    let world = World::new().await;
    let token = world.session().await;
    let id = "0b7e0c7e-8f0f-4e0e-9a68-1fb2e6c7f7f1";
    let first: Value = world.say(&token, "Hello", id).await.json().await.unwrap();
    let again: Value = world.say(&token, "Hello", id).await.json().await.unwrap();
    assert_eq!(first, again);
    let page: Value = world
        .get(&token, "/v1/chat/messages")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(page["messages"].as_array().unwrap().len(), 2);

    let other = world.say(&token, "Something else", id).await;
    problem(other, 409, "client-id-used").await;
}

#[tokio::test]
async fn another_persons_client_id_is_a_conflict_only_if_it_claims_to_be_unique() {
    let world = World::new().await;
    let (ann, ben) = (world.session().await, world.session().await);
    let uuid = "0b7e0c7e-8f0f-4e0e-9a68-1fb2e6c7f7f1";
    assert_eq!(world.say(&ann, "Hello", uuid).await.status(), 200);
    problem(world.say(&ben, "Hello", uuid).await, 409, "client-id-used").await;
    nothing_stored(&world, &ben).await;
    assert_eq!(world.say(&ann, "Hello", "1").await.status(), 200);
    assert_eq!(world.say(&ben, "Hello", "1").await.status(), 200);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_the_reason_and_not_stored() {
    let world = World::new().await;
    let token = world.session().await;
    let send = |kind: &'static str, body: Vec<u8>| {
        world
            .http
            .post(world.at_path("/v1/chat/messages"))
            .bearer_auth(&token)
            .header("content-type", kind)
            .body(body)
            .send()
    };
    let json = "application/json";

    let broken = send(json, b"{\"text\": \"a\",\n  oops".to_vec())
        .await
        .unwrap();
    let detail = problem(broken, 400, "bad-request").await;
    assert!(
        detail["detail"]
            .as_str()
            .unwrap()
            .contains("line 2, column 3")
    );

    let early = send(json, b"{\"text\": \"a\"".to_vec()).await.unwrap();
    let detail = problem(early, 400, "bad-request").await;
    assert!(detail["detail"].as_str().unwrap().contains("too early"));

    let unknown = br#"{"text":"a","client_id":"1","mood":"x"}"#.to_vec();
    let detail = problem(send(json, unknown).await.unwrap(), 400, "bad-request").await;
    assert_eq!(detail["field"], "mood");
    assert!(detail["detail"].as_str().unwrap().contains("`mood`"));

    let wrong_type = br#"{"text":7,"client_id":"1"}"#.to_vec();
    let detail = problem(send(json, wrong_type).await.unwrap(), 400, "bad-request").await;
    assert_eq!(detail["field"], "text");

    let trailing = br#"{"text":"a","client_id":"1"} {}"#.to_vec();
    problem(send(json, trailing).await.unwrap(), 400, "bad-request").await;

    let invalid = b"{\"text\":\"\xff\xfe\",\"client_id\":\"1\"}".to_vec();
    let detail = problem(send(json, invalid).await.unwrap(), 400, "bad-request").await;
    assert!(detail["detail"].as_str().unwrap().contains("byte 9"));

    let huge = format!(r#"{{"text":"{}","client_id":"1"}}"#, "a".repeat(1 << 20));
    let detail = problem(
        send(json, huge.into_bytes()).await.unwrap(),
        413,
        "too-large",
    )
    .await;
    assert!(detail["detail"].as_str().unwrap().contains("131072"));

    let plain = send("text/plain", b"hello".to_vec()).await.unwrap();
    problem(plain, 415, "unsupported-media-type").await;

    for (body, status, kind, field) in [
        (
            json!({ "text": "", "client_id": "1" }),
            422,
            "invalid-field",
            "text",
        ),
        (
            json!({ "text": " \n\u{a0}", "client_id": "1" }),
            422,
            "invalid-field",
            "text",
        ),
        (
            json!({ "text": "ü".repeat(8001), "client_id": "1" }),
            422,
            "too-long",
            "text",
        ),
        (json!({ "client_id": "1" }), 422, "invalid-field", "text"),
        (
            json!({ "text": "a", "choice": "b", "client_id": "1" }),
            422,
            "invalid-field",
            "choice",
        ),
        (
            json!({ "choice": "", "client_id": "1" }),
            422,
            "invalid-field",
            "choice",
        ),
        (
            json!({ "text": "a", "client_id": "" }),
            422,
            "invalid-field",
            "client_id",
        ),
        (
            json!({ "text": "a", "client_id": "a b" }),
            422,
            "invalid-field",
            "client_id",
        ),
        (
            json!({ "text": "a", "client_id": "x".repeat(129) }),
            422,
            "invalid-field",
            "client_id",
        ),
    ] {
        let response = world.post_message(&token, &body).send().await.unwrap();
        let detail = problem(response, status, kind).await;
        assert_eq!(detail["field"], field);
    }
    nothing_stored(&world, &token).await;
}

#[tokio::test]
async fn eight_thousand_characters_in_their_longest_form_still_fit() {
    let world = World::new().await;
    let token = world.session().await;
    let body = format!(
        r#"{{"text":"{}","client_id":"1"}}"#,
        "\\ud83d\\ude4f".repeat(8000)
    );
    let response = world
        .http
        .post(world.at_path("/v1/chat/messages"))
        .bearer_auth(&token)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn only_a_session_that_stands_opens_anything() {
    let world = World::with(|config| config.session_lifetime = Duration::from_secs(3600)).await;
    let token = world.session().await;
    assert_eq!(world.say(&token, "Hello", "1").await.status(), 200);
    let forged = format!("{}A", &token[..42]);
    for wrong in ["", "abc", forged.as_str()] {
        let response = world.say(wrong, "Hello", "2").await;
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        problem(response, 401, "no-session").await;
        let response = world.get(wrong, "/v1/me").send().await.unwrap();
        problem(response, 401, "no-session").await;
    }
    let bare = world
        .http
        .get(world.at_path("/v1/chat/events"))
        .send()
        .await;
    problem(bare.unwrap(), 401, "no-session").await;
    world.clock.forward(Duration::from_secs(3601));
    problem(world.say(&token, "Hello", "3").await, 401, "no-session").await;
}

#[tokio::test]
async fn a_hot_session_costs_no_read_for_a_minute() {
    use std::sync::atomic::Ordering::SeqCst;
    let world = World::new().await;
    let token = world.session().await;
    for id in ["1", "2", "3"] {
        world.say(&token, "Hello", id).await;
    }
    assert_eq!(world.store.session_reads.load(SeqCst), 0);
    world.clock.forward(Duration::from_secs(61));
    world.say(&token, "Hello", "4").await;
    world.say(&token, "Hello", "5").await;
    assert_eq!(world.store.session_reads.load(SeqCst), 1);
}

#[tokio::test]
async fn sessions_are_limited_by_address() {
    let world = World::new().await;
    for _ in 0..3 {
        world.session().await;
    }
    let response = world
        .http
        .post(world.at_path("/v1/sessions"))
        .header("x-forwarded-for", "203.0.113.77")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["retry-after"], "62");
    let problem = problem(response, 429, "too-many-sessions").await;
    assert_eq!(problem["retry_after_seconds"], 62);
}

#[tokio::test]
async fn tokens_are_long_and_never_alike() {
    let world = World::new().await;
    let (one, two) = (world.session().await, world.session().await);
    assert_eq!(one.len(), 43, "32 bytes as base64url");
    assert_ne!(one, two);
}

#[tokio::test]
async fn a_late_reply_is_a_202_that_says_where_to_look() {
    let world = World::with(|config| config.reply_wait = Duration::from_millis(80)).await;
    let token = world.session().await;
    world.gate.shut();
    let response = world.say(&token, "Hello", "1").await;
    assert_eq!(response.status(), 202);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let accepted: Value = response.json().await.unwrap();
    let look = || async {
        let response = world.get(&token, &location).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json::<Value>().await.unwrap()
    };
    assert_eq!(look().await["messages"], json!([]));
    world.gate.open();
    let deadline = Instant::now() + Duration::from_secs(5);
    let found = loop {
        let page = look().await;
        if !page["messages"].as_array().unwrap().is_empty() {
            break page;
        }
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(found["messages"][0]["answers"][0], accepted["id"]);

    let stranger = world.session().await;
    world.say(&stranger, "Hello", "1").await;
    let page: Value = world
        .get(&stranger, &location)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(page["messages"], json!([]), "another person's reply");
}

#[tokio::test]
async fn a_reply_committed_between_look_and_wait_wakes_at_once() {
    let world = World::new().await;
    let token = world.session().await;
    world.gate.shut();
    world
        .store
        .race
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let begun = Instant::now();
    let response = world.say(&token, "Hello", "1").await;
    assert_eq!(response.status(), 200);
    // The slow second look comes after a second; being woken does not.
    assert!(begun.elapsed() < Duration::from_millis(800), "lost wake-up");
}

#[tokio::test]
async fn history_is_read_page_by_page() {
    let world = World::new().await;
    let token = world.session().await;
    for id in 0..3 {
        world
            .say(&token, &format!("message {id}"), &id.to_string())
            .await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/chat/messages?limit=4".to_owned();
    loop {
        let page: Value = world
            .get(&token, &path)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        for message in page["messages"].as_array().unwrap() {
            seen.push(message["id"].as_str().unwrap().to_owned());
        }
        match page["next_before"].as_str() {
            Some(before) => path = format!("/v1/chat/messages?limit=4&before={before}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 6);
    for (query, status) in [
        ("limit=0", 422),
        ("limit=101", 422),
        ("limit=x", 400),
        ("sort=up", 400),
        ("before=%20", 422),
    ] {
        let response = world
            .get(&token, &format!("/v1/chat/messages?{query}"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{query}");
    }
}

#[tokio::test]
async fn feedback_is_for_ones_own_replies() {
    let world = World::new().await;
    let (ann, ben) = (world.session().await, world.session().await);
    let reply: Value = world.say(&ann, "Hello", "1").await.json().await.unwrap();
    world.say(&ben, "Hello", "1").await;
    let id = reply["id"].as_str().unwrap();
    let rate = |token: &str, id: &str, body: Value| {
        world
            .http
            .post(world.at_path(&format!("/v1/chat/messages/{id}/feedback")))
            .bearer_auth(token)
            .json(&body)
            .send()
    };
    assert_eq!(
        rate(&ann, id, json!({ "rating": 5 }))
            .await
            .unwrap()
            .status(),
        204
    );
    assert_eq!(
        rate(&ann, id, json!({ "wrong": true, "comment": "x" }))
            .await
            .unwrap()
            .status(),
        204
    );
    problem(
        rate(&ben, id, json!({ "rating": 5 })).await.unwrap(),
        404,
        "no-such-reply",
    )
    .await;
    problem(
        rate(&ann, "nothing", json!({ "rating": 5 })).await.unwrap(),
        404,
        "no-such-reply",
    )
    .await;
    for body in [
        json!({ "rating": 0 }),
        json!({ "rating": 6 }),
        json!({}),
        json!({ "comment": "x".repeat(2001) }),
    ] {
        problem(rate(&ann, id, body).await.unwrap(), 422, "invalid-field").await;
    }
    problem(
        rate(&ann, id, json!({ "stars": 1 })).await.unwrap(),
        400,
        "bad-request",
    )
    .await;
}

#[tokio::test]
async fn settings_are_kept_cleared_and_checked() {
    let world = World::new().await;
    let token = world.session().await;
    let change = |body: Value| {
        world
            .http
            .patch(world.at_path("/v1/me"))
            .bearer_auth(&token)
            .json(&body)
            .send()
    };
    problem(
        change(json!({ "name": "Ana" })).await.unwrap(),
        409,
        "nobody-yet",
    )
    .await;
    world.say(&token, "Hello", "1").await;
    let me: Value = change(json!({
        "translation": "kjv", "language": "es-419", "country": "mx", "time_zone": "America/Mexico_City",
        "name": "Ana", "quiet_hours": { "from": "22:00", "until": "07:00" }
    }))
    .await
    .unwrap()
    .json()
    .await
    .unwrap();
    assert_eq!(
        me,
        json!({
            "translation": "KJV", "language": "es-419", "country": "MX",
            "time_zone": "America/Mexico_City", "name": "Ana",
            "quiet_hours": { "from": "22:00", "until": "07:00" }
        })
    );
    let me: Value = change(json!({ "name": null, "quiet_hours": null }))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(me["name"], Value::Null);
    assert_eq!(me["country"], "MX");
    for (field, value) in [
        ("translation", json!("NIV")),
        ("language", json!("english")),
        ("country", json!("UK")),
        ("time_zone", json!("Mexico")),
        ("name", json!("")),
        ("quiet_hours", json!({ "from": "7", "until": "8" })),
    ] {
        let refused = problem(
            change(json!({ (field): value })).await.unwrap(),
            422,
            "invalid-field",
        )
        .await;
        assert_eq!(refused["field"], field);
    }
    problem(
        change(json!({ "age": 3 })).await.unwrap(),
        400,
        "bad-request",
    )
    .await;
}

#[tokio::test]
async fn everything_can_be_taken_away_and_erased() {
    let world = World::new().await;
    let token = world.session().await;
    world.say(&token, "Remember this?", "1").await;
    let export: Value = world
        .get(&token, "/v1/privacy/export")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(export["messages"][0]["text"], "Remember this?");
    assert!(export["profile"].is_object());
    let response = world
        .http
        .delete(world.at_path("/v1/privacy/data"))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let receipt: Value = response.json().await.unwrap();
    assert_eq!(receipt["erased"]["entries"], 2);
    assert!(receipt["kept"][0].as_str().unwrap().contains("hashes"));
    problem(
        world.say(&token, "Still there?", "2").await,
        401,
        "no-session",
    )
    .await;
}

#[tokio::test]
async fn whoever_asks_to_be_erased_is_told_at_once_and_their_session_ends() {
    let world = World::new().await;
    let token = world.session().await;
    world.say(&token, "Remember this?", "1").await;
    let begun = Instant::now();
    let body = json!({ "choice": "forget:yes", "client_id": "2" });
    let response = world.post_message(&token, &body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(begun.elapsed() < Duration::from_secs(5));
    let receipt: Value = response.json().await.unwrap();
    assert_eq!(receipt["text"], muykol_core::path::forgotten_words());
    assert_eq!(receipt["answered_by"], "system");
    assert!(!receipt["id"].as_str().unwrap().is_empty());
    problem(
        world.say(&token, "Still there?", "3").await,
        401,
        "no-session",
    )
    .await;
    world.store.fails();
    problem(
        world.say(&token, "Still there?", "4").await,
        401,
        "no-session",
    )
    .await;
}

#[tokio::test]
async fn scripture_is_for_anyone() {
    let world = World::new().await;
    let get = |path: &str| world.http.get(world.at_path(path)).send();
    let verse: Value = get("/v1/scripture/Phil%204:6-7?translation=KJV")
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(verse["type"], "verse");
    assert_eq!(verse["translation"], "KJV");
    assert!(
        verse["text"]
            .as_str()
            .unwrap()
            .starts_with("Be careful for nothing")
    );
    problem(
        get("/v1/scripture/nonsense").await.unwrap(),
        404,
        "no-such-passage",
    )
    .await;
    problem(
        get("/v1/scripture/John%2099:1").await.unwrap(),
        404,
        "no-such-passage",
    )
    .await;
    problem(
        get("/v1/scripture/John%203:16?translation=XYZ")
            .await
            .unwrap(),
        404,
        "no-such-translation",
    )
    .await;
    problem(
        get("/v1/scripture/Psalm%20119").await.unwrap(),
        422,
        "invalid-field",
    )
    .await;
    problem(
        get("/v1/scripture/John%203:16?lang=x").await.unwrap(),
        400,
        "bad-request",
    )
    .await;
    problem(get("/v1/scripture/%ff").await.unwrap(), 400, "refused").await;
}

#[tokio::test]
async fn commands_and_choices_reach_core_as_such() {
    let world = World::new().await;
    let token = world.session().await;
    let reply: Value = world
        .say(&token, "/verse John 3:16", "1")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(reply["answered_by"], "system");
    assert!(reply["text"].as_str().unwrap().contains("John 3:16"));
    let body = json!({ "choice": "no-such-choice", "client_id": "2" });
    let reply: Value = world
        .post_message(&token, &body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(reply["answered_by"], "system");
}
