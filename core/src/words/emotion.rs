//! How a person feels, in fifteen words.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One of the fifteen feelings muykol tells apart.
///
/// Eleven map onto GoEmotions (Demszky et al. 2020); loneliness, hopelessness, spiritual dryness
/// and weariness are ours, because they are what people bring to a church at night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the documentation
pub enum Emotion {
    Anxiety,
    Fear,
    Sadness,
    Grief,
    Anger,
    Loneliness,
    GuiltShame,
    Hopelessness,
    DoubtConfusion,
    SpiritualDryness,
    Weariness,
    Gratitude,
    Joy,
    PeaceHope,
    Neutral,
}

impl Emotion {
    /// Every emotion, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Anxiety,
        Self::Fear,
        Self::Sadness,
        Self::Grief,
        Self::Anger,
        Self::Loneliness,
        Self::GuiltShame,
        Self::Hopelessness,
        Self::DoubtConfusion,
        Self::SpiritualDryness,
        Self::Weariness,
        Self::Gratitude,
        Self::Joy,
        Self::PeaceHope,
        Self::Neutral,
    ];

    /// The name used in JSON and in content files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anxiety => "anxiety",
            Self::Fear => "fear",
            Self::Sadness => "sadness",
            Self::Grief => "grief",
            Self::Anger => "anger",
            Self::Loneliness => "loneliness",
            Self::GuiltShame => "guilt_shame",
            Self::Hopelessness => "hopelessness",
            Self::DoubtConfusion => "doubt_confusion",
            Self::SpiritualDryness => "spiritual_dryness",
            Self::Weariness => "weariness",
            Self::Gratitude => "gratitude",
            Self::Joy => "joy",
            Self::PeaceHope => "peace_hope",
            Self::Neutral => "neutral",
        }
    }
}

impl fmt::Display for Emotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names none of the fifteen emotions.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an emotion muykol knows")]
pub struct UnknownEmotion(String);

impl FromStr for Emotion {
    type Err = UnknownEmotion;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|emotion| emotion.name() == name)
            .ok_or_else(|| UnknownEmotion(name.to_owned()))
    }
}

/// What was heard in one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmotionReading {
    /// The strongest feeling; [`Emotion::Neutral`] when nothing is clear.
    pub primary: Emotion,
    /// The next strongest, where there is a second one.
    pub secondary: Option<Emotion>,
    /// How sure the reading is, 0 to 1.
    pub confidence: f32,
    /// Every score, 0 to 1; kept out of the reply's JSON.
    #[serde(default, skip_serializing)]
    pub scores: BTreeMap<Emotion, f32>,
}

impl EmotionReading {
    /// Nothing clear was heard: the reply should ask instead of guessing.
    pub fn unclear() -> Self {
        Self {
            primary: Emotion::Neutral,
            secondary: None,
            confidence: 0.2,
            scores: BTreeMap::new(),
        }
    }
}
