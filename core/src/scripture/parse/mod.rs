//! Finds references in what people and models write.
//!
//! Hand-written: it walks the text's words, numbers and signs once, looks each word up in the
//! table of names and reads the numbers behind it. The time is linear in the text's length but
//! for a small factor (the longest name has seven words).

mod name;
mod numbers;
mod reader;

use std::ops::Range;

use self::reader::Reader;
use super::{
    names::{Language, Meaning, Strength},
    reference::{Reference, ReferenceError, Span},
    token::{Piece, Token, tokens},
};

mod connective {
    include!(concat!(env!("OUT_DIR"), "/connectives.rs"));
}

/// The most words in the name of a book.
const LONGEST_NAME: usize = 8;

/// A reference found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// Which verses it names.
    pub reference: Reference,
    /// Why it names nothing, if it does not.
    pub problem: Option<ReferenceError>,
}

/// The references in `text`, in order, with English names before others.
///
/// Only books with a number behind them are found; whole books ("Philippians") are read by
/// [`parse_exact`] alone. Total on any input.
pub fn find_references(text: &str) -> Vec<Found> {
    find_references_in(text, Language::English)
}

/// [`find_references`], reading abbreviations that several languages share as `language` does.
pub fn find_references_in(text: &str, language: Language) -> Vec<Found> {
    let tokens = tokens(text);
    if !tokens
        .iter()
        .any(|token| matches!(token.piece, Piece::Number(_)))
    {
        return Vec::new();
    }
    let reader = Reader {
        tokens: &tokens,
        language,
        exact: false,
    };
    let mut found = Vec::new();
    let mut at = 0;
    let mut end = 0;
    while at < tokens.len() {
        let joined = at > 0 && at != end && !tokens[at].spaced && {
            let before = &tokens[at - 1].piece;
            !matches!(before, Piece::Sign(_))
        };
        match (!joined).then(|| reader.reference(at)).flatten() {
            Some((reference, next)) => {
                found.push(Found {
                    range: tokens[at].range.start..tokens[next - 1].range.end,
                    problem: reference.check().err(),
                    reference,
                });
                at = next;
                end = next;
            }
            None => at += 1,
        }
    }
    found
}

/// Reads `text` as one reference and nothing else: "Phil 4:6-7", "psalm 23", "Ruth".
pub fn parse_exact(text: &str) -> Result<Reference, ReferenceError> {
    let wrong = || ReferenceError::NotAReference(text.chars().take(80).collect());
    if text.len() > 400 {
        return Err(wrong());
    }
    let tokens = tokens(text);
    let reader = Reader {
        tokens: &tokens,
        language: Language::English,
        exact: true,
    };
    let last = tokens
        .iter()
        .rposition(|token| token.sign() != Some('.'))
        .map_or(0, |at| at + 1);
    let read = (0..tokens.len())
        .take(LONGEST_NAME)
        .take_while(|&at| {
            tokens[..at]
                .iter()
                .all(|token| token.word().is_some() || token.sign() == Some('.'))
        })
        .find_map(|at| reader.whole(at, last))
        .ok_or_else(wrong)?;
    read.check()?;
    Ok(read)
}

impl Reader<'_> {
    /// The whole text up to `last` as one reference.
    fn whole(&self, at: usize, last: usize) -> Option<Reference> {
        if let Some((reference, end)) = self.reference(at)
            && end >= last
        {
            return Some(reference);
        }
        let (meaning, end) = self.name(at)?;
        (self.stop(end) >= last).then(|| Reference {
            book: meaning.book,
            spans: vec![Span::Book],
        })
    }

    /// The reference that begins at `at`, and the token after it.
    fn reference(&self, at: usize) -> Option<(Reference, usize)> {
        let (meaning, end) = self.name(at).or_else(|| self.misspelled_name(at))?;
        let (spans, end, precise) = self.spans(meaning.book, end)?;
        let reference = Reference {
            book: meaning.book,
            spans,
        };
        (self.exact || self.is_meant(at, meaning, &reference, end, precise))
            .then_some((reference, end))
    }

    /// Whether name and numbers really are a reference in running text.
    fn is_meant(
        &self,
        at: usize,
        meaning: Meaning,
        reference: &Reference,
        end: usize,
        precise: bool,
    ) -> bool {
        if self.phrase(end, connective::CLOCK).is_some() && precise {
            return false;
        }
        if matches!(self.sign(end), Some('%' | '$' | '€' | '£' | '/')) && self.tight(end) {
            return false;
        }
        let capital = self.tokens[at].capital || self.is_number(at);
        if precise {
            return capital || meaning.strength > Strength::Weak;
        }
        if !capital || meaning.strength == Strength::Weak {
            return false;
        }
        if meaning.strength == Strength::Full {
            return true;
        }
        // "Mark 2 items", "James 5 years old": only where the sentence treats it as a text.
        reference.check().is_ok()
            && match self.tokens.get(end) {
                None => true,
                Some(Token {
                    piece: Piece::Word(_),
                    spaced,
                    line_start,
                    ..
                }) => {
                    *line_start
                        || (*spaced && self.phrase(end, connective::AFTER_CHAPTER).is_some())
                }
                Some(Token {
                    piece: Piece::Sign(sign),
                    ..
                }) => !matches!(sign, '\'' | '\u{2019}' | '+' | '#' | '*' | '='),
                Some(_) => false,
            }
    }
}
