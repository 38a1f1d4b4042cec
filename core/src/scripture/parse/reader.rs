//! The tokens of a text, read by their place; beyond the end there is nothing.

use crate::scripture::{
    names::Language,
    token::{Piece, Token},
};

/// What is read, and how.
pub(super) struct Reader<'t> {
    pub tokens: &'t [Token],
    pub language: Language,
    /// The text is meant to be a reference: everyday words are read as names.
    pub exact: bool,
}

impl Reader<'_> {
    pub(super) fn word(&self, at: usize) -> Option<&str> {
        self.tokens.get(at)?.word()
    }

    pub(super) fn sign(&self, at: usize) -> Option<char> {
        self.tokens.get(at)?.sign()
    }

    pub(super) fn number(&self, at: usize) -> Option<u16> {
        match self.tokens.get(at)?.piece {
            Piece::Number(number) => number.filter(|number| *number > 0),
            _ => None,
        }
    }

    pub(super) fn is_number(&self, at: usize) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| matches!(token.piece, Piece::Number(_)))
    }

    pub(super) fn tight(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| !token.spaced)
    }

    /// Skips a full stop.
    pub(super) fn stop(&self, at: usize) -> usize {
        if self.sign(at) == Some('.') {
            at + 1
        } else {
            at
        }
    }

    /// The longest phrase of `list` at `at`; where it ends, a full stop included.
    pub(super) fn phrase(&self, at: usize, list: &[&str]) -> Option<usize> {
        let mut phrase = String::new();
        let mut end = None;
        for next in at..at + 3 {
            let Some(word) = self.word(next) else { break };
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(word);
            if list.binary_search(&phrase.as_str()).is_ok() {
                end = Some(self.stop(next + 1));
            }
        }
        end
    }
}
