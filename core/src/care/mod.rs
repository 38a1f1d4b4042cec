//! Reading a message: how the person feels and whether they are in danger; and what is said and
//! offered to somebody in danger.
//!
//! [`assess`] is pure: no clock, no file, no network. It runs over every single message before
//! anything is stored, whatever its length. The rules are data (`data/care/rules`), compiled once
//! at first use.

mod country;
mod crisis;
mod emotion;
mod grammar;
mod language;
mod lexer;
mod normalise;
mod reply;
mod resources;

use std::sync::LazyLock;

pub use country::country_named;
pub use grammar::RuleError;
pub use language::language_written;
pub use normalise::normalise;
pub use reply::{
    ChurchCare, ReplyContext, care_mode_note, check_replies, crisis_reply, reply_languages,
    reply_warnings,
};
pub use resources::{
    ContentFault, ContentWarning, CountryClues, check_resources, country_of_phone,
    emergency_number, resources_for, warnings,
};

use crate::words::{CrisisKind, CrisisLevel, CrisisReading, EmotionReading};

use self::{
    crisis::{Heard, language_of},
    grammar::{Circumstance, Grammar},
    lexer::Token,
};

/// The rule files, in the order in which they are read.
const RULES: &[(&str, &str)] = &[
    ("en.rules", include_str!("../../data/care/rules/en.rules")),
    (
        "feel-en.rules",
        include_str!("../../data/care/rules/feel-en.rules"),
    ),
    ("es.rules", include_str!("../../data/care/rules/es.rules")),
    ("pt.rules", include_str!("../../data/care/rules/pt.rules")),
    ("fr.rules", include_str!("../../data/care/rules/fr.rules")),
    ("de.rules", include_str!("../../data/care/rules/de.rules")),
    (
        "direct.rules",
        include_str!("../../data/care/rules/direct.rules"),
    ),
    (
        "feel-other.rules",
        include_str!("../../data/care/rules/feel-other.rules"),
    ),
];

static GRAMMAR: LazyLock<Result<Grammar, RuleError>> = LazyLock::new(|| Grammar::compile(RULES));

/// What is known around a message. It may raise a reading, never lower it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The person's own recent texts of the same conversation, oldest first; may be empty.
    pub recent: &'a [&'a str],
    /// The BCP 47 tag the channel gives for the person, if any.
    pub locale: Option<&'a str>,
}

/// What one message says about its writer.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// How they feel.
    pub emotion: EmotionReading,
    /// Whether they are in danger.
    pub crisis: CrisisReading,
}

/// Whether every rule file could be read; an error names the file and the line.
///
/// The files are part of the program, so an error is a mistake in a release, never in what a
/// person wrote; start-up and `doctor` ask this so that it cannot go unnoticed.
pub fn check_rules() -> Result<(), &'static RuleError> {
    GRAMMAR.as_ref().map(|_| ())
}

/// How many recent texts are looked at, the latest ones.
const RECENT: usize = 6;

/// Reads one message.
///
/// The reading of the message itself never depends on the context; what was said before may only
/// raise it: danger that builds up over several messages, and danger that is taken back ("never
/// mind"), which stays a concern.
///
/// Cost: linear in the length of the text; nothing is cut off.
pub fn assess(text: &str, context: &Context<'_>) -> Assessment {
    let Ok(grammar) = &*GRAMMAR else {
        return Assessment {
            emotion: EmotionReading::unclear(),
            crisis: CrisisReading::default(),
        };
    };
    let (heard, tokens) = hear(grammar, text);
    let mut crisis = heard.reading(grammar, &tokens);
    let emotion = heard.feelings(grammar, &tokens).reading(&crisis);
    if crisis.level < CrisisLevel::Danger && !context.recent.is_empty() {
        raise(grammar, &mut crisis, &heard, &tokens, context);
    }
    if crisis.language.is_none() && crisis.level > CrisisLevel::None {
        crisis.language = context.locale.map(str::to_owned);
    }
    Assessment { emotion, crisis }
}

fn hear(grammar: &Grammar, text: &str) -> (Heard, Vec<Token>) {
    let tokens = grammar.lexicon.tokens(text);
    let mut heard = Heard::default();
    grammar.matches(&tokens, |hit| {
        heard.add(grammar.rules[hit.rule].effect, hit);
    });
    (heard, tokens)
}

/// Raises a reading for what the person said in the messages before.
fn raise(
    grammar: &Grammar,
    crisis: &mut CrisisReading,
    heard: &Heard,
    tokens: &[Token],
    context: &Context<'_>,
) {
    let latest = &context.recent[context.recent.len().saturating_sub(RECENT)..];
    let mut worst = CrisisReading::default();
    let mut signs: Vec<&str> = heard.weak_signs(grammar, tokens);
    let own_signs = signs.len();
    for text in latest {
        let (before, tokens) = hear(grammar, text);
        let reading = before.reading(grammar, &tokens);
        signs.extend(before.weak_signs(grammar, &tokens));
        if reading.level > worst.level {
            worst = reading;
        }
    }
    signs.sort_unstable();
    signs.dedup();
    let language = || {
        worst
            .language
            .clone()
            .or_else(|| signs.first().and_then(|code| language_of(grammar, code)))
    };
    let own_danger = worst.level >= CrisisLevel::Danger
        && worst
            .kinds
            .iter()
            .any(|kind| matches!(kind, CrisisKind::Suicide | CrisisKind::SelfHarm));
    let (level, reason) = if own_danger && own_signs > 0 && !heard.mentions(Circumstance::Withdrawn)
    {
        (CrisisLevel::Danger, "context.danger-goes-on")
    } else if own_danger && heard.mentions(Circumstance::Withdrawn) {
        (CrisisLevel::Concern, "context.taken-back")
    } else if own_signs > 0
        && (signs.len() >= 4 || (worst.level == CrisisLevel::Concern && signs.len() >= 3))
    {
        (CrisisLevel::Danger, "context.builds-up")
    } else {
        return;
    };
    if level > crisis.level {
        crisis.level = level;
        crisis.language = crisis.language.take().or_else(language);
        if crisis.kinds.is_empty() {
            crisis.kinds = if worst.kinds.is_empty() {
                vec![CrisisKind::Suicide]
            } else {
                worst.kinds
            };
        }
        crisis.reasons.push(reason.to_owned());
    }
}
