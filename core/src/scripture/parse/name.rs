//! The name of a book, with its ordinal: "John", "1 Cor.", "Second Kings", "Song of Songs".

use super::{LONGEST_NAME, Reader, connective};
use crate::scripture::{
    names::{Meaning, begins_a_name, misspelled, named, ordinal},
    token::Piece,
};

impl Reader<'_> {
    /// An ordinal at `at` and the token after it: "1", "2nd", "III.", "First".
    fn ordinal(&self, at: usize) -> Option<(u8, usize)> {
        if let Some(word) = self.word(at) {
            let number = ordinal(word)?;
            let roman = word.chars().all(|c| matches!(c, 'i' | 'v'));
            return (!roman || self.tokens[at].capital || self.exact)
                .then(|| (number, self.stop(at + 1)));
        }
        let number = u8::try_from(self.number(at)?)
            .ok()
            .filter(|number| *number <= 5)?;
        let mut end = self.stop(at + 1);
        if self.tight(end)
            && let Some(suffix) = self.word(end)
            && ordinal(&format!("{number}{suffix}")).is_some()
        {
            end = self.stop(end + 1);
        }
        Some((number, end))
    }

    /// The name of a book at `at`, with its ordinal, and the token after it.
    pub(super) fn name(&self, at: usize) -> Option<(Meaning, usize)> {
        if let Some((number, after)) = self.ordinal(at) {
            let mut from = after;
            for _ in 0..6 {
                if let Some(found) = self.plain_name(from, Some(number)) {
                    return Some(found);
                }
                match self.word(from) {
                    Some(word) if connective::FILLER.binary_search(&word).is_ok() => {
                        from = self.stop(from + 1);
                    }
                    _ => break,
                }
            }
        }
        self.plain_name(at, None)
    }

    /// The longest name at `at`.
    fn plain_name(&self, at: usize, number: Option<u8>) -> Option<(Meaning, usize)> {
        let mut name = self.word(at)?.to_owned();
        let mut longest = None;
        let mut end = at + 1;
        for _ in 0..LONGEST_NAME {
            if !begins_a_name(&name) {
                break;
            }
            if let Some(meaning) = named(&name, number, self.language) {
                longest = Some((meaning, end));
            }
            while matches!(self.sign(end), Some('.' | ',' | '\'' | '\u{2019}' | '(')) {
                end += 1;
            }
            name.push(' ');
            match self.tokens.get(end).map(|token| &token.piece) {
                Some(Piece::Word(word)) => name.push_str(word),
                Some(Piece::Number(Some(3))) => name.push('3'),
                Some(Piece::Sign('&')) => name.push('&'),
                _ => break,
            }
            end += 1;
        }
        longest.map(|(meaning, end)| {
            let closed = self.sign(end) == Some(')')
                && self.tokens[at..end]
                    .iter()
                    .any(|token| token.sign() == Some('('));
            (meaning, if closed { end + 1 } else { end })
        })
    }

    /// A misspelled name, read only before chapter and verse.
    pub(super) fn misspelled_name(&self, at: usize) -> Option<(Meaning, usize)> {
        let numbered = self
            .ordinal(at)
            .filter(|(_, after)| self.word(*after).is_some());
        for (number, from) in numbered
            .map(|(number, from)| (Some(number), from))
            .into_iter()
            .chain([(None, at)])
        {
            let Some(word) = self.word(from) else {
                continue;
            };
            let after = self.stop(from + 1);
            let precise = self.is_number(after)
                && matches!(self.sign(after + 1), Some(':' | '.'))
                && self.is_number(after + 2);
            if (self.exact || (precise && self.tokens[from].capital))
                && let Some(meaning) = misspelled(word, number, self.language)
            {
                return Some((meaning, from + 1));
            }
        }
        None
    }
}
