//! What operators read when something is wrong.

use proptest::prelude::*;

use super::*;
use crate::config::{layers::Layers, variables as names};

#[test]
fn a_file_that_is_wrong_names_the_line_and_how_to_mend_it() {
    for (toml, said) in [
        (
            "[server]\n\nbnid = \"127.0.0.1:8080\"",
            "muykol.toml, line 3: there is no key `server.bnid`. Did you mean `bind`?",
        ),
        (
            "[telegrm]\nmode = \"poll\"",
            "muykol.toml, line 1: there is no section [telegrm]. Did you mean [telegram]?",
        ),
        (
            "[sermons]",
            "muykol.toml, line 1: there is no section [sermons]. The sections are [church], \
             [discord], [limits], [llm], [log], [retention], [server], [store], [telegram], [twilio].",
        ),
        (
            "bind = \"127.0.0.1:8080\"",
            "muykol.toml, line 1: `bind` stands in no section. Put it below [server].",
        ),
        (
            "[server]\nhistory_days = 3",
            "muykol.toml, line 2: there is no key `server.history_days`. Put it below [retention].",
        ),
        (
            "[limits]\nmessages_per_minute = \"ten\"",
            "muykol.toml, line 2: `limits.messages_per_minute` must be a whole number, not a text \
             in quotes. Write it like messages_per_minute = 20.",
        ),
        (
            "[limits]\nmessages_per_minute = 0",
            "muykol.toml, line 2: `limits.messages_per_minute` cannot be 0. Write a number from 1 \
             to 1000000.",
        ),
        (
            "[limits]\nmessages_burst = 30",
            "muykol.toml, line 2: `limits.messages_burst` is more than limits.messages_per_minute, \
             which is 20. Lower it, or write 0 for as many.",
        ),
        (
            "[server]\nbind = true",
            "muykol.toml, line 2: `server.bind` must be a text in quotes, not true or false. Write \
             it like bind = \"127.0.0.1:8080\".",
        ),
        (
            "[server]\nbind = \"8080\"",
            "muykol.toml, line 2: `server.bind` cannot be \"8080\". Write an IP address and a port, \
             like \"127.0.0.1:8080\".",
        ),
    ] {
        assert_eq!(message(&file(toml)), said, "{toml}");
    }
    let syntax = message(&file("[server]\nbind = \"secret\nx"));
    assert!(
        syntax.starts_with("muykol.toml, line 2: this is not TOML ("),
        "{syntax}"
    );
    assert!(!syntax.contains("secret"), "{syntax}");
}

#[test]
fn a_value_that_means_nothing_is_objected_to() {
    for (toml, said) in [
        (
            "[server]\nallowed_origins = [\"*\"]",
            "muykol.toml, line 2: `server.allowed_origins` cannot be \"*\". Name each website, like \
             [\"https://www.example.org\"].",
        ),
        (
            "[server]\nallowed_origins = [\"https://a.example/shop\"]",
            "muykol.toml, line 2: `server.allowed_origins` holds something after the host. Write \
             \"https://a.example\".",
        ),
        (
            "[store]\nurl = \"dynamodb:muykol\"",
            "muykol.toml, line 2: `store.url` names a DynamoDB table, and this build of muykol has \
             no DynamoDB store. Write it like \"sqlite:muykol.db\".",
        ),
        (
            "[store]\nurl = \"sqlite::memory:\"",
            "muykol.toml, line 2: `store.url` names no file, and what is kept in memory is lost. \
             Write it like \"sqlite:muykol.db\".",
        ),
        (
            "[telegram]\nmode = \"pull\"",
            "muykol.toml, line 2: `telegram.mode` cannot be \"pull\". Write one of \"poll\", \
             \"webhook\".",
        ),
        (
            "[llm]\nbase_url = \"http://localhost/v1\"",
            "the compiled-in defaults: `llm.model` is empty while llm.base_url names a server. Name \
             the model, as MUYKOL_LLM__MODEL or as model = \"…\" below [llm].",
        ),
        (
            "[llm]\ntemperature = 3",
            "muykol.toml, line 2: `llm.temperature` cannot be 3. Write a number from 0 to 2.",
        ),
        (
            "[church]\nname = \"A\"\n\n[[church.local_resources]]\nname = \"B\"\nphon = \"1\"",
            "muykol.toml, line 6: `church.local_resources` has no field `phon`. Did you mean \
             `phone`?",
        ),
        (
            "[[church.local_resources]]\nname = \"B\"",
            "muykol.toml, line 2: `church.local_resources` has an entry that cannot be reached. Add \
             phone, sms or url.",
        ),
        (
            "[church]\ntranslation = \"NIV\"",
            "muykol.toml, line 2: `church.translation` cannot be \"NIV\". Write one of \"ASV\", \
             \"KJV\".",
        ),
    ] {
        assert_eq!(message(&file(toml)), said, "{toml}");
    }
}

#[test]
fn a_variable_that_is_wrong_is_named() {
    for (name, value, said) in [
        (
            "MUYKOL_LLM_BASE_URL",
            "x",
            "environment variable MUYKOL_LLM_BASE_URL: there is no such key. Did you mean \
             MUYKOL_LLM__BASE_URL?",
        ),
        (
            "MUYKOL_PARISH",
            "x",
            "environment variable MUYKOL_PARISH: there is no such key. Take it away: names that \
             begin with MUYKOL_ are keys of the configuration, which `muykol config` prints.",
        ),
        (
            "MUYKOL_LIMITS__MESSAGES_PER_MINUTE",
            "many",
            "environment variable MUYKOL_LIMITS__MESSAGES_PER_MINUTE: `limits.messages_per_minute` \
             must be a whole number, not \"many\". `muykol config` shows how it is written.",
        ),
        (
            "MUYKOL_RETENTION__UNCONSENTED_HOURS",
            "25",
            "environment variable MUYKOL_RETENTION__UNCONSENTED_HOURS: \
             `retention.unconsented_hours` cannot be 25. Write a number from 1 to 24.",
        ),
        (
            "MUYKOL_SERVER__PUBLIC_URL",
            "https://me:secret@example.org",
            "environment variable MUYKOL_SERVER__PUBLIC_URL: `server.public_url` holds a name or \
             password. Take them out: keys and tokens have keys of their own.",
        ),
        (
            "TELEGRAM_BOT_TOKEN",
            "123:secret \n",
            "environment variable TELEGRAM_BOT_TOKEN: `telegram.token` holds white space, which no \
             token has. Copy it anew.",
        ),
    ] {
        assert_eq!(message(&variables(&[(name, value)])), said);
    }
    let dotenv = |text: &str| Sources {
        dotenv: Some(SourceFile {
            name: ".env".to_owned(),
            text: text.to_owned(),
        }),
        ..Sources::default()
    };
    assert_eq!(
        message(&dotenv("\nMUYKOL_CHURCH__NAM=x")),
        ".env, variable MUYKOL_CHURCH__NAM: there is no such key. Did you mean MUYKOL_CHURCH__NAME?"
    );
    assert_eq!(
        message(&dotenv("A=1\nTELEGRAM_BOT_TOKEN=\"secret\nno")),
        ".env, line 2: this is not NAME=value. Put a value with spaces, quotes, $ or # in single \
         quotes."
    );
}

#[test]
fn everything_wrong_is_said_at_once() {
    let said = message(&file(
        "[server]\nbnid = 1\n[log]\nlevel = \"loud\"\nformat = 3\n",
    ));
    assert_eq!(said.lines().count(), 3, "{said}");
}

#[test]
fn a_webhook_is_guarded_or_does_not_start() {
    let secret = ("MUYKOL_TELEGRAM__WEBHOOK_SECRET", "0123456789abcdef");
    let token = ("TELEGRAM_BOT_TOKEN", "1:a");
    let webhook = ("MUYKOL_TELEGRAM__MODE", "webhook");
    let public = ("MUYKOL_SERVER__PUBLIC_URL", "https://m.example");
    assert!(Config::load(&variables(&[secret, token, webhook, public])).is_ok());
    assert!(message(&variables(&[token, webhook, public])).contains("anybody could write"));
    assert!(message(&variables(&[token, webhook, secret])).contains("Telegram calls only https"));
    // A server of one's own may be without https, as one for tests.
    let own = ("MUYKOL_TELEGRAM__API_URL", "http://127.0.0.1:9000/");
    let loaded = config(&variables(&[token, webhook, secret, own]));
    assert_eq!(loaded.telegram.api_url, "http://127.0.0.1:9000");
    assert!(
        message(&variables(&[("MUYKOL_TELEGRAM__WEBHOOK_SECRET", "a b")])).contains("white space")
    );
    assert!(
        message(&variables(&[("MUYKOL_TELEGRAM__WEBHOOK_SECRET", "ä")])).contains("Telegram takes")
    );
}

proptest! {
    // Each case parses the manual, which costs 10 ms without optimisation.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_loads_or_is_refused(text in "\\PC{0,200}") {
        let _ = Config::load(&file(&text));
    }

    #[test]
    fn any_toml_loads_or_is_refused(
        keys in prop::collection::vec(
            (0usize..100, "(\"\\PC{0,20}\"|-?[0-9]{1,25}|-?[0-9]\\.[0-9]e[0-9]{1,3}|inf|nan|true|1979-05-27|\
              \\[\\]|\\[\"a\", \"\\*\"\\]|\\[[0-9],\"a\"\\]|\\{\\}|\\[\\{name=\"a\",url=\"\\PC{0,9}\"\\}\\])"),
            1..3,
        ),
    ) {
        let layers = Layers::defaults();
        let known: Vec<_> = layers.keys().collect();
        for (index, value) in keys {
            let (section, key) = known[index % known.len()];
            let toml = format!("[{section}]\n{key} = {value}\n");
            if let Err(error) = Config::load(&file(&toml)) {
                prop_assert!(!error.problems.is_empty());
                for problem in error.problems {
                    prop_assert!(!problem.what.is_empty() && !problem.mend.is_empty());
                }
            }
            let name = names::name(section, key);
            let _ = Config::load(&variables(&[(&name, &value)]));
        }
    }

    #[test]
    fn any_dotenv_loads_or_is_refused(text in "([A-Z_]{0,20}=?[\"' $\\\\#\\PC]{0,20}\n?){0,5}") {
        let _ = Config::load(&Sources {
            dotenv: Some(SourceFile { name: ".env".to_owned(), text }),
            ..Sources::default()
        });
    }
}
