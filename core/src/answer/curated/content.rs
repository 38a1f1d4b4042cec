//! The curated content: what was written by hand, read once, and the same for everybody.
//!
//! `topics.toml` and `passages.toml` hold for every language; each language has a folder with
//! what is listened for (`cues.toml`) and what is said (the other files). A piece's id is
//! `language/kind/key/name`, so that it outlives a change of its words.

use std::{collections::BTreeMap, str::FromStr, sync::LazyLock};

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

    fn read() -> Result<Self, ContentError> {
        let mut content = Self {
            topics: file("topics.toml", TOPICS)?,
            feelings: file("feelings.toml", FEELINGS)?,
            passages: file::<Passages>("passages.toml", PASSAGES)?.passage,
            ..Self::default()
        };
        for (name, theme) in file::<BTreeMap<String, ThemeFile>>("themes.toml", THEMES)? {
            content.themes.push(Theme {
                name,
                cues: patterns("themes.toml", &theme.cues, &Sets::new())?,
                places: theme.places,
            });
        }
        content.english = ENGLISH.read(&content.topics)?;
        for source in &OTHERS {
            let language = source.read(&content.topics)?;
            content.others.insert(source.tag, language);
        }
        for passage in &content.passages {
            if let Some(topic) = passage
                .topics
                .iter()
                .chain(passage.for_topic.keys())
                .find(|topic| !content.topics.contains_key(*topic))
            {
                return Err(ContentError {
                    file: "passages.toml".to_owned(),
                    detail: format!("{}: no topic is called `{topic}`", passage.reference),
                });
            }
        }
        Ok(content)
    }
}

const TOPICS: &str = include_str!("../../../data/curated/topics.toml");
const FEELINGS: &str = include_str!("../../../data/curated/feelings.toml");
const PASSAGES: &str = include_str!("../../../data/curated/passages.toml");
const THEMES: &str = include_str!("../../../data/curated/themes.toml");

/// The files of one language.
struct Source {
    tag: &'static str,
    cues: &'static str,
    openings: &'static str,
    mirrors: &'static str,
    actions: &'static str,
    questions: &'static str,
    replies: &'static str,
}

macro_rules! source {
    ($tag:literal, $mirrors:expr) => {
        Source {
            tag: $tag,
            cues: include_str!(concat!("../../../data/curated/", $tag, "/cues.toml")),
            openings: include_str!(concat!("../../../data/curated/", $tag, "/openings.toml")),
            mirrors: $mirrors,
            actions: include_str!(concat!("../../../data/curated/", $tag, "/actions.toml")),
            questions: include_str!(concat!("../../../data/curated/", $tag, "/questions.toml")),
            replies: include_str!(concat!("../../../data/curated/", $tag, "/replies.toml")),
        }
    };
}

/// Only English says a person's clause back: it needs no agreement of gender and case.
const ENGLISH: Source = source!("en", include_str!("../../../data/curated/en/mirrors.toml"));

const OTHERS: [Source; 4] = [
    source!("es", ""),
    source!("pt", ""),
    source!("fr", ""),
    source!("de", ""),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passages {
    passage: Vec<Passage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    cues: Vec<String>,
    places: Vec<Place>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cues {
    #[serde(default)]
    sets: Sets,
    #[serde(default)]
    clauses: Vec<String>,
    emotion: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    topic: BTreeMap<String, Vec<String>>,
    intent: BTreeMap<String, Vec<String>>,
}

impl Source {
    fn read(&self, topics: &BTreeMap<String, Topic>) -> Result<Language, ContentError> {
        let name = format!("{}/cues.toml", self.tag);
        let cues: Cues = file(&name, self.cues)?;
        let mut language = Language {
            clauses: patterns(&name, &cues.clauses, &cues.sets)?,
            openings: self.pools("opening", self.openings, topics)?,
            mirrors: self.pools("mirror", self.mirrors, topics)?,
            actions: self.pools("action", self.actions, topics)?,
            questions: self.pools("question", self.questions, topics)?,
            replies: self.pools("reply", self.replies, topics)?,
            ..Language::default()
        };
        for (emotion, phrases) in &cues.emotion {
            let known = Emotion::from_str(emotion).map_err(|error| ContentError {
                file: name.clone(),
                detail: error.to_string(),
            })?;
            let phrases = patterns(&name, phrases, &cues.sets)?;
            language.emotions.push((known, phrases));
        }
        for (topic, phrases) in &cues.topic {
            if !topics.contains_key(topic) {
                return Err(ContentError {
                    file: name,
                    detail: format!("no topic is called `{topic}`"),
                });
            }
            let phrases = patterns(&name, phrases, &cues.sets)?;
            language.topics.push((topic.clone(), phrases));
        }
        for (intent, phrases) in &cues.intent {
            let phrases = patterns(&name, phrases, &cues.sets)?;
            language.intents.push((intent.clone(), phrases));
        }
        language.sets = cues.sets;
        Ok(language)
    }

    fn pools(
        &self,
        kind: &str,
        source: &str,
        topics: &BTreeMap<String, Topic>,
    ) -> Result<Pools, ContentError> {
        let name = format!("{}/{kind}", self.tag);
        let tables: BTreeMap<String, BTreeMap<String, String>> = file(&name, source)?;
        if kind != "reply" {
            let stray = tables.keys().find(|key| {
                !topics.contains_key(*key) && Emotion::from_str(key).is_err() && key.as_str() != ANY
            });
            if let Some(key) = stray {
                return Err(ContentError {
                    file: name,
                    detail: format!("`{key}` is neither an emotion nor a topic"),
                });
            }
        }
        Ok(tables
            .into_iter()
            .map(|(key, pieces)| {
                let said = pieces
                    .into_iter()
                    .map(|(piece, text)| Said {
                        id: format!("{}/{kind}/{key}/{piece}", self.tag),
                        text,
                    })
                    .collect();
                (key, said)
            })
            .collect())
    }
}

/// The key of what can be said whatever the matter is.
pub(crate) const ANY: &str = "any";

fn file<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, ContentError> {
    toml::from_str(text).map_err(|error| ContentError {
        file: name.to_owned(),
        detail: error.to_string(),
    })
}

fn patterns(name: &str, phrases: &[String], sets: &Sets) -> Result<Vec<Pattern>, ContentError> {
    phrases
        .iter()
        .map(|phrase| {
            Pattern::parse(phrase, sets).map_err(|detail| ContentError {
                file: name.to_owned(),
                detail,
            })
        })
        .collect()
}
