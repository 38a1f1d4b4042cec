//! What the operator sets.

use std::{fmt, time::Duration};

use reqwest::Url;

/// A value that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How updates reach us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// We ask for them, under a lease.
    Poll,
    /// Telegram calls `POST /webhooks/telegram`.
    Webhook {
        /// Where Telegram reaches this server, without a path.
        public_url: String,
        /// What Telegram shows with every call: 1 to 256 of `A-Z a-z 0-9 _ -`.
        secret: Secret,
    },
}

/// How long things take. The defaults are for production; tests are less patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// How long Telegram may hold a poll open, in whole seconds (at most 50 are honoured).
    pub poll: Duration,
    /// How long the polling lease holds without being renewed; it is renewed at a third of it.
    pub lease: Duration,
    /// The first wait after a failure; doubled each time.
    pub backoff: Duration,
    /// The longest such wait.
    pub backoff_cap: Duration,
    /// How long any call but a poll may take. Core gives up on a send after 5 s; ending before
    /// that tells a connection that never was from an answer that never came.
    pub call: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(25),
            lease: Duration::from_secs(6),
            backoff: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            call: Duration::from_millis(4800),
        }
    }
}

/// The section `[telegram]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The bot's token, as `BotFather` gives it.
    pub token: Secret,
    /// The base of the Bot API, `https://api.telegram.org` by default.
    pub api_url: String,
    /// How updates reach us.
    pub mode: Mode,
    /// How long things take.
    pub timing: Timing,
}

/// Why these settings cannot be worked with. Nothing secret is in the words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The token is not one.
    #[error(
        "TELEGRAM_BOT_TOKEN is not a token: it reads like 123456:ABC-DEF, as BotFather gave it"
    )]
    Token,
    /// The base URL is not one.
    #[error("telegram.api_url is not a URL: leave it out, or write https://api.telegram.org")]
    ApiUrl,
    /// The public URL is not one.
    #[error("server.public_url is not a URL: Telegram needs https://… to call the webhook")]
    PublicUrl,
    /// There is no secret: every forged call would be believed.
    #[error(
        "telegram.webhook_secret is missing: webhook mode does not start without one; \
         write 1 to 256 of A-Z a-z 0-9 _ -"
    )]
    MissingSecret,
    /// Telegram would refuse the secret.
    #[error("telegram.webhook_secret may only hold 1 to 256 of A-Z a-z 0-9 _ -")]
    SecretCharacters,
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}

impl Settings {
    /// Polling with this token, everything else by default.
    pub fn polling(token: impl Into<String>) -> Self {
        Self {
            token: Secret(token.into()),
            api_url: "https://api.telegram.org".into(),
            mode: Mode::Poll,
            timing: Timing::default(),
        }
    }

    /// The bot's id: the digits before the colon of its token.
    pub(crate) fn bot_id(&self) -> Result<u64, SettingsError> {
        let (id, rest) = self.token.0.split_once(':').ok_or(SettingsError::Token)?;
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if rest.is_empty() || !rest.chars().all(known) {
            return Err(SettingsError::Token);
        }
        id.parse().map_err(|_| SettingsError::Token)
    }

    /// Where Telegram is to call, and what it is to show.
    pub(crate) fn webhook(&self) -> Result<Option<(Url, Secret)>, SettingsError> {
        let Mode::Webhook { public_url, secret } = &self.mode else {
            return Ok(None);
        };
        if secret.0.is_empty() {
            return Err(SettingsError::MissingSecret);
        }
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if secret.0.len() > 256 || !secret.0.chars().all(known) {
            return Err(SettingsError::SecretCharacters);
        }
        let url = format!("{}/webhooks/telegram", public_url.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| SettingsError::PublicUrl)?;
        Ok(Some((url, secret.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(secret: &str) -> Settings {
        let mut settings = Settings::polling("1:A");
        settings.mode = Mode::Webhook {
            public_url: "https://church.example/".into(),
            secret: Secret(secret.into()),
        };
        settings
    }

    #[test]
    fn a_webhook_without_a_secret_does_not_start() {
        assert_eq!(webhook("").webhook(), Err(SettingsError::MissingSecret));
        assert_eq!(
            webhook("a b").webhook(),
            Err(SettingsError::SecretCharacters)
        );
        let (url, _) = webhook("a-b_9").webhook().unwrap().unwrap();
        assert_eq!(url.as_str(), "https://church.example/webhooks/telegram");
    }

    #[test]
    fn a_token_names_its_bot() {
        assert_eq!(Settings::polling("123456:AB-c_").bot_id(), Ok(123_456));
        for wrong in ["", "123", "x:abc", "1:", "1:a/b"] {
            assert_eq!(Settings::polling(wrong).bot_id(), Err(SettingsError::Token));
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let shown = format!("{:?}", webhook("hush"));
        assert!(!shown.contains("hush") && !shown.contains("1:A"));
    }
}
