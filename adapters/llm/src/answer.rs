//! An answer as it comes over the wire.

use std::{collections::VecDeque, time::Duration};

use futures_util::stream;
use muykol_core::seams::{ModelEvent, ModelStream};
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use crate::{
    breaker::{Permit, Sign},
    failure::Failure,
    response::{Finish, News, Usage},
    sse::Events,
    thinking::Thinking,
};

/// The longest answer that is taken, in bytes of text: some forty times what a reply needs.
const MAX_TEXT: usize = 64 * 1024;

/// The longest answer that is not streamed, in bytes of JSON.
const MAX_BODY: usize = 256 * 1024;

/// How long the usage may come after the last word.
const USAGE_WAIT: Duration = Duration::from_millis(500);

/// How long the end of the body may come after `[DONE]`. Only a body read to its end gives its
/// connection back to the pool.
const END_WAIT: Duration = Duration::from_millis(50);

/// How long each part of an answer is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) first: Duration,
    pub(crate) idle: Duration,
    pub(crate) total: Duration,
}

/// How far the answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No word yet.
    Waiting,
    /// Words come.
    Writing,
    /// It has said why it stopped.
    Finished,
    /// It has said `[DONE]`.
    Done,
    /// Nothing more is read.
    Over,
}

/// What the body has turned out to be.
#[derive(Debug)]
enum Body {
    /// No byte of it is known.
    Unknown,
    /// Server-sent events.
    Events(Events),
    /// One JSON object: the server does not stream, whatever it was asked.
    Whole(Vec<u8>),
}

/// An answer that is being read.
pub(crate) struct Answer {
    response: Response,
    body: Body,
    thinking: Thinking,
    waits: Waits,
    started: Instant,
    phase: Phase,
    /// When the phase began; while words come, when the last one did.
    since: Instant,
    /// Bytes of text taken, thoughts included.
    taken: usize,
    /// Whether any text was handed on.
    said: bool,
    ready: VecDeque<String>,
    /// What it cost, by the last account: some servers give one with every event.
    usage: Option<Usage>,
    /// What is wrong with the answer although it ended in order, or why it ended.
    failure: Option<Failure>,
    permit: Option<Permit>,
}

impl Answer {
    /// An answer whose request was started then.
    pub(crate) fn new(response: Response, started: Instant, waits: Waits) -> Self {
        Self {
            response,
            body: Body::Unknown,
            thinking: Thinking::default(),
            waits,
            started,
            phase: Phase::Waiting,
            since: started,
            taken: 0,
            said: false,
            ready: VecDeque::new(),
            usage: None,
            failure: None,
            permit: None,
        }
    }

    /// The answer as a stream that tells the circuit breaker how it ended.
    pub(crate) fn into_stream(mut self, permit: Permit) -> ModelStream {
        self.permit = Some(permit);
        Box::pin(stream::unfold(self, |mut answer| async move {
            let next = answer.next().await?;
            Some((next.map_err(|failure| failure.error), answer))
        }))
    }

    /// The next event; an error is the last.
    pub(crate) async fn next(&mut self) -> Option<Result<ModelEvent, Failure>> {
        loop {
            if let Some(text) = self.ready.pop_front() {
                return Some(Ok(ModelEvent::Text(text)));
            }
            if self.phase == Phase::Over {
                if let Some(usage) = self.usage.take() {
                    return Some(Ok(ModelEvent::Usage {
                        input: usage.prompt_tokens,
                        output: usage.completion_tokens,
                    }));
                }
                return self.failure.take().map(Err);
            }
            if let Err(failure) = self.read().await {
                self.failure = Some(failure);
                self.phase = Phase::Over;
            }
            if self.phase == Phase::Over
                && let Some(permit) = &mut self.permit
            {
                permit.settle(
                    self.failure
                        .as_ref()
                        .map_or(Sign::Works, |failure| failure.sign),
                );
            }
        }
    }

    /// Reads on, as far as the next bytes reach.
    async fn read(&mut self) -> Result<(), Failure> {
        let (deadline, limit) = self.deadline();
        let failure = match timeout_at(deadline, self.response.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                self.take(&bytes)?;
                // Bytes that always come and never say anything must not keep the clock away.
                let (deadline, limit) = self.deadline();
                if Instant::now() < deadline {
                    return Ok(());
                }
                Failure::timeout(limit)
            }
            Ok(Ok(None)) => return self.end_of_body(),
            Ok(Err(_)) => Failure::unavailable("the connection broke"),
            Err(_) => Failure::timeout(limit),
        };
        match self.phase {
            // The answer is whole: how its connection ends is no matter.
            Phase::Finished | Phase::Done => self.close(),
            _ => Err(failure),
        }
    }

    /// Until when bytes are waited for, and how long a wait that is.
    fn deadline(&self) -> (Instant, Duration) {
        let wait = match self.phase {
            Phase::Waiting => self.waits.first,
            Phase::Writing => self.waits.idle,
            Phase::Finished => USAGE_WAIT,
            Phase::Done | Phase::Over => END_WAIT,
        };
        let total = (self.started + self.waits.total, self.waits.total);
        total.min((self.since + wait, wait))
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if matches!(self.body, Body::Unknown) {
            match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => return Ok(()),
                Some(b'{') => self.body = Body::Whole(Vec::new()),
                Some(_) => self.body = Body::Events(Events::default()),
            }
        }
        match &mut self.body {
            Body::Unknown => Ok(()),
            Body::Whole(body) if body.len() + bytes.len() > MAX_BODY => Err(too_long()),
            Body::Whole(body) => {
                body.extend_from_slice(bytes);
                Ok(())
            }
            Body::Events(events) => {
                let mut all = Vec::new();
                let outcome = events.push(bytes, |data| all.push(read_event(data)));
                self.tell(all)?;
                outcome.map_err(|_| too_long())
            }
        }
    }

    fn end_of_body(&mut self) -> Result<(), Failure> {
        let mut all = Vec::new();
        match std::mem::replace(&mut self.body, Body::Unknown) {
            Body::Unknown => {}
            Body::Whole(body) => {
                all.push(News::read(&body).map(Event::News));
                all.push(Ok(Event::Done));
            }
            Body::Events(mut events) => events
                .end(|data| all.push(read_event(data)))
                .map_err(|_| too_long())?,
        }
        self.tell(all)?;
        if !matches!(self.phase, Phase::Finished | Phase::Done) {
            return Err(Failure::unavailable("the answer broke off"));
        }
        self.close()
    }

    /// Hands on what the events say, up to the first that is wrong.
    fn tell(&mut self, events: Vec<Result<Event, Failure>>) -> Result<(), Failure> {
        let mut text = String::new();
        let mut outcome = Ok(());
        for event in events {
            outcome = event.and_then(|event| match event {
                Event::Done => {
                    self.enter(Phase::Done);
                    Ok(())
                }
                Event::News(news) => self.hear(news, &mut text),
            });
            if outcome.is_err() {
                break;
            }
        }
        self.say(text);
        outcome
    }

    fn hear(&mut self, news: News, text: &mut String) -> Result<(), Failure> {
        if let Some(more) = news.text {
            self.taken += more.len();
            if self.taken > MAX_TEXT {
                return Err(too_long());
            }
            let more = self.thinking.filter(&more);
            if !more.is_empty() {
                text.push_str(&more);
                if matches!(self.phase, Phase::Waiting | Phase::Writing) {
                    self.enter(Phase::Writing);
                }
            }
        }
        self.usage = news.usage.or(self.usage);
        if let Some(finish) = news.finish {
            self.failure = match finish {
                Finish::Stop => None,
                Finish::Length => Some(Failure::this_time("cut off at max_tokens")),
                Finish::Filtered => Some(Failure::this_time("stopped by the content filter")),
                Finish::Failed => Some(Failure::unavailable("stopped by an error")),
            };
            if self.phase != Phase::Done {
                self.enter(Phase::Finished);
            }
        }
        Ok(())
    }

    /// The answer is whole.
    fn close(&mut self) -> Result<(), Failure> {
        let held = self.thinking.end();
        self.say(held);
        self.phase = Phase::Over;
        if self.failure.is_none() && !self.said {
            return Err(Failure::this_time("an empty answer"));
        }
        Ok(())
    }

    fn say(&mut self, text: String) {
        if !text.is_empty() {
            self.said = true;
            self.ready.push_back(text);
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
    }
}

/// What an event of the stream is.
enum Event {
    News(News),
    Done,
}

fn read_event(data: &[u8]) -> Result<Event, Failure> {
    match data.trim_ascii() {
        b"[DONE]" => Ok(Event::Done),
        // Some servers keep a connection alive with events that hold nothing.
        b"" => Ok(Event::News(News::default())),
        data => News::read(data).map(Event::News),
    }
}

fn too_long() -> Failure {
    Failure::unavailable("an answer without measure")
}
