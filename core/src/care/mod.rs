//! Reading a message: how the person feels and whether they are in danger; and what is said and
//! offered to somebody in danger.
//!
//! [`assess`] is pure: no clock, no file, no network. It runs over every single message before
//! anything is stored, whatever its length. The rules are data (`data/care/rules`), compiled once
//! at first use.

mod crisis;
mod grammar;
mod lexer;
mod normalise;
mod reply;
mod resources;

use std::sync::LazyLock;

pub use grammar::RuleError;
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
    crisis::Heard,
    grammar::{Circumstance, Effect, Grammar},
};

/// The rule files, in the order in which they are read.
const RULES: &[(&str, &str)] = &[
    ("en.rules", include_str!("../../data/care/rules/en.rules")),
    ("es.rules", include_str!("../../data/care/rules/es.rules")),
    ("pt.rules", include_str!("../../data/care/rules/pt.rules")),
    ("fr.rules", include_str!("../../data/care/rules/fr.rules")),
    ("de.rules", include_str!("../../data/care/rules/de.rules")),
    ("direct.rules", include_str!("../../data/care/rules/direct.rules")),
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

/// Reads one message.
pub fn assess(text: &str, context: &Context<'_>) -> Assessment {
    let Ok(grammar) = &*GRAMMAR else {
        return Assessment { emotion: EmotionReading::unclear(), crisis: CrisisReading::default() };
    };
    let tokens = grammar.lexicon.tokens(text);
    let mut heard = Heard::default();
    grammar.matches(&tokens, |hit| heard.add(grammar.rules[hit.rule].effect, hit));
    let crisis = heard.reading(grammar, &tokens);
    Assessment { emotion: EmotionReading::unclear(), crisis }
}
