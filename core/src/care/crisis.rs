//! Hearing danger in one message.

use crate::words::{CrisisKind, CrisisLevel, CrisisReading, Emotion};

use super::{
    emotion::Feelings,
    grammar::{Circumstance, Effect, Grammar, Hit},
    lexer::Token,
};

/// How many words before a danger a story, song or lesson may be announced.
const FICTION_REACH: usize = 14;

/// How many words before a danger somebody may be quoted.
const REPORT_REACH: usize = 4;

/// What the rules heard in one message, sorted by what it is for.
#[derive(Debug, Default)]
pub(super) struct Heard {
    dangers: Vec<Hit>,
    vetoes: Vec<Hit>,
    contexts: Vec<(Circumstance, Hit)>,
    weak: Vec<Hit>,
    feelings: Vec<(Emotion, f32, Hit)>,
}

impl Heard {
    pub fn add(&mut self, effect: Effect, hit: Hit) {
        match effect {
            Effect::Crisis { .. } => self.dangers.push(hit),
            Effect::Veto => self.vetoes.push(hit),
            Effect::Context(circumstance) => self.contexts.push((circumstance, hit)),
            Effect::Weak => self.weak.push(hit),
            Effect::Feel(emotion, weight) => self.feelings.push((emotion, weight, hit)),
        }
    }

    /// Whether words of this kind occur anywhere in the message.
    pub fn mentions(&self, circumstance: Circumstance) -> bool {
        self.contexts
            .iter()
            .any(|(known, _)| *known == circumstance)
    }

    /// How many different weak signs were heard that nothing explains away.
    pub fn weak_signs<'g>(&self, grammar: &'g Grammar, tokens: &[Token]) -> Vec<&'g str> {
        let mut codes: Vec<&str> = self
            .weak
            .iter()
            .filter(|hit| !self.is_vetoed(hit) && !self.in_fiction(hit, tokens))
            .map(|hit| grammar.rules[hit.rule].code.as_str())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// The feelings of this message, each phrase counted once.
    pub fn feelings(&self, grammar: &Grammar, tokens: &[Token]) -> Feelings {
        let mut feelings = Feelings::default();
        let mut counted: Vec<(Emotion, usize)> = Vec::new();
        for (emotion, weight, hit) in &self.feelings {
            // "so tired" and "tired" on the same words are one phrase.
            let again = counted.contains(&(*emotion, hit.end))
                || self.vetoes.iter().any(|veto| {
                    grammar.rules[veto.rule].code.starts_with("feel.")
                        && veto.start < hit.end
                        && hit.end <= veto.end
                });
            if again {
                continue;
            }
            counted.push((*emotion, hit.end));
            feelings.add(*emotion, *weight, self.is_negated(hit, tokens));
        }
        feelings
    }

    /// The reading of this message by itself.
    pub fn reading(&self, grammar: &Grammar, tokens: &[Token]) -> CrisisReading {
        let mut found: Vec<(CrisisLevel, CrisisKind, usize)> = Vec::new();
        for hit in &self.dangers {
            let Effect::Crisis {
                level,
                kind,
                tenseless,
            } = grammar.rules[hit.rule].effect
            else {
                continue;
            };
            if self.is_vetoed(hit) || self.in_fiction(hit, tokens) {
                continue;
            }
            let own = matches!(kind, CrisisKind::Suicide | CrisisKind::SelfHarm);
            if own && self.is_told_of_another(grammar, hit, tokens) {
                continue;
            }
            if own && self.is_reported(hit, tokens) {
                let level = if level == CrisisLevel::Imminent {
                    level
                } else {
                    CrisisLevel::Concern
                };
                found.push((level, CrisisKind::ThirdParty, hit.rule));
            } else if own && self.is_negated(hit, tokens) {
                found.push((CrisisLevel::Concern, kind, hit.rule));
            } else if own && self.is_told_as_past(grammar, hit)
                || tenseless && self.is_past(hit, tokens)
            {
                found.push((CrisisLevel::Concern, CrisisKind::Past, hit.rule));
            } else if own && self.is_joke() && level == CrisisLevel::Danger {
                found.push((CrisisLevel::Concern, kind, hit.rule));
            } else {
                found.push((level, kind, hit.rule));
            }
        }
        let weak = self.weak_signs(grammar, tokens);
        reading(grammar, found, &weak)
    }

    /// Whether words that cover the end of the hit give it another sense: "I want to die" ends
    /// inside "die of laughter".
    fn is_vetoed(&self, hit: &Hit) -> bool {
        self.vetoes
            .iter()
            .any(|veto| veto.start < hit.end && hit.end <= veto.end)
    }

    /// Whether a rule about somebody else heard the same words, and no "I" stands among them.
    fn is_told_of_another(&self, grammar: &Grammar, hit: &Hit, tokens: &[Token]) -> bool {
        self.spans_of(grammar, CrisisKind::ThirdParty).any(|other| {
            other.start < hit.end
                && hit.end <= other.end
                && !tokens[other.start..hit.end]
                    .iter()
                    .any(|token| token.ids.as_slice().contains(&grammar.first_person))
        })
    }

    /// Whether a rule about the past heard the same words: "I wanted to kill myself".
    fn is_told_as_past(&self, grammar: &Grammar, hit: &Hit) -> bool {
        self.spans_of(grammar, CrisisKind::Past)
            .any(|past| past.start <= hit.start && hit.end <= past.end)
    }

    fn spans_of<'h>(
        &'h self,
        grammar: &'h Grammar,
        wanted: CrisisKind,
    ) -> impl Iterator<Item = &'h Hit> {
        self.dangers.iter().filter(move |hit| {
            matches!(grammar.rules[hit.rule].effect, Effect::Crisis { kind, .. } if kind == wanted)
        })
    }

    fn is_reported(&self, hit: &Hit, tokens: &[Token]) -> bool {
        self.near_before(Circumstance::Reported, hit, REPORT_REACH, tokens)
    }

    fn is_negated(&self, hit: &Hit, tokens: &[Token]) -> bool {
        self.near_before(Circumstance::Negated, hit, 0, tokens)
    }

    fn is_past(&self, hit: &Hit, tokens: &[Token]) -> bool {
        let (start, end) = sentence(hit, tokens);
        let within = |circumstance| {
            self.contexts
                .iter()
                .any(|(known, at)| *known == circumstance && at.start >= start && at.end <= end)
        };
        within(Circumstance::Past) && !within(Circumstance::Present)
    }

    fn in_fiction(&self, hit: &Hit, tokens: &[Token]) -> bool {
        let (_, end) = sentence(hit, tokens);
        self.contexts.iter().any(|(known, at)| {
            *known == Circumstance::Fiction
                && ((at.end <= hit.start
                    && hit.start - at.end <= FICTION_REACH
                    && !self.turns_between(at.end, hit.start))
                    || (at.start >= hit.end
                        && at.end <= end
                        && at.start - hit.end <= FICTION_REACH / 2)
                    || (at.start < hit.end && hit.start < at.end))
        })
    }

    fn turns_between(&self, from: usize, until: usize) -> bool {
        self.contexts.iter().any(|(known, at)| {
            *known == Circumstance::Turn && at.start >= from && at.start <= until
        })
    }

    /// Laughter about a trifle: both, because people in danger laugh too.
    fn is_joke(&self) -> bool {
        self.mentions(Circumstance::Joking) && self.mentions(Circumstance::Trifle)
    }

    fn near_before(
        &self,
        circumstance: Circumstance,
        hit: &Hit,
        reach: usize,
        tokens: &[Token],
    ) -> bool {
        self.contexts.iter().any(|(known, at)| {
            *known == circumstance
                && at.end <= hit.start
                && hit.start - at.end <= reach
                && (reach > 0
                    || !tokens[at.end..=hit.start]
                        .iter()
                        .any(|token| token.begins_sentence))
        })
    }
}

/// The sentence around a hit, as a range of words.
fn sentence(hit: &Hit, tokens: &[Token]) -> (usize, usize) {
    let start = (0..=hit.start)
        .rev()
        .find(|&at| tokens[at].begins_sentence)
        .unwrap_or(0);
    let end = (hit.end..tokens.len())
        .find(|&at| tokens[at].begins_sentence)
        .unwrap_or(tokens.len());
    (start, end)
}

/// Puts findings together: the level is the highest, the most pressing kind comes first.
fn reading(
    grammar: &Grammar,
    mut found: Vec<(CrisisLevel, CrisisKind, usize)>,
    weak: &[&str],
) -> CrisisReading {
    // The highest level first; within it the kinds in their order of declaration.
    found.sort_by_key(|&(level, kind, rule)| (std::cmp::Reverse(level), kind, rule));
    let Some(&(level, _, first)) = found.first() else {
        // One weak sign is an ordinary bad day; two different ones deserve a closer look.
        if weak.len() < 2 {
            return CrisisReading::default();
        }
        return CrisisReading {
            level: CrisisLevel::Concern,
            kinds: vec![CrisisKind::Suicide],
            language: language_of(grammar, weak[0]),
            reasons: weak.iter().map(|&code| code.to_owned()).collect(),
        };
    };
    let mut reading = CrisisReading {
        level,
        kinds: Vec::new(),
        language: Some(grammar.rules[first].language.clone()),
        reasons: Vec::new(),
    };
    for (_, kind, rule) in found {
        if !reading.kinds.contains(&kind) {
            reading.kinds.push(kind);
        }
        let code = &grammar.rules[rule].code;
        if !reading.reasons.contains(code) {
            reading.reasons.push(code.clone());
        }
    }
    reading
}

pub(super) fn language_of(grammar: &Grammar, code: &str) -> Option<String> {
    grammar
        .rules
        .iter()
        .find(|rule| rule.code == code)
        .map(|rule| rule.language.clone())
}
