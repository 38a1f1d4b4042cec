//! What the adapter has to be told.

use std::{fmt, time::Duration};

use reqwest::Url;

/// The longest wait that is believed: beyond it, clocks overflow in the end.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Where the model is and how long it is waited for. A wait over an hour counts as an hour.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address before `/chat/completions`, as "<https://api.openai.com/v1>".
    pub base_url: Url,
    /// The model's name as the server knows it.
    pub model: String,
    /// The key, for a server that asks for one.
    pub api_key: Option<ApiKey>,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long the first word may take, from the request on.
    pub first_token_timeout: Duration,
    /// How long the next word may take.
    pub idle_timeout: Duration,
    /// How long a whole answer may take.
    pub total_timeout: Duration,
    /// How long an assessment may take.
    pub assess_timeout: Duration,
    /// How freely it writes, 0 to 2; 1 is every provider's default and is not sent, because some
    /// models take no other.
    pub temperature: f32,
    /// How many failures in a row open the circuit; at least 1.
    pub breaker_failures: u32,
    /// How long an open circuit rests before one request tries again.
    pub breaker_cooldown: Duration,
}

impl Settings {
    /// The defaults for this server and model: connection 2 s, first word 3 s, next word 5 s,
    /// whole answer 20 s (the web gives up waiting at 25 s), assessment 2 s, 5 failures, 30 s.
    pub fn new(base_url: Url, model: impl Into<String>) -> Self {
        Self {
            base_url,
            model: model.into(),
            api_key: None,
            connect_timeout: Duration::from_secs(2),
            first_token_timeout: Duration::from_secs(3),
            idle_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(20),
            assess_timeout: Duration::from_secs(2),
            temperature: 1.0,
            breaker_failures: 5,
            breaker_cooldown: Duration::from_secs(30),
        }
    }

    pub(crate) fn bound(&mut self) {
        for wait in [
            &mut self.connect_timeout,
            &mut self.first_token_timeout,
            &mut self.idle_timeout,
            &mut self.total_timeout,
            &mut self.assess_timeout,
            &mut self.breaker_cooldown,
        ] {
            *wait = LONGEST.min(*wait);
        }
    }
}

/// A key that does not show itself.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes a key as the provider gave it.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

/// Settings that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The base URL cannot be extended by a path, as `mailto:…` cannot, or is not HTTP.
    #[error("the model's base URL must begin with http:// or https://")]
    BaseUrl,
    /// The key has characters that no HTTP header can carry.
    #[error("the model's API key holds characters that cannot be sent, perhaps a line break")]
    ApiKey,
    /// The HTTP client could not be set up.
    #[error("the HTTP client for the model could not be set up: {0}")]
    Client(#[source] reqwest::Error),
}
