//! What a person writes about: the situation, the feelings they name, and what they ask for.

use super::content::{Content, Language, Topic};
use crate::{
    answer::phrase::{Pattern, Word, words},
    words::{Emotion, EmotionReading},
};

/// What somebody asks of muykol besides being heard. In the order in which it is looked for: an
/// earlier one is the matter when two are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Intent {
    /// Whether suicide is a sin, or what God thinks of it: asked gently back, never taught.
    SuicideQuestion,
    /// Medical, legal or money advice, which muykol does not give.
    Advice,
    /// To speak with a human being.
    RealPerson,
    /// What is kept and who reads it.
    Privacy,
    /// Who or what muykol is.
    Identity,
    /// A prayer.
    Pray,
    /// A question on which Christians differ.
    Disputed,
    /// Who somebody in the Bible was, or what they did.
    BibleQuestion,
    /// A passage, or what the Bible says.
    Verse,
    /// What muykol can do.
    Help,
    /// It did not help.
    DidNotHelp,
    /// The end of a prayer.
    Amen,
    /// Why this happened.
    Why,
    /// What to do, said of what was spoken of.
    WhatNow,
    /// It is a little better.
    Better,
    /// It goes on.
    Still,
    /// More of what was said.
    More,
    Thanks,
    Goodbye,
    Greeting,
    SmallTalk,
    Unsure,
    Yes,
    No,
    Ok,
}

impl Intent {
    const ALL: [Self; 25] = [
        Self::SuicideQuestion,
        Self::Advice,
        Self::RealPerson,
        Self::Privacy,
        Self::Identity,
        Self::Pray,
        Self::Disputed,
        Self::BibleQuestion,
        Self::Verse,
        Self::Help,
        Self::DidNotHelp,
        Self::Amen,
        Self::Why,
        Self::WhatNow,
        Self::Better,
        Self::Still,
        Self::More,
        Self::Thanks,
        Self::Goodbye,
        Self::Greeting,
        Self::SmallTalk,
        Self::Unsure,
        Self::Yes,
        Self::No,
        Self::Ok,
    ];

    /// Its name in `cues.toml` and `replies.toml`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SuicideQuestion => "suicide_question",
            Self::Advice => "advice",
            Self::RealPerson => "real_person",
            Self::Privacy => "privacy",
            Self::Identity => "identity",
            Self::Pray => "pray",
            Self::Disputed => "disputed",
            Self::BibleQuestion => "bible_question",
            Self::Verse => "verse",
            Self::Help => "help",
            Self::DidNotHelp => "did_not_help",
            Self::Amen => "amen",
            Self::Why => "why",
            Self::WhatNow => "what_now",
            Self::Better => "better",
            Self::Still => "still",
            Self::More => "more",
            Self::Thanks => "thanks",
            Self::Goodbye => "goodbye",
            Self::Greeting => "greeting",
            Self::SmallTalk => "small_talk",
            Self::Unsure => "unsure",
            Self::Yes => "yes",
            Self::No => "no",
            Self::Ok => "ok",
        }
    }

    /// Whether it is the whole matter only if little else is said: "ok" in a long message is not.
    fn is_small(self) -> bool {
        self >= Self::DidNotHelp
    }
}

/// How many words a message may have and still be only a greeting, a thank-you or an "ok".
const SMALL: usize = 8;

/// What was heard in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// What is asked for.
    pub intent: Option<Intent>,
    /// The situations, the most telling first.
    pub topics: Vec<String>,
    /// Feelings named in so many words, in the order of the text.
    pub feelings: Vec<Emotion>,
    /// How many words there are.
    pub length: usize,
    /// The words themselves.
    pub words: Vec<Word>,
}

/// Reads a text.
pub(crate) fn hear(content: &Content, language: &Language, text: &str) -> Heard {
    let words = words(text);
    let topics = topics(content, language, &words);
    let feelings = feelings(language, &words);
    let calm = feelings
        .iter()
        .all(|feeling| matches!(feeling, Emotion::Gratitude | Emotion::PeaceHope));
    let possible = |intent: Intent| match intent {
        // "You don't understand" names no feeling of its own.
        Intent::DidNotHelp | Intent::Why => words.len() <= SMALL && topics.is_empty(),
        // "What should I do?" is a decision only where nothing else was spoken of.
        Intent::WhatNow => words.len() <= SMALL,
        intent if intent.is_small() => words.len() <= SMALL && topics.is_empty() && calm,
        _ => true,
    };
    let intent = Intent::ALL.into_iter().find(|intent| {
        possible(*intent)
            && language
                .intents
                .iter()
                .find(|(name, _)| name == intent.name())
                .is_some_and(|(_, patterns)| patterns.iter().any(|cue| cue.is_in(&words)))
    });
    Heard {
        intent,
        topics,
        feelings,
        length: words.len(),
        words,
    }
}

fn topics(content: &Content, language: &Language, words: &[Word]) -> Vec<String> {
    let mut found: Vec<(i32, usize, &str)> = language
        .topics
        .iter()
        .filter_map(|(name, patterns)| {
            let hits: Vec<(usize, usize)> = patterns
                .iter()
                .filter_map(|pattern| pattern.find(words))
                .collect();
            let first = hits.iter().map(|(start, _)| *start).min()?;
            let longest = hits.iter().map(|(start, end)| end - start).max()?;
            let weight = content.topics.get(name).map_or(0, |topic| topic.weight);
            // A long phrase says more than a word, two phrases more than one.
            let telling = i32::try_from(longest.min(6) + hits.len().min(3)).unwrap_or(0);
            Some((i32::from(weight) * 4 + telling, first, name.as_str()))
        })
        .collect();
    found.sort_by_key(|(score, first, name)| (-score, *first, *name));
    found
        .into_iter()
        .map(|(_, _, name)| name.to_owned())
        .collect()
}

/// Words that turn the next few words around.
const NOT: [&str; 16] = [
    "not", "never", "no", "isn't", "don't", "didn't", "wasn't", "aren't", "without", "nicht",
    "kein", "keine", "pas", "nao", "nunca", "sin",
];

fn feelings(language: &Language, words: &[Word]) -> Vec<Emotion> {
    let mut found: Vec<(usize, Emotion)> = language
        .emotions
        .iter()
        .filter_map(|(emotion, patterns)| {
            patterns
                .iter()
                .filter_map(|pattern| unnegated(pattern, words))
                .min()
                .map(|at| (at, *emotion))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, emotion)| emotion).collect()
}

fn unnegated(pattern: &Pattern, words: &[Word]) -> Option<usize> {
    (0..words.len()).find(|at| {
        pattern.end_at(words, *at).is_some()
            && !words[at.saturating_sub(2)..*at]
                .iter()
                .any(|word| NOT.contains(&word.plain.as_str()))
    })
}

/// Above this the reading is believed although the person used other words.
const SURE: f32 = 0.6;

/// Below this a reading without words or a situation that bear it out is no reason to speak.
const HINT: f32 = 0.35;

/// How the person feels: their own words, the situation and the reading together, strongest
/// first; empty if nothing is clear.
pub(crate) fn feelings_of(
    heard: &Heard,
    topic: Option<&Topic>,
    reading: &EmotionReading,
) -> Vec<Emotion> {
    // "Thanks, my boss was cruel today": the thanks are manners, the pain is the matter.
    let pained = heard.feelings.iter().any(|felt| !is_glad(*felt))
        || topic.is_some_and(|topic| !topic.emotions.iter().any(|felt| is_glad(*felt)));
    let read = Some(reading.primary)
        .filter(|read| *read != Emotion::Neutral && !(pained && *read == Emotion::Gratitude));
    let mut felt = Vec::new();
    let bereaved = topic.is_some_and(|topic| topic.tags.iter().any(|tag| tag == "bereavement"));
    if bereaved {
        felt.push(Emotion::Grief);
    }
    if let Some(sure) = read.filter(|_| reading.confidence >= SURE) {
        felt.push(sure);
    }
    felt.extend(&heard.feelings);
    match topic {
        Some(topic) => {
            felt.extend(read.filter(|read| topic.emotions.contains(read)));
            felt.extend(&topic.emotions);
        }
        None => felt.extend(read.filter(|_| reading.confidence >= HINT)),
    }
    felt.extend(reading.secondary.filter(|_| reading.confidence >= SURE));
    let mut seen = Vec::new();
    felt.retain(|emotion| {
        let new = *emotion != Emotion::Neutral && !seen.contains(emotion);
        seen.push(*emotion);
        new
    });
    felt
}

fn is_glad(emotion: Emotion) -> bool {
    matches!(
        emotion,
        Emotion::Gratitude | Emotion::Joy | Emotion::PeaceHope
    )
}
