//! The commands, as somebody types them.

use serde_json::{Value, json};

use crate::{
    support::{binary::Setup, crowd::telegram},
    within,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_line_in_a_line_out() {
    within(60, async {
        let setup = Setup::new();
        let input = b"I feel so alone\nI want to kill myself\n\n\xff\xfe not UTF-8\nno line end";
        let assessed = setup.run_on(&["assess"], input).await;
        assert_eq!(assessed.code, Some(0), "{}", assessed.stderr);
        let lines = assessed.json_lines();
        assert_eq!(lines.len(), 5);
        for line in &lines {
            assert!(line["emotion"]["primary"].is_string(), "{line}");
            assert!(line["emotion"]["confidence"].is_number(), "{line}");
            assert!(line["crisis"]["kinds"].is_array(), "{line}");
        }
        assert_eq!(lines[0]["emotion"]["primary"], "loneliness");
        assert_eq!(lines[0]["crisis"]["level"], "none");
        assert_eq!(lines[1]["crisis"]["kinds"][0], "suicide");

        let texts = "Jesus wept, as John 11:35 says: \"Jesus wept.\"\n\
                     Hezekiah 3:16 says \"God helps those who help themselves.\" Be well.\n\
                     No verse here.\n";
        let verified = setup.run_on(&["verify"], texts.as_bytes()).await;
        let lines = verified.json_lines();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["findings"][0]["verdict"], "exact");
        assert!(!lines[1]["text"].as_str().unwrap().contains("Hezekiah"));
        assert!(!lines[1]["findings"].as_array().unwrap().is_empty());
        assert_eq!(lines[2], json!({"text": "No verse here.", "findings": []}));

        let blocks = json!([
            {"type": "text", "text": "Peace <3 & joy"},
            {"type": "choices", "items": [{"id": "a", "label": "Yes"}]},
        ]);
        let input = format!("{blocks}\nplain words\n");
        let rendered = setup
            .run_on(&["render", "telegram"], input.as_bytes())
            .await;
        let lines = rendered.json_lines();
        assert_eq!(lines.len(), 2);
        let part = &lines[0]["parts"][0];
        assert!(part["text"].as_str().unwrap().contains("Peace <3 & joy"));
        assert_eq!(part["choices"][0]["id"], "a");
        assert_eq!(lines[1]["parts"][0]["text"], "plain words");
        let unknown = setup.run_on(&["render", "pigeon"], b"").await;
        assert_eq!(unknown.code, Some(1));
        assert!(unknown.stderr.contains("telegram or web"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripture_and_one_answer() {
    within(60, async {
        let setup = Setup::new();
        let asv = setup.run(&["scripture", "Phil 4:6-7"]).await;
        assert!(
            asv.stdout.contains("In nothing be anxious"),
            "{}",
            asv.stdout
        );
        let kjv = setup
            .run(&["scripture", "John 11:35", "--translation", "kjv", "--json"])
            .await;
        let verse = &kjv.json_lines()[0];
        assert_eq!(verse["type"], "verse");
        assert_eq!(verse["text"], "Jesus wept.");
        assert_eq!(verse["translation"], "KJV");
        for wrong in [
            ["scripture", "Hezekiah 3:16"].as_slice(),
            &["scripture", "John 99:1"],
            &["scripture", "John 3:16", "--translation", "NIV"],
        ] {
            let refused = setup.run(wrong).await;
            assert_eq!(refused.code, Some(1), "{wrong:?}");
            assert!(refused.stdout.is_empty() && !refused.stderr.is_empty());
        }

        let worried = "I can't sleep, I'm so worried about losing my job";
        let reply = setup.run(&["ask", worried, "--json"]).await;
        assert_eq!(reply.code, Some(0), "{}", reply.stderr);
        let reply: &Value = &reply.json_lines()[0];
        assert_eq!(reply["emotion"]["primary"], "anxiety");
        assert_eq!(reply["answered_by"], "curated");
        let danger = setup.run(&["ask", "I want to kill myself"]).await;
        assert!(danger.stdout.contains("findahelpline"), "{}", danger.stdout);
        assert!(!setup.store().exists(), "nothing is kept");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_configuration_is_named_with_its_place() {
    within(60, async {
        let setup = Setup::new();
        let manual = setup.run(&["config"]).await;
        std::fs::write(setup.path("muykol.toml"), &manual.stdout).unwrap();
        let doctor = setup.run(&["doctor"]).await;
        assert_eq!(
            doctor.code,
            Some(0),
            "the manual is a configuration: {doctor:?}"
        );

        std::fs::write(
            setup.path("muykol.toml"),
            "[church]\nname = \"Grace\"\n\n[server]\nbnd = \"x\"\n",
        )
        .unwrap();
        for command in [["serve"].as_slice(), &["doctor"], &[]] {
            let refused = setup.run(command).await;
            assert_eq!(refused.code, Some(1));
            let told = &refused.stderr;
            assert!(told.contains("muykol.toml, line 5"), "{told}");
            assert!(told.contains("bnd") && told.contains("bind"), "{told}");
        }
        std::fs::remove_file(setup.path("muykol.toml")).unwrap();

        let refused = setup.clone().set("MUYKOL_SERVER__BIMD", "x").run(&[]).await;
        assert_eq!(refused.code, Some(1));
        assert!(
            refused.stderr.contains("MUYKOL_SERVER__BIMD"),
            "{}",
            refused.stderr
        );
        let refused = setup
            .clone()
            .set("TELEGRAM_BOT_TOKEN", "123456:not-shown")
            .set("MUYKOL_TELEGRAM__MODE", "webhook")
            .run(&[])
            .await;
        assert_eq!(
            refused.code,
            Some(1),
            "a webhook without a secret does not start"
        );
        assert!(refused.stderr.contains("MUYKOL_TELEGRAM__WEBHOOK_SECRET"));
        assert!(!refused.stderr.contains("not-shown"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tries_everything_for_real() {
    within(90, async {
        let telegram = telegram().await;
        let well = Setup::new().polling(&telegram);
        let found = well.run(&["doctor"]).await;
        assert_eq!(found.code, Some(0), "{found:?}");
        assert!(found.stdout.contains("Nothing is wrong."));
        assert!(found.stdout.contains("@muykol_bot"));

        // A port where nobody listens.
        let nobody = Setup::new().set("MUYKOL_TELEGRAM__API_URL", "http://127.0.0.1:9");
        for (name, setup) in [
            (
                "telegram",
                nobody.set("TELEGRAM_BOT_TOKEN", "123456:not-shown"),
            ),
            (
                "telegram",
                Setup::new()
                    .polling(&telegram)
                    .set("TELEGRAM_BOT_TOKEN", "123456:not-shown"),
            ),
            (
                "model",
                Setup::new()
                    .set("MUYKOL_LLM__BASE_URL", "http://127.0.0.1:9/v1")
                    .set("MUYKOL_LLM__MODEL", "stub"),
            ),
            (
                "store",
                Setup::new().set("MUYKOL_STORE__URL", "sqlite:/no/such/folder/muykol.db"),
            ),
        ] {
            let found = setup.run(&["doctor"]).await;
            assert_eq!(found.code, Some(1), "{name}: {found:?}");
            let wrong = found.stdout.lines().find(|line| line.starts_with("WRONG"));
            let wrong = wrong.unwrap_or_else(|| panic!("{name}: {found:?}"));
            assert!(wrong.contains(name), "{wrong}");
            assert!(!found.stdout.contains("not-shown"));
        }
    })
    .await;
}
