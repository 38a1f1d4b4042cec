//! What may never be said, as code that looks at one sentence at a time.
//!
//! The phrases are data (`core/data/rules/output.toml`); markup, links and personal data are told
//! by their shape. It is tuned so that a good sentence is hardly ever lost: `examples.toml` beside
//! the phrases holds sentences that must and must not pass.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::phrase::{Pattern, Sets, words};

/// Which rule a sentence breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleCode {
    /// A diagnosis, a dose, or advice on treatment.
    Medical,
    /// Legal advice.
    Legal,
    /// Advice on money.
    Financial,
    /// Speaking for God, or foretelling.
    Prophetic,
    /// A promise of health, wealth or outcome.
    Promise,
    /// Blame of the person who suffers, or a phrase that hurts like it.
    Blame,
    /// How somebody could hurt themselves.
    Methods,
    /// Asking for money or for a way to it.
    Money,
    /// Claiming to be human.
    Human,
    /// Talking about its own instructions.
    Injection,
    /// Markup, code or a link.
    Markup,
    /// An e-mail address, a telephone, card or account number.
    Personal,
}

impl RuleCode {
    /// The name used in metrics and in the data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Medical => "medical",
            Self::Legal => "legal",
            Self::Financial => "financial",
            Self::Prophetic => "prophetic",
            Self::Promise => "promise",
            Self::Blame => "blame",
            Self::Methods => "methods",
            Self::Money => "money",
            Self::Human => "human",
            Self::Injection => "injection",
            Self::Markup => "markup",
            Self::Personal => "personal",
        }
    }
}

/// The rule that a sentence or a short paragraph breaks, if it breaks one. Costs well under a
/// tenth of a millisecond a sentence in a release build.
///
/// Core's own blocks (verses and helplines) hold numbers and strong words of their own and are
/// not to be asked about.
pub fn breaks(text: &str) -> Option<RuleCode> {
    shape(text).or_else(|| {
        sentences(text).find_map(|sentence| {
            let words = words(sentence);
            RULES
                .iter()
                .find(|rule| {
                    rule.patterns.iter().any(|pattern| pattern.is_in(&words))
                        && !rule.unless.iter().any(|pattern| pattern.is_in(&words))
                })
                .map(|rule| rule.code)
        })
    })
}

struct Rule {
    code: RuleCode,
    patterns: Vec<Pattern>,
    unless: Vec<Pattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    patterns: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
}

/// The rules; that the compiled-in file reads whole is proved by a test.
static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| read(include_str!("../../data/rules/output.toml")).unwrap_or_default());

fn read(text: &str) -> Result<Vec<Rule>, String> {
    let file: BTreeMap<RuleCode, RuleFile> =
        toml::from_str(text).map_err(|error| error.to_string())?;
    let patterns = |phrases: &[String]| -> Result<Vec<Pattern>, String> {
        phrases
            .iter()
            .map(|phrase| Pattern::parse(phrase, &Sets::new()))
            .collect()
    };
    file.into_iter()
        .map(|(code, rule)| {
            Ok(Rule {
                code,
                patterns: patterns(&rule.patterns)?,
                unless: patterns(&rule.unless)?,
            })
        })
        .collect()
}

/// Roughly the sentences of a text: a rule's exception counts for its own sentence only.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['.', '!', '?', '\n', ';'])
        .filter(|sentence| !sentence.trim().is_empty())
}

/// What is told by its shape.
fn shape(text: &str) -> Option<RuleCode> {
    let lower = text.to_lowercase();
    let tag = text.char_indices().any(|(at, ch)| {
        ch == '<'
            && text[at + 1..]
                .chars()
                .next()
                .is_some_and(|next| next.is_ascii_alphabetic() || next == '/' || next == '!')
    });
    let marks = [
        "http:",
        "https:",
        "www.",
        "](",
        "**",
        "__",
        "```",
        "javascript:",
        "&lt;",
        "&#",
    ];
    if tag || marks.iter().any(|mark| lower.contains(mark)) || text.trim_start().starts_with("# ") {
        return Some(RuleCode::Markup);
    }
    let mail = lower.split_whitespace().any(|word| {
        word.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.trim_end_matches(['.', ',', ')']).contains('.')
        })
    });
    let link = lower.split_whitespace().any(|word| {
        let word = word.trim_matches(|ch: char| !ch.is_alphanumeric());
        [".com", ".org", ".net", ".io", ".ly", ".me"]
            .iter()
            .any(|end| {
                word.len() > end.len() && (word.ends_with(end) || word.contains(&format!("{end}/")))
            })
    });
    if link && !mail {
        return Some(RuleCode::Markup);
    }
    (mail || has_long_number(text)).then_some(RuleCode::Personal)
}

/// Whether seven digits or more stand in a row, as in a telephone or card number, with single
/// spaces, dashes, dots or brackets between them. A reference ("12:1-2") has its colon.
fn has_long_number(text: &str) -> bool {
    let mut digits = 0;
    let mut gap = 0;
    for ch in text.chars() {
        if ch.is_ascii_digit() {
            digits += 1;
            gap = 0;
            if digits >= 7 {
                return true;
            }
        } else if matches!(ch, ' ' | '-' | '.' | '(' | ')') && gap == 0 {
            gap = 1;
        } else {
            digits = 0;
            gap = 0;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::answer::curated::Content;

    #[derive(Deserialize)]
    struct Examples {
        good: Vec<String>,
        bad: BTreeMap<RuleCode, Vec<String>>,
    }

    fn examples() -> Examples {
        toml::from_str(include_str!("../../data/rules/examples.toml")).unwrap()
    }

    #[test]
    fn the_rules_read_whole() {
        let rules = read(include_str!("../../data/rules/output.toml")).unwrap();
        assert!(rules.len() >= 9);
        assert_eq!(rules.len(), RULES.len());
    }

    #[test]
    fn what_is_good_passes() {
        let good = examples().good;
        assert!(good.len() >= 60);
        let lost: Vec<_> = good
            .iter()
            .filter_map(|text| breaks(text).map(|code| (code, text)))
            .collect();
        assert!(lost.is_empty(), "{lost:#?}");
    }

    #[test]
    fn what_is_bad_is_stopped_by_its_rule() {
        let bad = examples().bad;
        assert!(bad.values().map(Vec::len).sum::<usize>() >= 60);
        let missed: Vec<_> = bad
            .iter()
            .flat_map(|(code, texts)| texts.iter().map(move |text| (*code, text)))
            .filter(|(code, text)| breaks(text) != Some(*code))
            .map(|(code, text)| (code, breaks(text), text))
            .collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn everything_curated_keeps_the_rules() {
        let content = Content::held().unwrap();
        let broken: Vec<_> = content
            .pieces()
            .map(|(_, said)| said.text.as_str())
            .chain(content.sentences())
            .filter_map(|text| breaks(text).map(|code| (code, text)))
            .collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }

    proptest! {
        #[test]
        fn any_text_can_be_asked_about(text in "\\PC{0,300}") {
            let _ = breaks(&text);
        }
    }
}
