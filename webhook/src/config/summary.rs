//! The start-up summary: what is on, what is off and why.

use super::{
    Config, TelegramMode,
    addresses::{is_this_machine, shown},
    channels::{Discord, Telegram, Twilio},
    llm::Llm,
    server::Server,
    store::Store,
};

/// The length below which Telegram's webhook secret is remarked upon.
const GOOD_SECRET: usize = 16;

impl Config {
    /// One plain line for each channel and backing, and one for each thing that an operator should
    /// know. Shows no secret.
    pub fn summary(&self) -> Vec<String> {
        let mut lines = vec![
            if self.files.is_empty() {
                "configuration: the defaults and the environment (no ./muykol.toml, no ./.env)"
                    .to_owned()
            } else {
                format!(
                    "configuration: {} and the environment over the defaults",
                    self.files.join(", ")
                )
            },
            format!("web: on at {}/", self.server.public_base()),
            telegram(&self.telegram),
            discord(&self.discord),
            sms(&self.twilio),
            match &self.store {
                Store::Sqlite(path) => format!("store: SQLite file {}", path.display()),
            },
            model(&self.llm),
        ];
        lines.extend(self.notes().into_iter().map(|note| format!("note: {note}")));
        lines
    }

    fn notes(&self) -> Vec<String> {
        let church = &self.church;
        let missing: Vec<_> = [
            ("name", church.name.is_empty()),
            ("pastor_contact", church.pastor_contact.is_empty()),
            ("country", church.country.is_none()),
        ]
        .into_iter()
        .filter_map(|(key, missing)| missing.then_some(format!("church.{key}")))
        .collect();
        let mut notes = Vec::new();
        if !missing.is_empty() {
            notes.push(format!(
                "{} not set: crisis replies name help worldwide or by what the person says",
                missing.join(", ")
            ));
        }
        notes.extend(unencrypted(&self.server));
        if let Some(url) = &self.llm.base_url
            && url.scheme() == "http"
            && !is_this_machine(url)
        {
            notes
                .push("llm.base_url is not https: messages go to the model unencrypted".to_owned());
        }
        if self
            .telegram
            .webhook_secret
            .as_ref()
            .is_some_and(|secret| secret.reveal().len() < GOOD_SECRET)
        {
            notes.push(format!(
                "telegram.webhook_secret is short: take at least {GOOD_SECRET} characters"
            ));
        }
        notes
    }
}

fn unencrypted(server: &Server) -> Option<String> {
    match &server.public_url {
        Some(url) if url.scheme() == "http" && !is_this_machine(url) => Some(
            "server.public_url is not https: what people write can be read on the way".to_owned(),
        ),
        None if !server.bind.ip().is_loopback() => Some(
            "muykol is reached from other machines without https: put a proxy with TLS in front \
             and set server.public_url"
                .to_owned(),
        ),
        _ => None,
    }
}

fn telegram(telegram: &Telegram) -> String {
    if telegram.token.is_none() {
        return "telegram: off (set TELEGRAM_BOT_TOKEN to turn it on)".to_owned();
    }
    let mode = match telegram.mode {
        TelegramMode::Poll => "by long polling",
        TelegramMode::Webhook => "by webhook",
    };
    format!("telegram: on {mode}, through {}", telegram.api_url)
}

fn discord(discord: &Discord) -> String {
    if discord.token.is_some() {
        "discord: off (a token is set, but this version of muykol has no Discord channel)"
            .to_owned()
    } else {
        "discord: off (not in this version)".to_owned()
    }
}

fn sms(twilio: &Twilio) -> String {
    if twilio.account_sid.is_some() || twilio.auth_token.is_some() {
        "sms: off (Twilio credentials are set, but this version of muykol has no SMS channel)"
            .to_owned()
    } else {
        "sms: off (not in this version)".to_owned()
    }
}

fn model(llm: &Llm) -> String {
    match &llm.base_url {
        Some(url) if is_this_machine(url) => {
            format!("model: {} at {}, on this machine", llm.model, shown(url))
        }
        Some(url) => format!(
            "model: {} at {}: what people write is sent there",
            llm.model,
            shown(url)
        ),
        None if llm.api_key.is_some() => {
            "model: off (a key is set, but llm.base_url names no server); answers are curated"
                .to_owned()
        }
        None => "model: off (set llm.base_url to turn it on); answers are curated".to_owned(),
    }
}
