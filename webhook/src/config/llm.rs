//! `[llm]`: the language model.

use std::time::Duration;

use muykol_llm::{ApiKey, Settings};
use url::Url;

use super::{addresses::http_url, reader::Reader, secret::Secret};

/// The language model.
#[derive(Debug, Clone)]
pub struct Llm {
    /// Where it is; none means that there is no model.
    pub base_url: Option<Url>,
    /// Its name as the server knows it.
    pub model: String,
    /// The server's key.
    pub api_key: Option<Secret>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long the first word may take.
    pub first_token_timeout: Duration,
    /// How long each next word may take.
    pub idle_timeout: Duration,
    /// How long a whole answer may take.
    pub total_timeout: Duration,
    /// How long an assessment may take.
    pub assess_timeout: Duration,
    /// The most tokens of one answer.
    pub max_tokens: u32,
    /// How freely it writes, 0 to 2.
    pub temperature: f32,
    /// The most tokens one person may use a day.
    pub daily_tokens_per_person: u32,
    /// How many failures in a row open the circuit.
    pub breaker_failures: u32,
    /// How long it then rests.
    pub breaker_cooldown: Duration,
}

impl Llm {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let llm = Self {
            base_url: reader.parsed(("llm", "base_url"), http_url),
            model: reader.words(("llm", "model"), 200),
            api_key: reader.secret(("llm", "api_key")),
            connect_timeout: reader.millis(("llm", "connect_timeout_ms"), 100..=60_000),
            first_token_timeout: reader.millis(("llm", "first_token_timeout_ms"), 100..=60_000),
            idle_timeout: reader.millis(("llm", "idle_timeout_ms"), 100..=60_000),
            total_timeout: reader.millis(("llm", "total_timeout_ms"), 1_000..=120_000),
            assess_timeout: reader.millis(("llm", "assess_timeout_ms"), 100..=10_000),
            max_tokens: reader.whole(("llm", "max_tokens"), 50..=4_000),
            temperature: reader.number(("llm", "temperature"), 0.0..=2.0),
            daily_tokens_per_person: reader
                .whole(("llm", "daily_tokens_per_person"), 1_000..=10_000_000),
            breaker_failures: reader.whole(("llm", "breaker_failures"), 1..=100),
            breaker_cooldown: reader.seconds(("llm", "breaker_cooldown_seconds"), 1..=3_600),
        };
        if llm.base_url.is_some() && llm.model.is_empty() {
            reader.object(
                ("llm", "model"),
                "is empty while llm.base_url names a server",
                "Name the model, as MUYKOL_LLM__MODEL or as model = \"…\" below [llm]",
            );
        }
        llm
    }

    /// What the model's adapter has to be told; none without a model.
    pub fn settings(&self) -> Option<Settings> {
        Some(Settings {
            base_url: self.base_url.clone()?,
            model: self.model.clone(),
            api_key: self.api_key.as_ref().map(|key| ApiKey::new(key.reveal())),
            connect_timeout: self.connect_timeout,
            first_token_timeout: self.first_token_timeout,
            idle_timeout: self.idle_timeout,
            total_timeout: self.total_timeout,
            assess_timeout: self.assess_timeout,
            temperature: self.temperature,
            breaker_failures: self.breaker_failures,
            breaker_cooldown: self.breaker_cooldown,
        })
    }
}
