//! `[telegram]`, `[discord]` and `[twilio]`: the channels with credentials.

use std::time::Duration;

use muykol_core::seams::{Pace, Quota};
use url::Url;

use super::{addresses::http_url, reader::Reader, secret::Secret};

/// Telegram's own server.
const TELEGRAM: &str = "https://api.telegram.org";

const WEBHOOK_SECRET: (&str, &str) = ("telegram", "webhook_secret");

/// How Telegram's messages come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelegramMode {
    /// muykol asks.
    Poll,
    /// Telegram calls.
    Webhook,
}

/// The Telegram channel.
#[derive(Debug, Clone)]
pub struct Telegram {
    /// The bot's token; none means that the channel is off.
    pub token: Option<Secret>,
    /// How messages come in.
    pub mode: TelegramMode,
    /// Telegram's server, without a slash at its end.
    pub api_url: String,
    /// What Telegram shows with each call; never none in webhook mode with a token.
    pub webhook_secret: Option<Secret>,
    /// How fast muykol sends.
    pub pace: Pace,
}

impl Telegram {
    /// `public_url` is the server's, for the webhook.
    pub(super) fn read(reader: &mut Reader, public_url: Option<&Url>) -> Self {
        let per = |count: u32, seconds: u64| {
            (count > 0).then_some(Quota {
                burst: count,
                per: Duration::from_secs(seconds),
            })
        };
        let telegram = Self {
            token: reader.secret(("telegram", "token")),
            mode: reader.one_of(
                ("telegram", "mode"),
                &[
                    ("poll", TelegramMode::Poll),
                    ("webhook", TelegramMode::Webhook),
                ],
                TelegramMode::Poll,
            ),
            api_url: api_url(reader, "telegram"),
            webhook_secret: reader.secret(WEBHOOK_SECRET),
            pace: Pace {
                account: per(
                    reader.whole(("telegram", "messages_per_second"), 0..=1_000),
                    1,
                ),
                private_room: per(reader.whole(("telegram", "private_per_second"), 0..=100), 1),
                public_room: per(
                    reader.whole(("telegram", "group_per_minute"), 0..=1_000),
                    60,
                ),
            },
        };
        telegram.check_secret(reader);
        if telegram.token.is_some() && telegram.mode == TelegramMode::Webhook {
            telegram.check_webhook(reader, public_url);
        }
        telegram
    }

    fn check_secret(&self, reader: &mut Reader) {
        let fits = self.webhook_secret.as_ref().is_none_or(|secret| {
            let secret = secret.reveal();
            secret.len() <= 256
                && secret
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        });
        if !fits {
            reader.object(
                WEBHOOK_SECRET,
                "is not what Telegram takes",
                "Write up to 256 of A-Z, a-z, 0-9, \"_\" and \"-\"",
            );
        }
    }

    fn check_webhook(&self, reader: &mut Reader, public_url: Option<&Url>) {
        if self.webhook_secret.is_none() {
            reader.object(
                WEBHOOK_SECRET,
                "is empty in webhook mode, and anybody could write in anybody's name",
                "Set MUYKOL_TELEGRAM__WEBHOOK_SECRET to 32 random letters and digits, or take \
                 mode = \"poll\"",
            );
        }
        let is_https = public_url.is_some_and(|url| url.scheme() == "https");
        if self.api_url == TELEGRAM && !is_https {
            reader.object(
                ("telegram", "mode"),
                "is \"webhook\", and Telegram calls only https",
                "Set server.public_url to an address that begins with https://, or take \
                 mode = \"poll\"",
            );
        }
    }
}

/// The Discord channel, which this version does not have.
#[derive(Debug, Clone)]
pub struct Discord {
    /// The bot's token.
    pub token: Option<Secret>,
    /// Discord's server, without a slash at its end.
    pub api_url: String,
}

impl Discord {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            token: reader.secret(("discord", "token")),
            api_url: api_url(reader, "discord"),
        }
    }
}

/// The SMS channel, which this version does not have.
#[derive(Debug, Clone)]
pub struct Twilio {
    /// The account.
    pub account_sid: Option<Secret>,
    /// Its token.
    pub auth_token: Option<Secret>,
    /// Twilio's server, without a slash at its end.
    pub api_url: String,
}

impl Twilio {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            account_sid: reader.secret(("twilio", "account_sid")),
            auth_token: reader.secret(("twilio", "auth_token")),
            api_url: api_url(reader, "twilio"),
        }
    }
}

/// The provider's server; there is always one.
fn api_url(reader: &mut Reader, section: &'static str) -> String {
    let key = (section, "api_url");
    if let Some(url) = reader.parsed(key, http_url) {
        return url.as_str().trim_end_matches('/').to_owned();
    }
    if reader.text(key).is_empty() {
        reader.object(
            key,
            "is empty",
            "Take the key away for the provider's own server",
        );
    }
    String::new()
}
