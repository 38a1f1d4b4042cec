//! The model's own reading of a message.

use std::collections::BTreeMap;

use muykol_core::{
    care::Assessment,
    words::{CrisisKind, CrisisLevel, CrisisReading, Emotion, EmotionReading},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// How the model is asked.
pub(crate) const INSTRUCTIONS: &str = include_str!("../data/assess.txt");

/// The most it may write: the form filled in has some 60 tokens.
pub(crate) const MAX_TOKENS: u32 = 200;

#[derive(Deserialize)]
struct Form {
    emotion: EmotionForm,
    crisis: CrisisForm,
    #[serde(default)]
    language: Value,
}

#[derive(Deserialize)]
struct EmotionForm {
    primary: String,
    #[serde(default)]
    secondary: Value,
    #[serde(default)]
    confidence: Value,
}

#[derive(Deserialize)]
struct CrisisForm {
    level: String,
    #[serde(default)]
    kinds: Value,
}

/// Reads the form. Small liberties are taken as meant (a code fence or words around the object,
/// capitals, a missing confidence, an unknown second feeling or kind); a level or a first feeling
/// that is none of ours is an error, named without quoting it.
///
/// Danger without a kind is read as suicide, the kind whose reply asks for the person's safety.
pub(crate) fn read(answer: &str) -> Result<Assessment, &'static str> {
    let object = answer
        .find('{')
        .zip(answer.rfind('}'))
        .and_then(|(start, end)| answer.get(start..=end))
        .ok_or("an assessment that is not JSON")?;
    let form: Form =
        serde_json::from_str(object).map_err(|_| "an assessment that does not keep to the form")?;

    let primary: Emotion =
        word(&form.emotion.primary).ok_or("an assessment with an unknown emotion")?;
    let level: CrisisLevel =
        word(&form.crisis.level).ok_or("an assessment with an unknown crisis level")?;
    Ok(Assessment {
        emotion: EmotionReading {
            primary,
            secondary: known(&form.emotion.secondary)
                .filter(|secondary| *secondary != primary && *secondary != Emotion::Neutral),
            confidence: confidence(&form.emotion.confidence),
            scores: BTreeMap::new(),
        },
        crisis: CrisisReading {
            level,
            kinds: kinds(level, &form.crisis.kinds),
            language: form.language.as_str().and_then(language),
            reasons: if level == CrisisLevel::None {
                Vec::new()
            } else {
                vec!["model".to_owned()]
            },
        },
    })
}

fn kinds(level: CrisisLevel, named: &Value) -> Vec<CrisisKind> {
    if level == CrisisLevel::None {
        return Vec::new();
    }
    let mut kinds = Vec::new();
    for kind in named
        .as_array()
        .map_or(std::slice::from_ref(named), Vec::as_slice)
    {
        kinds.extend(known(kind).filter(|kind| !kinds.contains(kind)));
    }
    if kinds.is_empty() && level.takes_emergency_lane() {
        kinds.push(CrisisKind::Suicide);
    }
    kinds
}

/// Unsure where it does not say.
#[allow(clippy::cast_possible_truncation)] // a confidence needs no more than f32
fn confidence(value: &Value) -> f32 {
    value
        .as_f64()
        .map_or(0.5, |confidence| confidence.clamp(0.0, 1.0) as f32)
}

/// A primary language tag: "en" of "en-GB".
fn language(tag: &str) -> Option<String> {
    let primary = tag.split(['-', '_']).next()?.trim().to_ascii_lowercase();
    let is_tag =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_lowercase());
    is_tag.then_some(primary)
}

fn known<T: DeserializeOwned>(value: &Value) -> Option<T> {
    value.as_str().and_then(word)
}

/// One of core's words, as its JSON names it.
fn word<T: DeserializeOwned>(name: &str) -> Option<T> {
    let name = name.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    serde_json::from_value(Value::String(name)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_form_and_takes_liberties_as_meant() {
        let read = read(
            "Here it is:\n```json\n{\"emotion\":{\"primary\":\"Hopelessness\",\"secondary\":\"guilt-shame\",\
             \"confidence\":7},\"crisis\":{\"level\":\" DANGER\",\"kinds\":[\"self harm\",\"unknown\",3,\"suicide\",\
             \"suicide\"]},\"language\":\"en-GB\"}\n``` Take care.",
        )
        .unwrap();
        assert_eq!(read.emotion.primary, Emotion::Hopelessness);
        assert_eq!(read.emotion.secondary, Some(Emotion::GuiltShame));
        assert!((read.emotion.confidence - 1.0).abs() < f32::EPSILON);
        assert_eq!(read.crisis.level, CrisisLevel::Danger);
        assert_eq!(
            read.crisis.kinds,
            [CrisisKind::SelfHarm, CrisisKind::Suicide]
        );
        assert_eq!(read.crisis.language.as_deref(), Some("en"));
    }

    #[test]
    fn fills_what_is_missing_towards_safety() {
        let of = |level: &str, kinds: &str| {
            read(&format!(
                r#"{{"emotion":{{"primary":"neutral"}},"crisis":{{"level":"{level}"{kinds}}}}}"#
            ))
            .unwrap()
            .crisis
        };
        assert_eq!(of("imminent", "").kinds, [CrisisKind::Suicide]);
        assert_eq!(
            of("danger", r#","kinds":"abuse""#).kinds,
            [CrisisKind::Abuse]
        );
        assert_eq!(of("concern", "").kinds, []);
        let none = of("none", r#","kinds":["suicide"]"#);
        assert!(none.kinds.is_empty() && none.reasons.is_empty());
    }

    #[test]
    fn bad_answers_are_named_without_quoting_them() {
        for (answer, said) in [
            ("", "an assessment that is not JSON"),
            ("I cannot help with that", "an assessment that is not JSON"),
            ("} {", "an assessment that is not JSON"),
            ("{}", "an assessment that does not keep to the form"),
            (
                r#"{"emotion":{"primary":"hangry"},"crisis":{"level":"none"}}"#,
                "an assessment with an unknown emotion",
            ),
            (
                r#"{"emotion":{"primary":"joy"},"crisis":{"level":"red"}}"#,
                "an assessment with an unknown crisis level",
            ),
        ] {
            assert_eq!(read(answer).unwrap_err(), said);
        }
    }

    #[test]
    fn the_instructions_name_every_word() {
        for emotion in Emotion::ALL {
            assert!(INSTRUCTIONS.contains(emotion.name()), "{emotion}");
        }
        for word in [
            "none",
            "concern",
            "danger",
            "imminent",
            "suicide",
            "self_harm",
            "third_party",
            "past",
            "abuse",
            "violence",
            "medical",
        ] {
            assert!(INSTRUCTIONS.contains(word), "{word}");
        }
    }

    proptest! {
        #[test]
        fn any_text_does_no_harm(text in ".{0,100}", inner in "[{}\\[\\]:,\"a-z0-9 ]{0,80}") {
            let _ = read(&text);
            let _ = read(&format!("{{{inner}}}"));
        }
    }
}
