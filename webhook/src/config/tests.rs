//! What operators meet: defaults, layers, and each message.

mod manual;
mod messages;

use super::*;

fn file(text: &str) -> Sources {
    Sources {
        file: Some(SourceFile {
            name: "muykol.toml".to_owned(),
            text: text.to_owned(),
        }),
        ..Sources::default()
    }
}

fn variables(pairs: &[(&str, &str)]) -> Sources {
    Sources {
        environment: pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Sources::default()
    }
}

fn config(sources: &Sources) -> Config {
    Config::load(sources).unwrap_or_else(|error| panic!("{error}"))
}

fn message(sources: &Sources) -> String {
    Config::load(sources).unwrap_err().to_string()
}

#[test]
fn later_layers_win() {
    let toml = "[server]\nbind = \"127.0.0.1:1\"\n[church]\nname = \"File\"\n\
                [telegram]\ntoken = \"file\"\n";
    let mut sources = file(toml);
    assert_eq!(config(&sources).church.name, "File");
    sources.dotenv = Some(SourceFile {
        name: ".env".to_owned(),
        text: "MUYKOL_CHURCH__NAME='Dot $Env'\nTELEGRAM_BOT_TOKEN=dotenv # mine\n".to_owned(),
    });
    let loaded = config(&sources);
    assert_eq!(loaded.church.name, "Dot $Env");
    assert_eq!(loaded.telegram.token.unwrap().reveal(), "dotenv");
    sources.environment = variables(&[
        ("MUYKOL_CHURCH__NAME", "Environment"),
        ("TELEGRAM_BOT_TOKEN", ""),
    ])
    .environment;
    let loaded = config(&sources);
    assert_eq!(loaded.church.name, "Environment");
    assert_eq!(loaded.telegram.token, None, "set to nothing is nothing");
    assert_eq!(loaded.server.bind.port(), 1);
    assert_eq!(loaded.files, ["muykol.toml", ".env"]);
    // Our own name is the more deliberate one.
    let both = variables(&[
        ("MUYKOL_TELEGRAM__TOKEN", "ours"),
        ("TELEGRAM_BOT_TOKEN", "vendor"),
    ]);
    assert_eq!(config(&both).telegram.token.unwrap().reveal(), "ours");
}

#[test]
fn every_kind_of_value_can_be_a_variable() {
    let loaded = config(&variables(&[
        ("MUYKOL_LIMITS__MESSAGES_PER_MINUTE", "3"),
        ("MUYKOL_LLM__TEMPERATURE", "1"),
        (
            "MUYKOL_SERVER__ALLOWED_ORIGINS",
            "https://a.example/, http://localhost:3000",
        ),
        ("MUYKOL_SERVER__TRUSTED_PROXIES", "10.0.0.0/8,::1"),
        (
            "MUYKOL_CHURCH__LOCAL_RESOURCES",
            r#"[{name = "Night line", phone = "+1 555 0123"}]"#,
        ),
        ("MUYKOL_CHURCH__COUNTRY", "us"),
        ("AWS_ENDPOINT_URL", "http://localhost:4566"),
    ]));
    assert_eq!(loaded.limits.messages.burst, 3);
    assert_eq!(
        loaded.server.allowed_origins,
        ["https://a.example", "http://localhost:3000"]
    );
    assert!(loaded.server.trusts("10.1.2.3".parse().unwrap()));
    assert!(loaded.server.trusts("::ffff:10.1.2.3".parse().unwrap()));
    assert!(loaded.server.trusts("::1".parse().unwrap()));
    assert!(!loaded.server.trusts("192.0.2.1".parse().unwrap()));
    let resource = &loaded.church.local_resources[0];
    assert_eq!(
        (resource.name.as_str(), resource.country.as_str()),
        ("Night line", "US")
    );
}

#[test]
fn limits_of_sending_can_be_lifted() {
    let pace = config(&variables(&[
        ("MUYKOL_TELEGRAM__MESSAGES_PER_SECOND", "0"),
        ("MUYKOL_TELEGRAM__PRIVATE_PER_SECOND", "0"),
        ("MUYKOL_TELEGRAM__GROUP_PER_MINUTE", "0"),
    ]))
    .telegram
    .pace;
    assert_eq!(pace, muykol_core::seams::Pace::default());
}

#[test]
fn secrets_show_nowhere() {
    let names = [
        "TELEGRAM_BOT_TOKEN",
        "DISCORD_TOKEN",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "OPENAI_API_KEY",
        "MUYKOL_TELEGRAM__WEBHOOK_SECRET",
        "MUYKOL_SERVER__METRICS_TOKEN",
    ];
    let loaded = config(&variables(&names.map(|name| (name, "hidden-0123456789"))));
    assert_eq!(
        loaded.telegram.token.as_ref().unwrap().reveal(),
        "hidden-0123456789"
    );
    let shown = format!(
        "{loaded:?}{}{}",
        loaded.summary().join("\n"),
        loaded.discord.token.as_ref().unwrap()
    );
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn the_summary_says_what_is_off_and_why() {
    assert_eq!(
        config(&Sources::default()).summary(),
        [
            "configuration: the defaults and the environment (no ./muykol.toml, no ./.env)",
            "web: on at http://127.0.0.1:8080/",
            "telegram: off (set TELEGRAM_BOT_TOKEN to turn it on)",
            "discord: off (not in this version)",
            "sms: off (not in this version)",
            "store: SQLite file muykol.db",
            "model: off (set llm.base_url to turn it on); answers are curated",
            "note: church.name, church.pastor_contact, church.country not set: crisis replies name \
             help worldwide or by what the person says",
        ]
    );
    let mut sources = variables(&[
        ("TELEGRAM_BOT_TOKEN", "1:a"),
        ("DISCORD_TOKEN", "d"),
        ("TWILIO_AUTH_TOKEN", "t"),
        ("MUYKOL_LLM__BASE_URL", "http://model.example/v1?key=x"),
        ("MUYKOL_LLM__MODEL", "kind-7b"),
        ("MUYKOL_SERVER__BIND", "0.0.0.0:80"),
        ("MUYKOL_TELEGRAM__WEBHOOK_SECRET", "short"),
    ]);
    sources.file = file("[church]\nname = \"A\"\npastor_contact = \"B\"\ncountry = \"DE\"").file;
    assert_eq!(
        config(&sources).summary(),
        [
            "configuration: muykol.toml and the environment over the defaults",
            "web: on at http://127.0.0.1:80/",
            "telegram: on by long polling, through https://api.telegram.org",
            "discord: off (a token is set, but this version of muykol has no Discord channel)",
            "sms: off (Twilio credentials are set, but this version of muykol has no SMS channel)",
            "store: SQLite file muykol.db",
            "model: kind-7b at http://model.example: what people write is sent there",
            "note: muykol is reached from other machines without https: put a proxy with TLS in \
             front and set server.public_url",
            "note: llm.base_url is not https: messages go to the model unencrypted",
            "note: telegram.webhook_secret is short: take at least 16 characters",
        ]
    );
}
