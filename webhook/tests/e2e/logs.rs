//! What reaches a log, and what never does.

use muykol_model_stub::{Behaviour, ModelStub, Script};
use muykol_telegram_counterpart::{ChatKind, Fault, FaultRule, Incoming};
use serde_json::Value;

use crate::{
    SOON,
    support::{
        becomes_true,
        binary::{Setup, WEBHOOK_SECRET},
        browser::Browser,
        crowd::telegram,
        kept::Kept,
        site::Site,
    },
    within,
};

const USER: i64 = 7_734_918_265;
const GROUP: i64 = -1_002_468_013_579;
const CLIENT_ID: &str = "client-quixotry-id";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_anybody_reaches_a_log() {
    within(90, async {
        let telegram = telegram().await;
        let model = ModelStub::start(Script::saying("Quixotry answered. I hear you."))
            .await
            .unwrap();
        let setup = Setup::new()
            .webhook(&telegram)
            .model(&model)
            .set("OPENAI_API_KEY", "sk-quixotry-key")
            .set("MUYKOL_LOG__LEVEL", "trace")
            .set("MUYKOL_LOG__FORMAT", "json");
        let muykol = setup.start().await;
        let site = Site::of(&muykol);
        let token = site.session().await;
        site.send_as(&token, "Quixotry weighs on me", CLIENT_ID)
            .await;
        site.send_as(&token, "Quixotry under the same id", CLIENT_ID)
            .await;
        site.ask(&token, "/verse Quixotry 3:16").await;
        site.get("/v1/scripture/Quixotry%203:16", &token)
            .send()
            .await
            .unwrap();
        site.get("/v1/chat/messages?before=Quixotry", &token)
            .send()
            .await
            .unwrap();
        site.post("/v1/chat/messages")
            .bearer_auth(&token)
            .body("{\"Quixotry")
            .send()
            .await
            .unwrap();
        Browser::at(&muykol)
            .say("Quixotry, I want to kill myself")
            .await;

        telegram.fail(FaultRule::on("sendMessage", 1, Fault::ServerError).in_chat(USER));
        telegram.act(&Incoming::text(USER, "Quixotry keeps me awake"));
        telegram.act(
            &Incoming::text(USER, "@muykol_bot Quixotry").in_chat(GROUP, ChatKind::Supergroup),
        );
        assert!(telegram.wait(USER, 1, SOON).await);
        assert!(telegram.wait(GROUP, 1, SOON).await);
        for failing in [
            Behaviour::Unauthorized,
            Behaviour::Misquoted,
            Behaviour::FailsMidway,
        ] {
            model.play([Script::of(failing)]);
            site.ask(&token, "Quixotry again").await;
        }
        let hanging = Kept::hang(&setup.store());
        telegram.act(&Incoming::text(USER, "Quixotry, I am going to kill myself"));
        let before = telegram.by_bot(USER).len();
        assert!(telegram.wait(USER, before + 1, SOON).await);
        drop(hanging);
        becomes_true("Telegram has delivered everything", SOON, || {
            telegram.pending() == 0
        })
        .await;
        Kept::in_file(&setup.store()).settles(SOON).await;
        assert!(muykol.stop().await.success());

        let printed = setup.printed();
        let (user, group) = (USER.to_string(), GROUP.to_string());
        for (what, private) in [
            ("words", "quixotry"),
            ("a session's token", token.to_lowercase().as_str()),
            ("the bot's token", &telegram.token().to_lowercase()),
            (
                "the bot's secret half",
                &telegram.token().to_lowercase()[7..],
            ),
            ("the webhook's secret", WEBHOOK_SECRET),
            ("a person's address", &user),
            ("a room", &group[4..]),
            ("a key of the model's server", "sk-secret"),
        ] {
            let found = printed
                .lines()
                .find(|line| line.to_lowercase().contains(private));
            assert_eq!(found, None, "{what} in the log");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_can_be_followed_from_door_to_receipt() {
    within(60, async {
        let telegram = telegram().await;
        let setup = Setup::new()
            .webhook(&telegram)
            .set("MUYKOL_LOG__LEVEL", "debug")
            .set("MUYKOL_LOG__FORMAT", "json");
        let muykol = setup.start().await;
        telegram.act(&Incoming::text(USER, "Is somebody there?"));
        assert!(telegram.wait(USER, 1, SOON).await);
        Kept::in_file(&setup.store()).settles(SOON).await;
        assert!(muykol.stop().await.success());

        let log = std::fs::read_to_string(setup.path("stderr")).unwrap();
        let lines: Vec<Value> = log
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
            .collect();
        assert!(
            lines
                .iter()
                .all(|line| line["timestamp"].is_string() && line["level"].is_string())
        );
        let at = |message: &str| {
            let found = lines.iter().find(|line| line["message"] == message);
            found.unwrap_or_else(|| panic!("no line {message:?} in {log}"))
        };
        let (taken, turned, sent) = (
            at("message accepted"),
            at("turn committed"),
            at("effect sent"),
        );
        let words = |value: &Value| value.as_str().unwrap().to_owned();
        let inbound = words(&taken["inbound"]);
        assert!(words(&turned["answers"]).contains(&inbound));
        assert!(words(&turned["effects"]).contains(&words(&sent["effect"])));
        let conversation = words(&taken["conversation"]);
        assert_eq!(words(&span(turned, "turn")["conversation"]), conversation);
        assert_eq!(words(&sent["conversation"]), conversation);
        // The id that the response carried is on every line, from the door to the receipt.
        let request = words(&span(taken, "http")["request_id"]);
        for line in [turned, sent] {
            assert_eq!(words(&span(line, "http")["request_id"]), request);
        }
    })
    .await;
}

/// The span of a line by its name.
fn span<'a>(line: &'a Value, name: &str) -> &'a Value {
    let spans = line["spans"].as_array().unwrap();
    let found = spans.iter().find(|span| span["name"] == name);
    found.unwrap_or_else(|| panic!("no span {name} in {line}"))
}
