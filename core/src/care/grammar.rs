//! The rules as data: reading the rule files and matching them against a message's tokens.
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
//!
//! Matching shares the work: what a class matches at a position is computed once for all rules.
//! A set of possible ends is one `u64`, so a phrase spans at most [`MAX_SPAN`] words.

use std::{collections::HashMap, str::FromStr as _};

use crate::words::{CrisisKind, CrisisLevel, Emotion};

use super::lexer::{Lexicon, Token, split_words};

/// The longest phrase a rule can match, in words.
pub(super) const MAX_SPAN: usize = 63;

/// Words matched at once; the tables for a stretch stay small however long the message is.
const STRETCH: usize = 256;

/// What is wrong in a rule file, with the line to mend.
#[derive(Debug, thiserror::Error)]
#[error("rule file `{file}`, line {line}: {reason}")]
pub struct RuleError {
    file: String,
    line: usize,
    reason: String,
}

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

impl Grammar {
    /// Compiles rule files, given as (name, text), in order.
    pub fn compile(files: &[(&str, &str)]) -> Result<Self, RuleError> {
        let mut lines = Vec::new();
        for (file, text) in files {
            read_lines(file, text, &mut lines)?;
        }
        let mut grammar = Self::default();
        grammar.first_person = grammar.lexicon.intern("i");
        // Rewrites first: the phrases themselves are read through them.
        for line in &lines {
            match line.head.as_slice() {
                ["fuzzy"] => grammar.lexicon.add_fuzzy(&line.body),
                ["rewrite", word] => grammar.lexicon.add_rewrite(word, &line.body),
                _ => {}
            }
        }
        let mut names = HashMap::new();
        for line in &lines {
            match line.head.as_slice() {
                ["fuzzy"] | ["rewrite", _] => {}
                ["class", name] => {
                    let phrases = line
                        .alternatives()
                        .map(|phrase| grammar.phrase(line, phrase, &names))
                        .collect::<Result<Vec<_>, _>>()?;
                    let key = (line.language.clone(), (*name).to_owned());
                    if names.insert(key, grammar.classes.len()).is_some() {
                        return Err(line.error(format!("class `{name}` is defined twice")));
                    }
                    let mut class = Class {
                        phrases,
                        by_first: HashMap::new(),
                        first_bits: Vec::new(),
                    };
                    for (index, phrase) in class.phrases.iter().enumerate() {
                        for id in grammar.firsts(phrase) {
                            class.by_first.entry(id).or_default().push(index);
                            let word = id as usize / 64;
                            if class.first_bits.len() <= word {
                                class.first_bits.resize(word + 1, 0);
                            }
                            class.first_bits[word] |= 1 << (id % 64);
                        }
                    }
                    grammar.classes.push(class);
                }
                head => {
                    let (effect, code) = line.effect(head)?;
                    for phrase in line.alternatives() {
                        let phrase = grammar.phrase(line, phrase, &names)?;
                        grammar.rules.push(Rule {
                            code: code.to_owned(),
                            language: line.language.clone(),
                            effect,
                            phrase,
                        });
                    }
                }
            }
        }
        grammar.rules_by_first = vec![Vec::new(); grammar.lexicon.len()];
        for index in 0..grammar.rules.len() {
            for id in grammar.firsts(&grammar.rules[index].phrase) {
                if let Some(rules) = grammar.rules_by_first.get_mut(id as usize) {
                    rules.push(index);
                }
            }
        }
        grammar.lexicon.finish();
        Ok(grammar)
    }

    /// Calls `found` for every place where a rule matches: the shortest match of a danger, the
    /// longest of what limits one or says whose it is.
    pub fn matches(&self, tokens: &[Token], mut found: impl FnMut(Hit)) {
        let mut memo = vec![UNKNOWN; self.classes.len() * tokens.len().min(STRETCH + MAX_SPAN)];
        let mut from = 0;
        while from < tokens.len() {
            let until = (from + STRETCH + MAX_SPAN).min(tokens.len());
            let stretch = &tokens[from..until];
            memo.fill(UNKNOWN);
            let mut matcher = Matcher {
                grammar: self,
                tokens: stretch,
                memo: &mut memo,
            };
            for (start, token) in stretch.iter().enumerate().take(STRETCH) {
                for &id in token.ids.as_slice() {
                    let Some(rules) = self.rules_by_first.get(id as usize) else {
                        continue;
                    };
                    for &rule in rules {
                        let ends = matcher.phrase(&self.rules[rule].phrase, start);
                        if ends == 0 {
                            continue;
                        }
                        let length = match self.rules[rule].effect {
                            Effect::Veto
                            | Effect::Context(_)
                            | Effect::Crisis {
                                kind: CrisisKind::ThirdParty | CrisisKind::Past,
                                ..
                            } => ends.ilog2(),
                            _ => ends.trailing_zeros(),
                        };
                        let start = from + start;
                        found(Hit {
                            rule,
                            start,
                            end: start + length as usize,
                        });
                    }
                }
            }
            from += STRETCH;
        }
    }

    fn phrase(
        &mut self,
        line: &Line<'_>,
        text: &str,
        names: &HashMap<(String, String), usize>,
    ) -> Result<Phrase, RuleError> {
        let mut phrase = Phrase::new();
        for part in text.split_whitespace() {
            let (part, optional) = match part.strip_suffix('?') {
                Some(rest) if !rest.is_empty() => (rest, true),
                _ => (part, false),
            };
            if let Some(name) = part
                .strip_prefix('<')
                .and_then(|rest| rest.strip_suffix('>'))
            {
                let key = (line.language.clone(), name.to_owned());
                let class = names
                    .get(&key)
                    .ok_or_else(|| line.error(format!("class `{name}` is not defined above")))?;
                phrase.push((Element::Class(*class), optional));
            } else if let Some(most) = part.strip_prefix("..") {
                let (most, across) = match most.strip_prefix('.') {
                    Some(most) => (most, true),
                    None => (most, false),
                };
                let most = most
                    .parse()
                    .map_err(|_| line.error(format!("`{part}` is not a gap such as ..3")))?;
                phrase.push((Element::Gap { most, across }, false));
            } else if part.contains('/') {
                let mut ids = Vec::new();
                for word in part.split('/') {
                    match split_words(word, &self.lexicon).as_slice() {
                        [single] => ids.push(self.lexicon.intern(single)),
                        _ => return Err(line.error(format!("`{word}` is not one word"))),
                    }
                }
                phrase.push((Element::Words(ids), optional));
            } else if part.ends_with('*') {
                phrase.push((Element::Words(vec![self.lexicon.intern(part)]), optional));
            } else {
                for word in split_words(part, &self.lexicon) {
                    phrase.push((Element::Words(vec![self.lexicon.intern(&word)]), optional));
                }
            }
        }
        let needed = phrase
            .iter()
            .any(|(element, optional)| !optional && !matches!(element, Element::Gap { .. }));
        if needed && !matches!(phrase.first(), Some((Element::Gap { .. }, _))) {
            Ok(phrase)
        } else {
            Err(line.error(format!("the phrase `{text}` could match nothing at all")))
        }
    }

    /// Every word that a match of `phrase` can begin with.
    fn firsts(&self, phrase: &Phrase) -> Vec<u32> {
        let mut ids = Vec::new();
        for (element, optional) in phrase {
            match element {
                Element::Words(words) => ids.extend(words),
                Element::Class(class) => ids.extend(self.classes[*class].by_first.keys()),
                Element::Gap { .. } => continue,
            }
            if !optional {
                break;
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Not computed yet; bit 63 is never a length that a class can have.
const UNKNOWN: u64 = 1 << 63;

struct Matcher<'a> {
    grammar: &'a Grammar,
    tokens: &'a [Token],
    memo: &'a mut [u64],
}

impl Matcher<'_> {
    /// Bit `n` is set when `phrase` can match the `n` words from `start`.
    fn phrase(&mut self, phrase: &Phrase, start: usize) -> u64 {
        let mut reached = 1_u64;
        for (element, optional) in phrase {
            let mut next = if *optional { reached } else { 0 };
            let mut open = reached;
            while open != 0 {
                let length = open.trailing_zeros();
                open &= open - 1;
                next |= self.element(element, start + length as usize) << length;
            }
            reached = next & !UNKNOWN;
            if reached == 0 {
                break;
            }
        }
        reached
    }

    fn element(&mut self, element: &Element, at: usize) -> u64 {
        match element {
            Element::Words(words) => match self.tokens.get(at) {
                Some(token) if token.ids.as_slice().iter().any(|id| words.contains(id)) => 0b10,
                _ => 0,
            },
            Element::Class(class) => self.class(*class, at),
            Element::Gap { most, across } => {
                let mut ends = 1;
                for skipped in 0..*most {
                    match self.tokens.get(at + skipped) {
                        Some(token) if *across || !token.begins_sentence => {
                            ends |= 1 << (skipped + 1);
                        }
                        _ => break,
                    }
                }
                ends
            }
        }
    }

    fn class(&mut self, class: usize, at: usize) -> u64 {
        let Some(token) = self.tokens.get(at) else {
            return 0;
        };
        if !token
            .ids
            .as_slice()
            .iter()
            .any(|&id| self.grammar.classes[class].can_begin_with(id))
        {
            return 0;
        }
        let cell = class * self.tokens.len() + at;
        if self.memo[cell] != UNKNOWN {
            return self.memo[cell];
        }
        let grammar = self.grammar;
        let mut ends = 0;
        for id in token.ids.as_slice() {
            for &phrase in grammar.classes[class]
                .by_first
                .get(id)
                .map_or(&[][..], Vec::as_slice)
            {
                ends |= self.phrase(&grammar.classes[class].phrases[phrase], at);
            }
        }
        self.memo[cell] = ends;
        ends
    }
}

/// One logical line of a rule file.
struct Line<'a> {
    file: &'a str,
    number: usize,
    language: String,
    head: Vec<&'a str>,
    body: String,
}

impl Line<'_> {
    fn error(&self, reason: String) -> RuleError {
        RuleError {
            file: self.file.to_owned(),
            line: self.number,
            reason,
        }
    }

    fn alternatives(&self) -> impl Iterator<Item = &str> {
        self.body
            .split('|')
            .map(str::trim)
            .filter(|phrase| !phrase.is_empty())
    }

    fn effect<'h>(&self, head: &[&'h str]) -> Result<(Effect, &'h str), RuleError> {
        let crisis = |level: &str, kind: &str, tenseless| {
            Ok(Effect::Crisis {
                level: match level {
                    "concern" => CrisisLevel::Concern,
                    "danger" => CrisisLevel::Danger,
                    "imminent" => CrisisLevel::Imminent,
                    _ => return Err(self.error(format!("`{level}` does not begin a rule"))),
                },
                kind: kind_named(kind)
                    .ok_or_else(|| self.error(format!("`{kind}` is not a kind of crisis")))?,
                tenseless,
            })
        };
        match *head {
            ["veto", code] => Ok((Effect::Veto, code)),
            ["weak", code] => Ok((Effect::Weak, code)),
            ["context", name] => {
                let circumstance = match name {
                    "past" => Circumstance::Past,
                    "present" => Circumstance::Present,
                    "reported" => Circumstance::Reported,
                    "fiction" => Circumstance::Fiction,
                    "turn" => Circumstance::Turn,
                    "negated" => Circumstance::Negated,
                    "joking" => Circumstance::Joking,
                    "trifle" => Circumstance::Trifle,
                    "withdrawn" => Circumstance::Withdrawn,
                    _ => return Err(self.error(format!("`{name}` is not a context"))),
                };
                Ok((Effect::Context(circumstance), name))
            }
            ["feel", emotion, weight] => {
                let emotion =
                    Emotion::from_str(emotion).map_err(|error| self.error(error.to_string()))?;
                let weight = weight
                    .parse()
                    .map_err(|_| self.error(format!("`{weight}` is not a weight")))?;
                Ok((Effect::Feel(emotion, weight), "feel"))
            }
            [level, kind, code] => Ok((crisis(level, kind, false)?, code)),
            [level, kind, code, "tenseless"] => Ok((crisis(level, kind, true)?, code)),
            _ => Err(self.error(format!("`{}` does not begin a rule", head.join(" ")))),
        }
    }
}

/// The kind of crisis with this name, as it is written in JSON and data files.
pub(super) fn kind_named(name: &str) -> Option<CrisisKind> {
    Some(match name {
        "suicide" => CrisisKind::Suicide,
        "self_harm" => CrisisKind::SelfHarm,
        "third_party" => CrisisKind::ThirdParty,
        "past" => CrisisKind::Past,
        "abuse" => CrisisKind::Abuse,
        "violence" => CrisisKind::Violence,
        "medical" => CrisisKind::Medical,
        _ => return None,
    })
}

fn read_lines<'a>(
    file: &'a str,
    text: &'a str,
    lines: &mut Vec<Line<'a>>,
) -> Result<(), RuleError> {
    let mut language = String::new();
    for (index, raw) in text.lines().enumerate() {
        let content = raw.split('#').next().unwrap_or_default();
        if content.trim().is_empty() {
            continue;
        }
        if content.starts_with(char::is_whitespace) {
            if let Some(line) = lines.last_mut().filter(|line| line.file == file) {
                line.body.push(' ');
                line.body.push_str(content.trim());
            }
            continue;
        }
        if let Some(name) = content.strip_prefix("language ") {
            name.trim().clone_into(&mut language);
            continue;
        }
        let Some((head, body)) = content.split_once('=') else {
            return Err(RuleError {
                file: file.to_owned(),
                line: index + 1,
                reason: "there is no `=`".to_owned(),
            });
        };
        lines.push(Line {
            file,
            number: index + 1,
            language: language.clone(),
            head: head.split_whitespace().collect(),
            body: body.trim().to_owned(),
        });
    }
    Ok(())
}
