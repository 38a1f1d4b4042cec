//! Reading the files that the content is written in, and finding what is wrong in them.

use std::{collections::BTreeMap, str::FromStr};

use serde::Deserialize;

use super::{ANY, Content, ContentError, Language, Passage, Place, Pools, Said, Theme, Topic};
use crate::{
    answer::phrase::{Pattern, Sets},
    words::Emotion,
};

const TOPICS: &str = include_str!("../../../../data/curated/topics.toml");
const FEELINGS: &str = include_str!("../../../../data/curated/feelings.toml");
const PASSAGES: &str = include_str!("../../../../data/curated/passages.toml");
const THEMES: &str = include_str!("../../../../data/curated/themes.toml");

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
            cues: include_str!(concat!("../../../../data/curated/", $tag, "/cues.toml")),
            openings: include_str!(concat!("../../../../data/curated/", $tag, "/openings.toml")),
            mirrors: $mirrors,
            actions: include_str!(concat!("../../../../data/curated/", $tag, "/actions.toml")),
            questions: include_str!(concat!(
                "../../../../data/curated/",
                $tag,
                "/questions.toml"
            )),
            replies: include_str!(concat!("../../../../data/curated/", $tag, "/replies.toml")),
        }
    };
}

/// Only English says a person's clause back: it needs no agreement of gender and case.
const ENGLISH: Source = source!(
    "en",
    include_str!("../../../../data/curated/en/mirrors.toml")
);

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

impl Content {
    pub(super) fn read() -> Result<Self, ContentError> {
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
