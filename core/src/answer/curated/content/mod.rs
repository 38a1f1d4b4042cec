//! The curated content: what was written by hand, read once, and the same for everybody.
//!
//! `topics.toml` and `passages.toml` hold for every language; each language has a folder with
//! what is listened for (`cues.toml`) and what is said (the other files). A piece's id is
//! `language/kind/key/name`, so that it outlives a change of its words.

mod read;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::{
    answer::phrase::{Pattern, Sets},
    words::Emotion,
};

/// Content that cannot be read. It is compiled in, so a build that passed its tests has none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the curated content in {file} cannot be read: {detail}")]
pub struct ContentError {
    /// The file under `core/data/curated`.
    pub file: String,
    /// What is wrong.
    pub detail: String,
}

/// A passage with what it may be used for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passage {
    /// Where it stands, "Philippians 4:6-7".
    pub reference: String,
    /// The feelings it speaks to.
    #[serde(default)]
    pub emotions: Vec<Emotion>,
    /// The situations it speaks to, by the names of `topics.toml`.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Where it must not be used: "abuse", "bereavement", "outcome" (it could be heard as a
    /// promise of how things will turn out), "blame" (it could be heard as a reproach).
    #[serde(default)]
    pub not_for: Vec<String>,
    /// Who says it to whom, in a sentence.
    pub context: String,
    /// A thought that joins it to somebody's day.
    pub reflection: String,
    /// The same for single situations.
    #[serde(default)]
    pub for_topic: BTreeMap<String, String>,
    /// Who read and signed it; empty until a pastor has.
    #[serde(default)]
    pub reviewer: String,
    /// When, as YYYY-MM-DD; empty until then.
    #[serde(default)]
    pub reviewed: String,
}

/// A situation that people write about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// How it is called back in a sentence: "your work".
    pub thing: String,
    /// The feelings that go with it, the most usual first.
    pub emotions: Vec<Emotion>,
    /// What must be minded: "bereavement", "abuse", "outcome", "blame", as in a passage.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Only what was written for this situation may be said in it.
    #[serde(default)]
    pub strict: bool,
    /// Which of two situations is the matter, when both are heard; higher wins, 0 is usual.
    #[serde(default)]
    pub weight: i8,
}

/// Something that can be said, with the id under which it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// `language/kind/key/name`.
    pub id: String,
    /// The words; `{clause}`, `{Clause}` and `{thing}` are filled in.
    pub text: String,
}

/// Pieces by what they are for: an emotion, a situation, or a name of their own.
pub(crate) type Pools = BTreeMap<String, Vec<Said>>;

/// What is listened for and said in one language.
#[derive(Debug, Default)]
pub(crate) struct Language {
    pub emotions: Vec<(Emotion, Vec<Pattern>)>,
    pub topics: Vec<(String, Vec<Pattern>)>,
    pub intents: Vec<(String, Vec<Pattern>)>,
    /// Clauses that can safely be said back.
    pub clauses: Vec<Pattern>,
    pub sets: Sets,
    pub openings: Pools,
    pub mirrors: Pools,
    pub actions: Pools,
    pub questions: Pools,
    pub replies: Pools,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Content {
    pub(crate) passages: Vec<Passage>,
    pub(crate) topics: BTreeMap<String, Topic>,
    /// What a feeling is called back as in a sentence.
    pub(crate) feelings: BTreeMap<Emotion, String>,
    pub(crate) themes: Vec<Theme>,
    pub(crate) english: Language,
    pub(crate) others: BTreeMap<&'static str, Language>,
}

/// A subject that somebody may ask the Bible about.
#[derive(Debug)]
pub(crate) struct Theme {
    /// What it is called in a sentence.
    pub name: String,
    pub cues: Vec<Pattern>,
    /// Where the Bible speaks of it, each with its setting in a sentence.
    pub places: Vec<Place>,
}

/// One place in the Bible on a theme.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub reference: String,
    pub context: String,
}

/// The key of what can be said whatever the matter is.
pub(crate) const ANY: &str = "any";

impl Content {
    /// The content, read when it is first asked for: about 10 ms in a release build, once.
    pub fn held() -> Result<&'static Self, ContentError> {
        static HELD: LazyLock<Result<Content, ContentError>> = LazyLock::new(Content::read);
        HELD.as_ref().map_err(Clone::clone)
    }

    /// Every passage.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// Every situation by its name.
    pub fn topics(&self) -> &BTreeMap<String, Topic> {
        &self.topics
    }

    /// Every reference that may be shown: those of the passages and of the themes.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.passages
            .iter()
            .map(|passage| passage.reference.as_str())
            .chain(
                self.themes
                    .iter()
                    .flat_map(|theme| &theme.places)
                    .map(|place| place.reference.as_str()),
            )
    }

    /// Every piece that is said, in every language, with its language.
    pub fn pieces(&self) -> impl Iterator<Item = (&'static str, &Said)> {
        self.languages().flat_map(|(tag, language)| {
            [
                &language.openings,
                &language.mirrors,
                &language.actions,
                &language.questions,
                &language.replies,
            ]
            .into_iter()
            .flat_map(BTreeMap::values)
            .flatten()
            .map(move |said| (tag, said))
        })
    }

    /// What is said beside the pieces: contexts and reflections.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        self.passages
            .iter()
            .flat_map(|passage| {
                [passage.context.as_str(), passage.reflection.as_str()]
                    .into_iter()
                    .chain(passage.for_topic.values().map(String::as_str))
            })
            .chain(
                self.themes
                    .iter()
                    .flat_map(|theme| &theme.places)
                    .map(|place| place.context.as_str()),
            )
    }

    /// Every language with its tag, English first.
    pub(crate) fn languages(&self) -> impl Iterator<Item = (&'static str, &Language)> {
        std::iter::once(("en", &self.english))
            .chain(self.others.iter().map(|(tag, language)| (*tag, language)))
    }

    /// The language of a BCP 47 tag, and whether it is held; English if not.
    pub(crate) fn language(&self, tag: &str) -> (&Language, bool) {
        let primary = tag.split(['-', '_']).next().unwrap_or(tag);
        match self.others.get(primary.to_ascii_lowercase().as_str()) {
            Some(language) => (language, true),
            None => (
                &self.english,
                primary.eq_ignore_ascii_case("en") || primary.is_empty(),
            ),
        }
    }
}
