//! The model itself: asked over HTTP, left alone when it fails.

use std::sync::Arc;

use async_trait::async_trait;
use muykol_core::{
    care::Assessment,
    seams::{Model, ModelError, ModelEvent, ModelStream, Prompt, PromptTurn},
    words::Role,
};
use reqwest::{
    Client, Response, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect,
};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    answer::{Answer, Waits},
    assessment,
    breaker::{Breaker, Sign},
    failure::Failure,
    request::{Form, Limit, Message, Request},
    response::News,
    settings::{Settings, SettingsError},
};

/// How much of an error body is read for its code.
const MAX_ERROR_BODY: usize = 16 * 1024;

/// How much of an assessment is read: the form has some 200 bytes, what is around it 1 KB.
const MAX_ASSESSMENT_BODY: usize = 64 * 1024;

/// A model behind an OpenAI-compatible server.
///
/// Connections are pooled and kept alive; redirects are not followed, so that a prompt goes to the
/// configured server and nowhere else. Answers and assessments have a circuit breaker each: a
/// server that knows no JSON mode refuses assessments and still answers.
///
/// Counted in the metric `muykol_model_requests_total` by `request` (answer, assessment) and
/// `outcome` (works, fails, refuses, pauses; rests: not asked).
pub struct OpenAiModel {
    http: Client,
    endpoint: Url,
    authorization: Option<HeaderValue>,
    settings: Settings,
    answers: Arc<Breaker>,
    assessments: Arc<Breaker>,
}

impl OpenAiModel {
    /// A model by these settings. Asks nothing yet; takes some milliseconds for the TLS roots.
    ///
    /// # Errors
    /// Where the settings cannot work, whatever the server.
    pub fn new(mut settings: Settings) -> Result<Self, SettingsError> {
        settings.bound();
        let authorization = settings
            .api_key
            .as_ref()
            .map(|key| HeaderValue::from_str(&format!("Bearer {}", key.reveal())))
            .transpose()
            .map_err(|_| SettingsError::ApiKey)?
            .map(|mut value| {
                value.set_sensitive(true);
                value
            });
        let http = Client::builder()
            .user_agent(concat!("muykol/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout)
            .tcp_nodelay(true)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(SettingsError::Client)?;
        let breaker =
            |asks| Breaker::new(asks, settings.breaker_failures, settings.breaker_cooldown);
        Ok(Self {
            http,
            endpoint: endpoint(&settings.base_url)?,
            authorization,
            answers: breaker("answer"),
            assessments: breaker("assessment"),
            settings,
        })
    }

    /// Starts an answer, whatever the circuit breaker says.
    async fn open(&self, prompt: &Prompt) -> Result<Answer, Failure> {
        let started = Instant::now();
        let temperature = self.settings.temperature;
        let request = Request {
            model: &self.settings.model,
            messages: Message::all(prompt),
            limit: Limit::of(prompt.max_tokens, &self.endpoint),
            temperature: ((temperature - 1.0).abs() > f32::EPSILON).then_some(temperature),
            form: Form::STREAM,
        };
        let waits = Waits {
            first: self.settings.first_token_timeout,
            idle: self.settings.idle_timeout,
            total: self.settings.total_timeout,
        };
        let first = waits.first.min(waits.total);
        let response = timeout_at(started + first, self.send(&request))
            .await
            .map_err(|_| Failure::timeout(first))??;
        Ok(Answer::new(response, started, waits))
    }

    async fn ask_assessment(&self, text: &str) -> Result<Assessment, Failure> {
        let request = Request {
            model: &self.settings.model,
            messages: vec![
                Message::system(assessment::INSTRUCTIONS),
                Message::user(text),
            ],
            limit: Limit::of(assessment::MAX_TOKENS, &self.endpoint),
            temperature: None,
            form: Form::JSON,
        };
        let mut response = self.send(&request).await?;
        let body = read_at_most(&mut response, MAX_ASSESSMENT_BODY)
            .await
            .map_err(|_| Failure::unavailable("the connection broke"))?;
        let text = News::read(&body)?.text.unwrap_or_default();
        assessment::read(&text).map_err(Failure::unavailable)
    }

    /// Sends a request and takes the answer's head; an error status is an error.
    async fn send(&self, request: &Request<'_>) -> Result<Response, Failure> {
        let body = serde_json::to_vec(request)
            .map_err(|_| Failure::this_time("a prompt that cannot be written as JSON"))?;
        let mut post = self
            .http
            .post(self.endpoint.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        if let Some(authorization) = &self.authorization {
            post = post.header(AUTHORIZATION, authorization.clone());
        }
        let mut response = post
            .send()
            .await
            .map_err(|error| Failure::transport(&error, self.settings.connect_timeout))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let body = read_at_most(&mut response, MAX_ERROR_BODY)
            .await
            .unwrap_or_default();
        Err(Failure::status(
            response.status(),
            response.headers(),
            &body,
        ))
    }
}

#[async_trait]
impl Model for OpenAiModel {
    async fn stream(&self, prompt: Prompt) -> Result<ModelStream, ModelError> {
        let mut permit = self.answers.admit().ok_or(ModelError::Resting)?;
        match self.open(&prompt).await {
            Ok(answer) => Ok(answer.into_stream(permit)),
            Err(failure) => {
                permit.settle(failure.sign);
                Err(failure.error)
            }
        }
    }

    async fn assess(&self, text: &str) -> Result<Assessment, ModelError> {
        let mut permit = self.assessments.admit().ok_or(ModelError::Resting)?;
        let limit = self.settings.assess_timeout;
        let assessment = timeout(limit, self.ask_assessment(text))
            .await
            .unwrap_or_else(|_| Err(Failure::timeout(limit)));
        permit.settle(
            assessment
                .as_ref()
                .map_or_else(|failure| failure.sign, |_| Sign::Works),
        );
        assessment.map_err(|failure| failure.error)
    }

    /// Four bytes of UTF-8 to a token: OpenAI's rule of thumb of four characters for English
    /// ("What are tokens and how to count them?", help.openai.com), and on the safe side for other
    /// scripts, whose characters have more bytes and cost more tokens.
    fn count_tokens(&self, text: &str) -> u64 {
        u64::try_from(text.len()).unwrap_or(u64::MAX).div_ceil(4)
    }

    /// Asks also while the circuit is open, and changes nothing about it.
    async fn probe(&self) -> Result<(), ModelError> {
        let prompt = Prompt {
            system: "Answer with the word ok.".to_owned(),
            turns: vec![PromptTurn {
                role: Role::Person,
                text: "ok?".to_owned(),
            }],
            max_tokens: 16,
        };
        let asked = async {
            let mut answer = self.open(&prompt).await?;
            while let Some(event) = answer.next().await {
                if let ModelEvent::Text(_) = event? {
                    break;
                }
            }
            Ok(())
        };
        match asked.await {
            // Cut off after 16 tokens, or whatever else is no fault of the server's: it works.
            Ok(())
            | Err(Failure {
                sign: Sign::Works, ..
            }) => Ok(()),
            Err(Failure { error, .. }) => Err(error),
        }
    }
}

/// `base/chat/completions`, with the base's query kept (Azure wants its `api-version` there).
fn endpoint(base: &Url) -> Result<Url, SettingsError> {
    if !matches!(base.scheme(), "http" | "https") {
        return Err(SettingsError::BaseUrl);
    }
    let mut endpoint = base.clone();
    endpoint
        .path_segments_mut()
        .map_err(|()| SettingsError::BaseUrl)?
        .pop_if_empty()
        .extend(["chat", "completions"]);
    Ok(endpoint)
}

/// The body, or as much of it as is asked for.
async fn read_at_most(response: &mut Response, most: usize) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await? {
        let room = most - body.len();
        body.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if body.len() == most {
            break;
        }
    }
    Ok(body)
}
