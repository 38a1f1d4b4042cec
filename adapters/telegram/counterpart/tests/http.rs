//! The counterpart as another process meets it: over HTTP alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use muykol_telegram_counterpart::{ChatKind, Counterpart, Fault, FaultRule, Incoming, Options};
use reqwest::Client;
use serde_json::{Value, json};

struct Bot {
    counterpart: Counterpart,
    client: Client,
}

impl Bot {
    async fn start() -> Self {
        let counterpart = Counterpart::start(Options::default()).await.unwrap();
        Self {
            counterpart,
            client: Client::new(),
        }
    }

    async fn call(&self, method: &str, args: Value) -> (u16, Value) {
        let url = format!(
            "{}/bot{}/{method}",
            self.counterpart.url(),
            self.counterpart.token()
        );
        let response = self.client.post(url).json(&args).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn problem(&self, method: &str, args: Value) -> String {
        let (status, body) = self.call(method, args).await;
        assert_eq!(
            (body["ok"].as_bool(), body["error_code"].as_u64()),
            (Some(false), Some(u64::from(status)))
        );
        body["description"].as_str().unwrap().to_owned()
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/_control/{path}", self.counterpart.url());
        self.client
            .post(url)
            .json(&body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn look(&self, path: &str) -> Value {
        let url = format!("{}/_control/{path}", self.counterpart.url());
        self.client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn arguments_come_as_json_form_multipart_or_query_and_methods_in_any_case() {
    let bot = Bot::start().await;
    bot.control("act", json!({"user": 42, "text": "hi"})).await;
    let base = format!("{}/bot{}", bot.counterpart.url(), bot.counterpart.token());
    let keyboard = r#"{"inline_keyboard":[[{"text":"Yes","callback_data":"y"}]]}"#;
    let sent = [
        bot.client.post(format!("{base}/SendMessage")).json(&json!({"chat_id": 42, "text": "one"})),
        bot.client.post(format!("{base}/sendmessage")).form(&[("chat_id", "42"), ("text", "two"), ("reply_markup", keyboard)]),
        bot.client.get(format!("{base}/sendMessage?chat_id=42&text=three+%26")),
        bot.client
            .post(format!("{base}/sendMessage"))
            .header("content-type", "multipart/form-data; boundary=x")
            .body("--x\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n42\r\n--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nfour\r\n--x--\r\n"),
    ];
    for request in sent {
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let texts: Vec<_> = bot
        .counterpart
        .by_bot(42)
        .into_iter()
        .map(|message| message.text)
        .collect();
    assert_eq!(texts, ["one", "two", "three &", "four"]);
    assert_eq!(
        bot.look("chat/42").await[2]["buttons"][0][0]["callback_data"],
        "y"
    );
}

#[tokio::test]
async fn errors_are_worded_as_telegram_words_them() {
    let bot = Bot::start().await;
    bot.counterpart.act(&Incoming::text(42, "hi"));
    let text = |text: &str| json!({"chat_id": 42, "text": text});
    for (args, expected) in [
        (json!({"chat_id": 42}), "Bad Request: message text is empty"),
        (text(" \n "), "Bad Request: text must be non-empty"),
        (text(&"a".repeat(4097)), "Bad Request: message is too long"),
        (json!({"text": "a"}), "Bad Request: chat_id is empty"),
        (
            json!({"chat_id": 7, "text": "a"}),
            "Bad Request: chat not found",
        ),
        (
            json!({"chat_id": 42, "text": "a.", "parse_mode": "MarkdownV2"}),
            "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
        ),
        (
            json!({"chat_id": 42, "text": "<b>a", "parse_mode": "HTML"}),
            "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            json!({"chat_id": 42, "text": "a", "reply_parameters": {"message_id": 9}}),
            "Bad Request: message to be replied not found",
        ),
        (
            json!({"chat_id": 42, "text": "a", "message_thread_id": 9}),
            "Bad Request: message thread not found",
        ),
        (
            json!({"chat_id": 42, "text": "a", "reply_markup": {"inline_keyboard": [[{"text": "b", "callback_data": "x".repeat(65)}]]}}),
            "Bad Request: BUTTON_DATA_INVALID",
        ),
        (
            json!({"chat_id": 42, "text": "a", "reply_markup": {"inline_keyboard": [[{"text": "b"}]]}}),
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
    ] {
        assert_eq!(bot.problem("sendMessage", args).await, expected);
    }
    let edit = |id: i64| json!({"chat_id": 42, "message_id": id, "text": "a"});
    assert_eq!(
        bot.problem("editMessageText", edit(9)).await,
        "Bad Request: message to edit not found"
    );
    assert_eq!(
        bot.problem("editMessageText", edit(1)).await,
        "Bad Request: message can't be edited"
    );
    assert_eq!(
        bot.problem("deleteMessage", edit(9)).await,
        "Bad Request: message to delete not found"
    );
    assert_eq!(
        bot.problem("nothing", json!({})).await,
        "Not Found: method not found"
    );
    assert_eq!(
        bot.problem("sendChatAction", json!({"chat_id": 42, "action": "dance"}))
            .await,
        "Bad Request: wrong parameter action in request"
    );
    assert_eq!(
        bot.problem("answerCallbackQuery", json!({"callback_query_id": "5"}))
            .await,
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    );
    let wrong = format!("{}/bot1:WRONG/getMe", bot.counterpart.url());
    let body: Value = reqwest::get(wrong).await.unwrap().json().await.unwrap();
    assert_eq!(
        body,
        json!({"ok": false, "error_code": 401, "description": "Unauthorized"})
    );
}

#[tokio::test]
async fn drafts_are_private_and_numbered() {
    let bot = Bot::start().await;
    bot.counterpart.act(&Incoming::text(42, "hi"));
    bot.counterpart
        .act(&Incoming::text(42, "/hi").in_chat(-5, ChatKind::Supergroup));
    let draft = |chat: i64, id: i64| json!({"chat_id": chat, "draft_id": id, "text": "so far"});
    assert_eq!(bot.call("sendMessageDraft", draft(42, 3)).await.0, 200);
    assert_eq!(
        bot.problem("sendMessageDraft", draft(42, 0)).await,
        "Bad Request: RANDOM_ID_INVALID"
    );
    assert_eq!(
        bot.problem("sendMessageDraft", draft(-5, 3)).await,
        "Bad Request: TEXTDRAFT_PEER_INVALID"
    );
    assert_eq!(
        bot.look("drafts/42").await,
        json!([{"draft_id": 3, "text": "so far"}])
    );
}

#[tokio::test]
async fn updates_are_kept_until_the_offset_confirms_them() {
    let bot = Bot::start().await;
    for text in ["a", "b", "c"] {
        bot.counterpart.act(&Incoming::text(42, text));
    }
    let ids = |updates: &Value| -> Vec<i64> {
        updates["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|update| update["update_id"].as_i64().unwrap())
            .collect()
    };
    let all = ids(&bot.call("getUpdates", json!({})).await.1);
    assert_eq!(all.len(), 3);
    assert_eq!(
        ids(&bot.call("getUpdates", json!({"limit": 1})).await.1),
        all[..1]
    );
    assert_eq!(
        ids(&bot.call("getUpdates", json!({"offset": all[1]})).await.1),
        all[1..]
    );
    assert_eq!(
        ids(&bot.call("getUpdates", json!({"offset": 0})).await.1),
        all[1..]
    );
    assert_eq!(
        ids(&bot.call("getUpdates", json!({"offset": -1})).await.1),
        all[2..]
    );
    // Far ahead of everything: not believed.
    assert_eq!(
        ids(&bot
            .call("getUpdates", json!({"offset": all[2] + 1000}))
            .await
            .1),
        all[2..]
    );
    assert!(
        ids(&bot
            .call("getUpdates", json!({"offset": all[2] + 1}))
            .await
            .1)
        .is_empty()
    );
}

#[tokio::test]
async fn a_long_poll_waits_for_an_update_and_ends_with_another() {
    let bot = Bot::start().await;
    let poll = bot.call("getUpdates", json!({"timeout": 20}));
    let act = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        bot.counterpart.act(&Incoming::text(42, "late"));
    };
    let ((_, body), ()) = tokio::join!(poll, act);
    let id = body["result"][0]["update_id"].as_i64().unwrap();
    let first = bot.call("getUpdates", json!({"timeout": 20, "offset": id + 1}));
    let second = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        bot.call("getUpdates", json!({"timeout": 1, "offset": id + 1}))
            .await
    };
    let ((status, body), (ended, _)) = tokio::join!(first, second);
    assert_eq!((status, ended), (409, 200));
    assert!(
        body["description"]
            .as_str()
            .unwrap()
            .starts_with("Conflict: terminated by other getUpdates request")
    );
    let webhook = json!({"url": "http://127.0.0.1:9/", "secret_token": "a"});
    assert_eq!(bot.call("setWebhook", webhook).await.0, 200);
    assert!(
        bot.problem("getUpdates", json!({}))
            .await
            .contains("can't use getUpdates method while webhook is active")
    );
    assert_eq!(
        bot.problem(
            "setWebhook",
            json!({"url": "http://x/", "secret_token": "a b"})
        )
        .await,
        "Bad Request: secret token contains unallowed characters"
    );
}

#[tokio::test]
async fn faults_and_states_are_set_over_http() {
    let bot = Bot::start().await;
    bot.control(
        "act",
        json!([{"user": 42, "text": "hi"}, {"user": 43, "text": "hi"}]),
    )
    .await;
    let send = |chat: i64| json!({"chat_id": chat, "text": "x"});
    bot.control(
        "faults",
        json!({"fault": "retry_after", "seconds": 3, "chat": 42, "times": 1}),
    )
    .await;
    let (status, body) = bot.call("sendMessage", send(42)).await;
    assert_eq!(
        (status, &body["parameters"]),
        (429, &json!({"retry_after": 3}))
    );
    bot.control(
        "faults",
        json!({"fault": "migrated", "to": -100, "times": 1}),
    )
    .await;
    assert_eq!(
        bot.call("sendMessage", send(42)).await.1["parameters"],
        json!({"migrate_to_chat_id": -100})
    );
    bot.control("chat/43/state", json!({"blocked": true})).await;
    assert_eq!(
        bot.problem("sendMessage", send(43)).await,
        "Forbidden: bot was blocked by the user"
    );
    bot.control("limits", json!({"per_chat": 1})).await;
    assert_eq!(bot.call("sendMessage", send(42)).await.0, 200);
    assert_eq!(bot.call("sendMessage", send(42)).await.0, 429);
    let counters = bot.look("counters").await;
    assert_eq!(
        (
            counters["sends"].as_u64(),
            counters["errors"].as_object().map(serde_json::Map::len)
        ),
        (Some(1), Some(4))
    );
}

#[tokio::test]
async fn a_lost_answer_was_a_send_all_the_same_and_a_double_is_counted() {
    let bot = Bot::start().await;
    bot.counterpart.act(&Incoming::text(42, "hi"));
    bot.counterpart
        .fail(FaultRule::on("sendMessage", 1, Fault::LoseAnswer));
    let url = format!(
        "{}/bot{}/sendMessage",
        bot.counterpart.url(),
        bot.counterpart.token()
    );
    let lost = bot
        .client
        .post(&url)
        .json(&json!({"chat_id": 42, "text": "x"}))
        .send()
        .await;
    assert!(lost.is_err());
    assert_eq!(bot.counterpart.by_bot(42).len(), 1);
    bot.call("sendMessage", json!({"chat_id": 42, "text": "x"}))
        .await;
    assert_eq!(bot.counterpart.counters().doubles, 1);
    assert!(
        bot.look("wait?chat=42&count=2&ms=10").await["reached"]
            .as_bool()
            .unwrap()
    );
    assert!(
        !bot.look("wait?chat=42&count=3&ms=10").await["reached"]
            .as_bool()
            .unwrap()
    );
}

#[test]
fn the_process_prints_where_it_listens() {
    use std::io::{BufRead as _, BufReader};

    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_telegram-counterpart"))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(line.starts_with("http://127.0.0.1:"), "{line}");
}
