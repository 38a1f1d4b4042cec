//! The rules as data: what a rule file can say, and the grammar that its rules make up.
//!
//! A rule file is read line by line; an indented line continues the one before, `#` begins a
//! comment.
//!
//! ```text
//! language en
//! fuzzy = suicide myself              words that are recognised one slip of the finger away
//! rewrite kms = kill myself           one written word that stands for others
//! class want = want to | wish i could a name for phrases, used as <want>
//! danger suicide en.die = i <want> die | ...
//! veto en.idiom = die of laughter     what it covers is not danger
//! context past = years ago            what changes how a hit is read
//! weak en.point = what is the point   counts only together with others
//! feel sadness 2 = so sad             a feeling and its weight
//! ```
//!
//! In a phrase, `a/b` is one of several words, `word?` may be missing, `stem*` is any word that
//! begins so, `..3` skips up to three words within a sentence and `...3` also across sentences.

mod compile;
mod line;
mod matcher;

use std::collections::HashMap;

pub use line::RuleError;

use super::lexer::Lexicon;
use crate::words::{CrisisKind, CrisisLevel, Emotion};

/// The longest phrase a rule can match, in words.
pub(super) const MAX_SPAN: usize = 63;

/// What the words around a hit say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circumstance {
    /// A time that is over.
    Past,
    /// A time that is now; undoes [`Circumstance::Past`].
    Present,
    /// Somebody else is being quoted: what follows is theirs.
    Reported,
    /// A story, song, sermon, report or lesson.
    Fiction,
    /// The writer turns from the story to themselves; undoes [`Circumstance::Fiction`].
    Turn,
    /// What follows is denied.
    Negated,
    /// Laughter.
    Joking,
    /// A trifle that people exaggerate about.
    Trifle,
    /// Something said earlier is taken back.
    Withdrawn,
}

/// What a rule says when it matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Effect {
    Crisis {
        level: CrisisLevel,
        kind: CrisisKind,
        /// The words do not show whether it is now or long ago.
        tenseless: bool,
    },
    Veto,
    Context(Circumstance),
    Weak,
    Feel(Emotion, f32),
}

#[derive(Debug)]
pub(super) struct Rule {
    pub code: String,
    pub language: String,
    pub effect: Effect,
    phrase: Phrase,
}

/// Where a rule matched: words `start..end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub rule: usize,
    pub start: usize,
    pub end: usize,
}

#[derive(Debug)]
enum Element {
    Words(Vec<u32>),
    Class(usize),
    Gap { most: usize, across: bool },
}

type Phrase = Vec<(Element, bool)>;

#[derive(Debug, Default)]
struct Class {
    phrases: Vec<Phrase>,
    by_first: HashMap<u32, Vec<usize>>,
    /// One bit for each word id that can begin a phrase; most words cannot, and end here.
    first_bits: Vec<u64>,
}

impl Class {
    fn can_begin_with(&self, id: u32) -> bool {
        self.first_bits
            .get(id as usize / 64)
            .is_some_and(|bits| bits >> (id % 64) & 1 == 1)
    }
}

/// Every rule, compiled.
#[derive(Debug, Default)]
pub(super) struct Grammar {
    pub lexicon: Lexicon,
    pub rules: Vec<Rule>,
    /// The English "I": with it, words are the writer's own.
    pub first_person: u32,
    classes: Vec<Class>,
    rules_by_first: Vec<Vec<usize>>,
}
