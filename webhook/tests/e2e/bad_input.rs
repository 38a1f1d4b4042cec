//! What nobody can answer is refused with a plain word, and nothing of it is kept.

use reqwest::{RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    support::{
        binary::{Setup, WEBHOOK_SECRET},
        crowd::telegram,
        kept::Kept,
        site::Site,
    },
    within,
};

fn as_json(request: RequestBuilder, body: impl Into<reqwest::Body>) -> RequestBuilder {
    request
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
}

/// Sends it; gives the problem it was refused with.
async fn refused(what: &str, request: RequestBuilder, status: u16) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), status, "{what}");
    let headers = response.headers();
    assert_eq!(
        headers[header::CONTENT_TYPE],
        "application/problem+json",
        "{what}"
    );
    let id = headers["x-request-id"].to_str().unwrap().to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status, "{what}");
    assert!(problem["type"].is_string(), "{what}: {problem}");
    assert!(!problem["detail"].as_str().unwrap().is_empty(), "{what}");
    if let Some(named) = problem.get("request_id") {
        assert_eq!(named, &json!(id), "{what}");
    }
    problem
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http() {
    within(60, async {
        let setup = Setup::new();
        let mut muykol = setup.start().await;
        let site = Site::of(&muykol);
        let token = site.session().await;
        let kept = Kept::in_file(&setup.store());
        let rows = kept.rows();

        let post = || site.post("/v1/chat/messages").bearer_auth(&token);
        let long = json!({"text": "a".repeat(1 << 20), "client_id": "1"}).to_string();
        let wordy = json!({"text": "a".repeat(9_000), "client_id": "1"}).to_string();
        for (what, body, status) in [
            ("empty", Vec::new(), 400),
            ("1 MB", long.into_bytes(), 413),
            ("too many characters", wordy.into_bytes(), 422),
            (
                "invalid UTF-8",
                b"{\"text\":\"\xff\xfe\",\"client_id\":\"1\"}".to_vec(),
                400,
            ),
            ("broken JSON", b"{\"text\": \"hello\", ".to_vec(), 400),
            ("not an object", b"[]".to_vec(), 400),
            ("no text", br#"{"client_id":"1"}"#.to_vec(), 422),
            ("no client_id", br#"{"text":"hello"}"#.to_vec(), 400),
            (
                "no words",
                br#"{"text":"  ","client_id":"1"}"#.to_vec(),
                422,
            ),
            (
                "a number for a text",
                br#"{"text":1,"client_id":"1"}"#.to_vec(),
                400,
            ),
            (
                "text and choice",
                br#"{"text":"a","choice":"b","client_id":"1"}"#.to_vec(),
                422,
            ),
            (
                "an empty client_id",
                br#"{"text":"a","client_id":""}"#.to_vec(),
                422,
            ),
            (
                "an unknown field",
                br#"{"text":"hello","client_id":"1","person":"somebody else"}"#.to_vec(),
                400,
            ),
        ] {
            refused(what, as_json(post(), body), status).await;
        }
        refused("not JSON", post().body("text=hello"), 415).await;
        refused("no such route", site.get("/v1/nothing", &token), 404).await;
        refused("no such method", site.post("/v1/chat/events"), 405).await;
        refused(
            "no such verse",
            site.get("/v1/scripture/Hezekiah%203:16", &token),
            404,
        )
        .await;

        let message = json!({"text": "I was never here", "client_id": "1"}).to_string();
        let open = || as_json(site.post("/v1/chat/messages"), message.clone());
        refused("no session", open(), 401).await;
        for forged in ["", "x", "Bearer", &token[1..], &"A".repeat(43)] {
            refused("a forged session", open().bearer_auth(forged), 401).await;
        }
        assert_eq!(kept.rows(), rows, "nothing is kept");
        assert!(muykol.is_alive());
        assert_eq!(site.send(&token, "Hello").await.status(), 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_and_another_persons_id() {
    within(60, async {
        let setup = Setup::new();
        let muykol = setup.start().await;
        let site = Site::of(&muykol);
        let (ann, ben, old) = (
            site.session().await,
            site.session().await,
            site.session().await,
        );
        let id = Uuid::new_v4().to_string();
        assert_eq!(site.send_as(&ann, "I feel alone", &id).await.status(), 200);
        let kept = Kept::in_file(&setup.store());
        let rows = kept.rows();
        for text in ["I feel alone", "Something else"] {
            let response = site.send_as(&ben, text, &id).await;
            assert_eq!(response.status(), StatusCode::CONFLICT);
            let problem = response.text().await.unwrap();
            assert!(problem.contains("client_id"), "{problem}");
        }
        let changed = site.send_as(&ann, "Other words under my id", &id).await;
        assert_eq!(changed.status(), StatusCode::CONFLICT);
        assert_eq!(kept.rows(), rows);

        drop(muykol);
        kept.expire_unused_sessions();
        let muykol = setup.start().await;
        let site = Site::of(&muykol);
        let response = site.send(&old, "I was never here").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(kept.rows(), rows);
        assert_eq!(site.history(&ann).await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_webhook() {
    within(60, async {
        let telegram = telegram().await;
        let setup = Setup::new().webhook(&telegram);
        let mut muykol = setup.start().await;
        let site = Site::of(&muykol);
        let kept = Kept::in_file(&setup.store());
        let rows = kept.rows();
        let call = |body: Vec<u8>| {
            let call = site
                .post("/webhooks/telegram")
                .header("x-telegram-bot-api-secret-token", WEBHOOK_SECRET);
            as_json(call, body)
        };
        for (what, body, status) in [
            ("empty", Vec::new(), 400),
            ("broken JSON", b"{\"update_id\": 1, ".to_vec(), 400),
            (
                "invalid UTF-8",
                b"{\"update_id\": 1, \"message\": \"\xff\"}".to_vec(),
                400,
            ),
            ("no update", b"[]".to_vec(), 400),
            (
                "a word for a number",
                br#"{"update_id":"one"}"#.to_vec(),
                400,
            ),
            ("2 MB", vec![b' '; 2 << 20], 413),
        ] {
            refused(what, call(body), status).await;
        }
        // What Telegram may send tomorrow is acknowledged, so that it does not stop the queue.
        for unknown in [
            json!({"update_id": 7}),
            json!({"update_id": 8, "poll_of_tomorrow": {"id": 1}}),
            json!({"update_id": 9, "message": {"strange": true}}),
        ] {
            let response = call(unknown.to_string().into_bytes()).send().await.unwrap();
            assert_eq!(response.status(), 200, "{unknown}");
        }
        assert_eq!(kept.rows(), rows, "nothing is kept");
        assert!(muykol.is_alive());
    })
    .await;
}
