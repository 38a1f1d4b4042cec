//! Hearing how a person feels, from the phrases of the rule files.
//!
//! Each phrase adds its weight to a feeling; weights become scores between 0 and 1. When nothing
//! is clear the reading is neutral with low confidence, so that the reply asks instead of
//! guessing.

use std::collections::BTreeMap;

use crate::words::{CrisisKind, CrisisLevel, CrisisReading, Emotion, EmotionReading};

/// A second feeling is named when it reaches this share of the first.
const SECOND_SHARE: f32 = 0.45;

/// The weight at which a score is about two thirds.
const SCALE: f32 = 2.5;

/// Weights gathered over one message.
#[derive(Debug, Default)]
pub(super) struct Feelings {
    weights: BTreeMap<Emotion, f32>,
}

impl Feelings {
    /// Adds one phrase; a denied feeling counts for its shadow: "not happy" is a little sad.
    pub fn add(&mut self, emotion: Emotion, weight: f32, denied: bool) {
        let (emotion, weight) = match (denied, emotion) {
            (false, _) => (emotion, weight),
            (true, Emotion::Joy | Emotion::PeaceHope) => (Emotion::Sadness, weight / 2.0),
            (true, _) => return,
        };
        *self.weights.entry(emotion).or_default() += weight;
    }

    /// The reading, with what the danger itself says about the person's heart.
    pub fn reading(mut self, crisis: &CrisisReading) -> EmotionReading {
        if crisis.level >= CrisisLevel::Danger {
            let (emotion, weight) = match crisis.kinds.first() {
                Some(CrisisKind::Suicide) => (Emotion::Hopelessness, 4.0),
                Some(CrisisKind::SelfHarm) => (Emotion::Hopelessness, 2.0),
                Some(CrisisKind::Violence) => (Emotion::Anger, 3.0),
                _ => (Emotion::Fear, 3.0),
            };
            *self.weights.entry(emotion).or_default() += weight;
        }
        // Any feeling outweighs a greeting or a question that came with it.
        if self
            .weights
            .iter()
            .any(|(emotion, weight)| *emotion != Emotion::Neutral && *weight >= 2.0)
        {
            self.weights.remove(&Emotion::Neutral);
        }
        let mut ranked: Vec<(Emotion, f32)> = self
            .weights
            .iter()
            .map(|(emotion, weight)| (*emotion, *weight))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let Some(&(primary, first)) = ranked.first() else {
            return EmotionReading::unclear();
        };
        let second = ranked.get(1).map_or(0.0, |(_, weight)| *weight);
        let secondary = ranked
            .get(1)
            .filter(|(_, weight)| *weight >= SECOND_SHARE * first)
            .map(|(emotion, _)| *emotion);
        let share = first / (first + second);
        EmotionReading {
            primary,
            secondary,
            confidence: (score(first) * (0.5 + share / 2.0)).clamp(0.2, 0.95),
            scores: ranked
                .into_iter()
                .map(|(emotion, weight)| (emotion, score(weight)))
                .collect(),
        }
    }
}

fn score(weight: f32) -> f32 {
    1.0 - (-weight / SCALE).exp()
}
