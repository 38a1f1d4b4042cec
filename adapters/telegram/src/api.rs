//! One call to the Bot API: a pooled client, a time limit on everything, and failures told apart
//! by whether the request can have taken effect.

use std::time::Duration;

use muykol_core::seams::SendError;
use reqwest::{Client, Url, header::CONTENT_TYPE};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use teloxide_core::{requests::Payload, types::True};

use crate::settings::{Settings, SettingsError};

/// Why a call failed. Nothing in it names the token or the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Telegram said no.
    Refused {
        code: u16,
        description: String,
        retry_after: Option<u64>,
        migrated_to: Option<i64>,
    },
    /// No connection: nothing was sent.
    NotSent(String),
    /// The request left and no readable answer came.
    NoAnswer(String),
}

impl Failure {
    /// One line for the log and for health.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Refused {
                code, description, ..
            } => format!("{code} {description}"),
            Self::NotSent(why) | Self::NoAnswer(why) => why.clone(),
        }
    }

    /// Whether Telegram refused with words that contain one of these.
    pub(crate) fn says(&self, words: &[&str]) -> bool {
        match self {
            Self::Refused { description, .. } => {
                words.iter().any(|word| description.contains(word))
            }
            _ => false,
        }
    }
}

/// Words of a 400 by which Telegram says that this person or room cannot be written to.
const GONE: [&str; 7] = [
    "chat not found",
    "PEER_ID_INVALID",
    "USER_IS_BLOCKED",
    "INPUT_USER_DEACTIVATED",
    "not enough rights to send",
    "have no rights to send",
    "CHAT_WRITE_FORBIDDEN",
];

impl From<Failure> for SendError {
    fn from(failure: Failure) -> Self {
        if failure.says(&GONE) {
            return Self::Blocked;
        }
        match failure {
            Failure::Refused {
                migrated_to: Some(room),
                ..
            } => Self::Moved(room.to_string()),
            Failure::Refused {
                retry_after: Some(seconds),
                ..
            } => Self::RetryAfter(Duration::from_secs(seconds)),
            Failure::Refused { code: 403, .. } => Self::Blocked,
            // 401 and 404 speak of the token, 429 without a time and 5xx of Telegram: none of
            // them is about the message, which waits until the operator or Telegram has mended it.
            Failure::Refused {
                code: code @ (401 | 404 | 429 | 500..),
                description,
                ..
            } => Self::Transient(format!("{code} {description}")),
            Failure::Refused { description, .. } => Self::Rejected(description),
            Failure::NotSent(why) => Self::Transient(why),
            Failure::NoAnswer(why) => Self::Unknown(why),
        }
    }
}

/// The answer, good or bad; only what is read.
#[derive(Deserialize)]
struct Envelope<T> {
    result: Option<T>,
    #[serde(default)]
    error_code: u16,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// What is read of a message that was taken.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Taken {
    pub(crate) message_id: i64,
}

/// What is read of the bot itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Me {
    /// Its id.
    pub(crate) id: u64,
    /// Its name, without `@`.
    pub(crate) username: String,
    /// Whether privacy mode is off.
    #[serde(default)]
    pub(crate) can_read_all_group_messages: bool,
}

/// What is read of the state of the webhook.
#[derive(Debug, Deserialize)]
pub(crate) struct WebhookInfo {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) pending_update_count: u64,
    pub(crate) last_error_message: Option<String>,
}

/// `sendMessageDraft` (Bot API 9.3), which teloxide does not know yet.
#[derive(Serialize)]
pub(crate) struct SendMessageDraft {
    pub(crate) chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_thread_id: Option<i32>,
    pub(crate) draft_id: u32,
    pub(crate) text: String,
}

impl Payload for SendMessageDraft {
    type Output = True;
    const NAME: &'static str = "sendMessageDraft";
}

/// The client.
pub(crate) struct Api {
    client: Client,
    /// Ends in a slash; holds the token, so it is never shown.
    base: String,
    timeout: Duration,
}

impl Api {
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let base = format!(
            "{}/bot{}/",
            settings.api_url.trim_end_matches('/'),
            settings.token.0
        );
        Url::parse(&base).map_err(|_| SettingsError::ApiUrl)?;
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(3))
            .pool_idle_timeout(Duration::from_secs(90))
            .tcp_keepalive(Duration::from_secs(30))
            .tcp_nodelay(true)
            .build()
            .map_err(|error| SettingsError::Client(error.without_url().to_string()))?;
        Ok(Self {
            client,
            base,
            timeout: settings.timing.call,
        })
    }

    /// Calls a method; `T` is as much of its result as is needed.
    pub(crate) async fn call<P, T>(&self, payload: &P) -> Result<T, Failure>
    where
        P: Payload + Serialize,
        T: DeserializeOwned,
    {
        self.call_within(payload, self.timeout).await
    }

    /// The same with another limit of time.
    pub(crate) async fn call_within<P, T>(
        &self,
        payload: &P,
        timeout: Duration,
    ) -> Result<T, Failure>
    where
        P: Payload + Serialize,
        T: DeserializeOwned,
    {
        let body =
            serde_json::to_vec(payload).map_err(|error| Failure::NotSent(error.to_string()))?;
        let response = self
            .client
            .post(format!("{}{}", self.base, P::NAME))
            .header(CONTENT_TYPE, "application/json")
            .timeout(timeout)
            .body(body)
            .send()
            .await
            .map_err(lost)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(lost)?;
        match serde_json::from_slice::<Envelope<T>>(&body) {
            Ok(Envelope {
                result: Some(result),
                ..
            }) if status < 300 => Ok(result),
            Ok(envelope) if status >= 300 => Err(Failure::Refused {
                code: if envelope.error_code == 0 {
                    status
                } else {
                    envelope.error_code
                },
                description: envelope.description,
                retry_after: envelope.parameters.retry_after,
                migrated_to: envelope.parameters.migrate_to_chat_id,
            }),
            Err(_) if status >= 300 => Err(Failure::Refused {
                code: status,
                description: "an answer that is not the Bot API's".into(),
                retry_after: None,
                migrated_to: None,
            }),
            _ => Err(Failure::NoAnswer(
                "an answer that is not the Bot API's".into(),
            )),
        }
    }
}

/// A failed request. One that found no connection cannot have taken effect; any other may have.
fn lost(error: reqwest::Error) -> Failure {
    let not_sent = error.is_connect() || error.is_builder();
    let kind = if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection failed"
    };
    tracing::debug!(error = %error.without_url(), "a call to Telegram failed");
    if not_sent {
        Failure::NotSent(kind.into())
    } else {
        Failure::NoAnswer(kind.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, description: &str) -> Failure {
        Failure::Refused {
            code,
            description: description.into(),
            retry_after: None,
            migrated_to: None,
        }
    }

    #[test]
    fn every_kind_of_failure_has_its_meaning() {
        let error = |failure: Failure| SendError::from(failure);
        assert_eq!(
            error(refused(403, "Forbidden: bot was blocked by the user")),
            SendError::Blocked
        );
        assert_eq!(
            error(refused(400, "Bad Request: chat not found")),
            SendError::Blocked
        );
        assert!(matches!(
            error(refused(500, "Internal Server Error")),
            SendError::Transient(_)
        ));
        assert!(matches!(
            error(refused(401, "Unauthorized")),
            SendError::Transient(_)
        ));
        assert!(matches!(
            error(refused(400, "Bad Request: BUTTON_DATA_INVALID")),
            SendError::Rejected(_)
        ));
        assert!(matches!(
            error(Failure::NotSent(String::new())),
            SendError::Transient(_)
        ));
        assert!(matches!(
            error(Failure::NoAnswer(String::new())),
            SendError::Unknown(_)
        ));
    }
}
