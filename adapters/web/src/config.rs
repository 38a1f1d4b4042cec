//! How the web channel is set up.

use std::time::Duration;

use axum::http::HeaderValue;
use muykol_core::{seams::Quota, words::Account};

use crate::client_ip::ClientIp;

/// The settings of the web channel. [`WebConfig::new`] gives the defaults; a setting that cannot
/// be used is refused by [`crate::WebState::new`], with the setting to mend.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// The site's name in addresses; one church may have several. Never changes once in use.
    pub account: Account,
    /// What the church is called on the page.
    pub church_name: String,
    /// The short name of the church's Bible translation, for passages asked for without one.
    pub translation: String,
    /// A sentence of welcome in the church's own words.
    pub greeting: Option<String>,
    /// The notice of first contact, one plain sentence each, as core words it.
    pub notice: Vec<String>,
    /// The address people open, such as `https://care.example.org`; decides whether cookies are
    /// `Secure` and whether HSTS is sent.
    pub public_url: Option<String>,
    /// Origins whose pages may call `/v1` from a browser, `https://example.org` each.
    pub allowed_origins: Vec<String>,
    /// Origins that may show these pages in a frame; none by default.
    pub frame_ancestors: Vec<String>,
    /// The largest request body, in bytes; 128 KiB by default: a message has at most 8,000
    /// characters, and JSON escapes or percent signs make up to 12 bytes of one.
    pub body_limit: usize,
    /// How long a session lasts; 30 days by default.
    pub session_lifetime: Duration,
    /// How many sessions one client address may open; 10 at once, regained in 10 minutes.
    pub session_quota: Quota,
    /// Where the client's address is read.
    pub client_ip: ClientIp,
    /// How long a request waits for its reply before it says where to look; 25 s.
    pub reply_wait: Duration,
    /// How long an event stream lives before the client has to come back; 15 minutes.
    pub stream_lifetime: Duration,
    /// How many event streams there may be at once; 5,000 (each costs some 20 KB).
    pub streams: usize,
    /// How many event streams one session may hold; 8.
    pub streams_per_session: usize,
    /// How long any request may take until its response begins; must exceed `reply_wait`. 40 s.
    pub request_timeout: Duration,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct ConfigError {
    /// The setting.
    pub setting: &'static str,
    /// What is wrong and how to mend it.
    pub reason: String,
}

impl WebConfig {
    /// The defaults, for a church of this name.
    pub fn new(church_name: impl Into<String>) -> Self {
        Self {
            account: Account::from("site"),
            church_name: church_name.into(),
            translation: "ASV".to_owned(),
            greeting: None,
            notice: Vec::new(),
            public_url: None,
            allowed_origins: Vec::new(),
            frame_ancestors: Vec::new(),
            body_limit: 128 * 1024,
            session_lifetime: Duration::from_secs(30 * 86_400),
            session_quota: Quota {
                burst: 10,
                per: Duration::from_secs(600),
            },
            client_ip: ClientIp::Peer,
            reply_wait: Duration::from_secs(25),
            stream_lifetime: Duration::from_secs(15 * 60),
            streams: 5_000,
            streams_per_session: 8,
            request_timeout: Duration::from_secs(40),
        }
    }

    /// Whether people reach the site over TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"))
    }

    /// Every setting that cannot be used, the first of them as an error.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if let Some(url) = &self.public_url {
            origin("public_url", url.trim_end_matches('/'))?;
        }
        for allowed in &self.allowed_origins {
            origin("allowed_origins", allowed)?;
        }
        for ancestor in &self.frame_ancestors {
            origin("frame_ancestors", ancestor)?;
        }
        if self.request_timeout <= self.reply_wait {
            return Err(ConfigError {
                setting: "request_timeout",
                reason: format!("must be longer than reply_wait ({:?})", self.reply_wait),
            });
        }
        if self.body_limit < 1024 {
            return Err(ConfigError {
                setting: "body_limit",
                reason: "is in bytes and must be at least 1024".to_owned(),
            });
        }
        Ok(())
    }
}

/// An origin as browsers write it (RFC 6454 section 6.2): scheme, host, port and nothing more.
fn origin(setting: &'static str, value: &str) -> Result<(), ConfigError> {
    let host = value
        .strip_prefix("https://")
        .or_else(|| value.strip_prefix("http://"));
    let plain = host.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    });
    if plain && HeaderValue::from_str(value).is_ok() {
        Ok(())
    } else {
        Err(ConfigError {
            setting,
            reason: format!(
                "“{value}” is not an origin; write it like “https://example.org”, without a path"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_checked_at_the_start() {
        let with = |origin: &str| {
            let mut config = WebConfig::new("x");
            config.allowed_origins = vec![origin.to_owned()];
            config.check()
        };
        assert!(with("https://example.org").is_ok());
        assert!(with("http://localhost:8080").is_ok());
        for wrong in [
            "*",
            "example.org",
            "https://example.org/",
            "https://a;b",
            "https://",
        ] {
            assert_eq!(
                with(wrong).unwrap_err().setting,
                "allowed_origins",
                "{wrong}"
            );
        }
    }
}
