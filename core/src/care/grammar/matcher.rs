//! Where the rules match in a message.
//!
//! The work is shared: what a class matches at a position is computed once for all rules. A set
//! of possible ends is one `u64`, so a phrase spans at most [`MAX_SPAN`] words.

use super::{Effect, Element, Grammar, Hit, MAX_SPAN, Phrase};
use crate::{care::lexer::Token, words::CrisisKind};

/// Words matched at once; the tables for a stretch stay small however long the message is.
const STRETCH: usize = 256;

/// Not computed yet; bit 63 is never a length that a class can have.
const UNKNOWN: u64 = 1 << 63;

impl Grammar {
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
}

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
