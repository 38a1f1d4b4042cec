//! Answers from a language model, told who it is to be and checked afterwards like any other.
//!
//! This file only asks: it builds the prompt, keeps it within a budget of tokens, and hands on
//! what the model writes as [`Piece::Words`]. Deadlines belong to the [`Model`] and to the turn;
//! Scripture and output rules are applied to what comes out.

use std::{collections::BTreeMap, sync::LazyLock};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};

use super::curated::{Content, Situation};
use crate::{
    seams::{
        AnswerError, Answerer, Model, ModelError, ModelEvent, ModelStream, Patience, Piece, Pieces,
        Prompt, PromptTurn, TurnContext,
    },
    words::{AnsweredBy, Audience, CrisisKind, CrisisLevel, CrisisReading, Emotion, Entry, Role},
};

/// How much a model may be asked and may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelLimits {
    /// Tokens of one person on one UTC day, read and written; 0 for no limit.
    pub tokens_per_day: u64,
    /// Tokens of the prompt, system prompt included. What was said longest ago is left out first.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub answer_tokens: u32,
    /// How long the model is waited for.
    pub patience: Patience,
}

impl Default for ModelLimits {
    /// 40,000 a day is some twenty turns; 4,000 of prompt hold a long talk; 400 hold 120 words in
    /// any of the five languages with room for a long-winded tokeniser.
    fn default() -> Self {
        Self {
            tokens_per_day: 40_000,
            prompt_tokens: 4_000,
            answer_tokens: 400,
            patience: Patience::default(),
        }
    }
}

/// Finds the words with a language model.
#[derive(Debug, Clone)]
pub struct ModelAnswerer<M> {
    model: M,
    limits: ModelLimits,
}

impl<M: Model> ModelAnswerer<M> {
    /// An answerer that asks `model` within `limits`.
    pub fn new(model: M, limits: ModelLimits) -> Self {
        Self { model, limits }
    }

    /// The version of the system prompt, for the audit of a reply.
    pub fn prompt_version() -> &'static str {
        COMPANION.version
    }

    /// What the model is asked for a turn.
    pub fn prompt(&self, context: &TurnContext) -> Prompt {
        let system = system(context);
        let message = PromptTurn {
            role: Role::Person,
            text: context.messages.join("\n"),
        };
        let mut left = self
            .limits
            .prompt_tokens
            .saturating_sub(self.model.count_tokens(&system))
            .saturating_sub(self.model.count_tokens(&message.text));
        let mut turns: Vec<PromptTurn> = context
            .recent
            .iter()
            .rev()
            .map(said)
            .take_while(|turn| {
                let tokens = self.model.count_tokens(&turn.text);
                let fits = tokens <= left;
                left = left.saturating_sub(tokens);
                fits
            })
            .collect();
        turns.reverse();
        // A talk begins with the person; models are strict about that.
        let first = turns
            .iter()
            .position(|turn| turn.role == Role::Person)
            .unwrap_or(turns.len());
        turns.drain(..first);
        turns.push(message);
        Prompt {
            system,
            turns: joined(turns),
            max_tokens: self.limits.answer_tokens,
        }
    }

    fn over_budget(&self, context: &TurnContext) -> bool {
        /// Milliseconds of a day.
        const DAY: i64 = 86_400_000;
        let today = context.now.0.div_euclid(DAY);
        self.limits.tokens_per_day > 0
            && context.profile.tokens_day == today
            && context.profile.tokens_used >= self.limits.tokens_per_day
    }
}

#[async_trait]
impl<M: Model> Answerer for ModelAnswerer<M> {
    async fn answer<'a>(&'a self, context: &'a TurnContext) -> Result<Pieces<'a>, AnswerError> {
        if self.over_budget(context) {
            return Err(AnswerError::OverBudget);
        }
        let prompt = self.prompt(context);
        let asked = prompt
            .turns
            .iter()
            .map(|turn| self.model.count_tokens(&turn.text))
            .sum::<u64>()
            .saturating_add(self.model.count_tokens(&prompt.system));
        let stream = self.model.stream(prompt).await?;
        Ok(Box::pin(pieces(&self.model, stream, asked)))
    }

    fn name(&self) -> AnsweredBy {
        AnsweredBy::Model
    }

    fn patience(&self) -> Patience {
        self.limits.patience
    }
}

/// How far a model has got.
struct Writing {
    stream: Option<ModelStream>,
    /// What is thought to have been spent, until the model says.
    guess: u64,
    spent: Option<u64>,
    wrote: bool,
    opening: Opening,
    failed: Option<ModelError>,
}

/// What a model writes instead of an answer when it hears danger (see the system prompt). It can
/// only raise what the rules heard, so nothing is gained by talking it into writing this.
const DANGER: &str = "[[danger]]";

/// The first words of an answer, held back while they may still become [`DANGER`].
#[derive(Default)]
struct Opening {
    held: String,
    decided: bool,
}

/// What the first words turned out to be.
enum Opened {
    Undecided,
    Danger,
    Words(String),
}

impl Opening {
    fn read(&mut self, text: String) -> Opened {
        if self.decided {
            return Opened::Words(text);
        }
        self.held.push_str(&text);
        let begun = self.held.trim_start().to_ascii_lowercase();
        if begun.starts_with(DANGER) {
            Opened::Danger
        } else if DANGER.starts_with(&begun) {
            Opened::Undecided
        } else {
            self.decided = true;
            Opened::Words(std::mem::take(&mut self.held))
        }
    }
}

fn danger() -> CrisisReading {
    CrisisReading {
        level: CrisisLevel::Danger,
        kinds: vec![CrisisKind::Suicide],
        reasons: vec!["model".to_owned()],
        ..CrisisReading::default()
    }
}

/// The model's stream as pieces. What was spent comes last, also after an error.
fn pieces<M: Model>(
    model: &M,
    stream: ModelStream,
    asked: u64,
) -> impl futures_util::Stream<Item = Result<Piece, AnswerError>> + Send {
    let writing = Writing {
        stream: Some(stream),
        guess: asked,
        spent: None,
        wrote: false,
        opening: Opening::default(),
        failed: None,
    };
    stream::unfold(writing, move |mut writing| async move {
        if let Some(error) = writing.failed.take() {
            return Some((Err(error.into()), writing));
        }
        while let Some(mut stream) = writing.stream.take() {
            match stream.next().await {
                Some(Ok(ModelEvent::Text(text))) => {
                    writing.guess = writing.guess.saturating_add(model.count_tokens(&text));
                    writing.wrote |= !text.trim().is_empty();
                    match writing.opening.read(text) {
                        // Whatever else it would write is not wanted: the stream ends here.
                        Opened::Danger => return Some((Ok(Piece::Heard(danger())), writing)),
                        Opened::Words(text) => {
                            writing.stream = Some(stream);
                            return Some((Ok(Piece::Words(text)), writing));
                        }
                        Opened::Undecided => writing.stream = Some(stream),
                    }
                }
                Some(Ok(ModelEvent::Usage { input, output })) => {
                    writing.spent = Some(input.saturating_add(output));
                    writing.stream = Some(stream);
                }
                Some(Err(error)) => {
                    // What was spent before it failed was spent.
                    writing.failed = Some(error);
                    let spent = writing.spent.unwrap_or(writing.guess);
                    return Some((Ok(Piece::Spent(spent)), writing));
                }
                None if !writing.wrote => {
                    let empty = ModelError::Unavailable("it wrote nothing".to_owned());
                    return Some((Err(empty.into()), writing));
                }
                None => {
                    let spent = writing.spent.unwrap_or(writing.guess);
                    return Some((Ok(Piece::Spent(spent)), writing));
                }
            }
        }
        None
    })
}

fn said(entry: &Entry) -> PromptTurn {
    PromptTurn {
        role: entry.role(),
        text: entry.text().to_owned(),
    }
}

/// Neighbouring turns of one speaker as one: some models refuse two in a row.
fn joined(turns: Vec<PromptTurn>) -> Vec<PromptTurn> {
    let mut joined: Vec<PromptTurn> = Vec::with_capacity(turns.len());
    for turn in turns {
        match joined.last_mut() {
            Some(last) if last.role == turn.role => {
                last.text.push_str("\n\n");
                last.text.push_str(&turn.text);
            }
            _ => joined.push(turn),
        }
    }
    joined
}

fn system(context: &TurnContext) -> String {
    let reading = &context.assessment.emotion;
    let care = context.care_mode || context.assessment.crisis.level >= CrisisLevel::Concern;
    let public = context.audience == Audience::Public;
    let mut parts = vec![
        COMPANION
            .part("base")
            .replace("{language}", language(&context.language)),
    ];
    if public {
        parts.push(COMPANION.part("public").to_owned());
    }
    if care {
        parts.push(COMPANION.part("care").to_owned());
    } else if grieves(context) {
        parts.push(COMPANION.part("grief").to_owned());
    }
    if reading.primary != Emotion::Neutral {
        let feeling = match reading.secondary {
            Some(second) => format!("{}, then {}", reading.primary, second),
            None => reading.primary.to_string(),
        };
        let feeling = feeling.replace('_', " ");
        parts.push(COMPANION.part("reading").replace("{feeling}", &feeling));
    }
    parts.join("\n\n")
}

/// Whether the person mourns: by the reading, or by what they wrote about.
fn grieves(context: &TurnContext) -> bool {
    context.assessment.emotion.primary == Emotion::Grief
        || Content::held().is_ok_and(|content| Situation::of(content, context).grieves())
}

/// A language's name as a model knows it; English for one that is no tag.
fn language(tag: &str) -> &str {
    match tag.split(['-', '_']).next().unwrap_or(tag) {
        "es" => "Spanish",
        "pt" => "Portuguese",
        "fr" => "French",
        "de" => "German",
        "sw" => "Swahili",
        "hi" => "Hindi",
        "tl" | "fil" => "Tagalog",
        "ko" => "Korean",
        "zh" => "Chinese",
        "ar" => "Arabic",
        "ru" => "Russian",
        "yo" => "Yoruba",
        _ => "English",
    }
}

/// The system prompt with its parts.
struct Companion {
    version: &'static str,
    parts: BTreeMap<&'static str, &'static str>,
}

static COMPANION: LazyLock<Companion> =
    LazyLock::new(|| Companion::read(include_str!("../../data/prompts/companion.md")));

impl Companion {
    /// `version: N`, then parts that begin with `# name` on a line.
    fn read(text: &'static str) -> Self {
        let mut sections = text.split("\n# ");
        let version = sections
            .next()
            .and_then(|head| head.trim().strip_prefix("version: "))
            .unwrap_or_default();
        let parts = sections
            .filter_map(|section| section.split_once('\n'))
            .map(|(name, body)| (name.trim(), body.trim()))
            .collect();
        Self { version, parts }
    }

    fn part(&self, name: &str) -> &'static str {
        self.parts.get(name).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
