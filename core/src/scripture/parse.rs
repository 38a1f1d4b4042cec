//! Finds references in what people and models write.
//!
//! Hand-written: it walks the text's words, numbers and signs once, looks each word up in the
//! table of names and reads the numbers behind it. The time is linear in the text's length but
//! for a small factor (the longest name has seven words).

use std::ops::Range;

use super::{
    book::Book,
    names::{Language, Meaning, Strength, begins_a_name, misspelled, named, ordinal},
    reference::{Place, Reference, ReferenceError, Span},
    token::{Piece, Token, is_dash, tokens},
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

struct Reader<'t> {
    tokens: &'t [Token],
    language: Language,
    /// The text is meant to be a reference: everyday words are read as names.
    exact: bool,
}

/// A chapter, or a chapter and a verse, as far as it was written.
#[derive(Clone, Copy)]
enum Number {
    Chapter(u16),
    Verse(Place),
}

impl Reader<'_> {
    fn word(&self, at: usize) -> Option<&str> {
        self.tokens.get(at)?.word()
    }

    fn sign(&self, at: usize) -> Option<char> {
        self.tokens.get(at)?.sign()
    }

    fn number(&self, at: usize) -> Option<u16> {
        match self.tokens.get(at)?.piece {
            Piece::Number(number) => number.filter(|number| *number > 0),
            _ => None,
        }
    }

    fn is_number(&self, at: usize) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| matches!(token.piece, Piece::Number(_)))
    }

    fn tight(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| !token.spaced)
    }

    /// Skips a full stop.
    fn stop(&self, at: usize) -> usize {
        if self.sign(at) == Some('.') {
            at + 1
        } else {
            at
        }
    }

    /// The longest phrase of `list` at `at`; where it ends, a full stop included.
    fn phrase(&self, at: usize, list: &[&str]) -> Option<usize> {
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
    fn name(&self, at: usize) -> Option<(Meaning, usize)> {
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
    fn misspelled_name(&self, at: usize) -> Option<(Meaning, usize)> {
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

    /// The numbers behind a name: what they mean, the token after them, and whether chapter and
    /// verse were both written.
    fn spans(&self, book: Book, at: usize) -> Option<(Vec<Span>, usize, bool)> {
        let mut at = self.stop(at);
        if matches!(self.sign(at), Some(',' | ':')) && (self.word(at + 1).is_some()) {
            at = self.phrase(at + 1, connective::CHAPTER).map(|_| at + 1)?;
        }
        let single = book.chapters() == 1;
        let (first, mut end) = match self.phrase(at, connective::VERSE) {
            Some(verse) if single => {
                let number = self.number(verse)?;
                (
                    Number::Verse(Place {
                        chapter: 1,
                        verse: number,
                    }),
                    verse + 1,
                )
            }
            _ => {
                let chapter = self.phrase(at, connective::CHAPTER).unwrap_or(at);
                if self.sign(at) == Some('-') {
                    return None;
                }
                self.place(chapter)?
            }
        };
        // "Jude 5" means the verse.
        let first = match first {
            Number::Chapter(verse) if single && verse > 1 => {
                Number::Verse(Place { chapter: 1, verse })
            }
            other => other,
        };
        let mut precise = matches!(first, Number::Verse(_)) && end > at + 1;
        let mut spans = Vec::new();
        let mut current = first;
        loop {
            let (span, last, after) = self.extend(book, current, end);
            spans.push(span);
            end = after;
            let Some((next, after)) = self.next_item(last, end) else {
                break;
            };
            precise |= matches!(next, Number::Verse(_)) && matches!(first, Number::Verse(_));
            current = next;
            end = after;
            if spans.len() > 64 {
                break;
            }
        }
        Some((spans, end, precise))
    }

    /// "3", "3:16", "3.16", "3,16", "3 verse 16", with letters behind the verse.
    fn place(&self, at: usize) -> Option<(Number, usize)> {
        let chapter = self.number(at)?;
        if let Some((verse, end)) = self.verse_of(at + 1) {
            return Some((Number::Verse(Place { chapter, verse }), end));
        }
        let title = self.phrase(at + 1, connective::TITLE);
        Some(match title {
            Some(end) => (Number::Verse(Place { chapter, verse: 1 }), end),
            None => (Number::Chapter(chapter), self.letter(at + 1)),
        })
    }

    /// What stands behind a chapter and names a verse.
    fn verse_of(&self, at: usize) -> Option<(u16, usize)> {
        let number = match self.sign(at) {
            Some(':') => at + 1,
            Some('.' | ',') if self.tight(at) && self.tight(at + 1) => at + 1,
            Some(',') => self.phrase(at + 1, connective::VERSE)?,
            None => self.phrase(at, connective::VERSE)?,
            Some(_) => return None,
        };
        if self.sign(at) == Some(':')
            && let Some(end) = self.phrase(number, connective::TITLE)
        {
            return Some((1, end));
        }
        Some((self.number(number)?, self.letter(number + 1)))
    }

    /// Skips the letter of "16b".
    fn letter(&self, at: usize) -> usize {
        let letter = self.tight(at)
            && matches!(self.word(at), Some("a" | "b" | "c" | "d"))
            && !self.is_number(at + 1);
        if letter { at + 1 } else { at }
    }

    /// The span that begins with `first`: a range, "f", "ff", or only itself. Returns also its
    /// last place and the token after it.
    fn extend(&self, book: Book, first: Number, end: usize) -> (Span, Number, usize) {
        let following = self.phrase(end, connective::FOLLOWING).filter(|_| {
            !self
                .word(end)
                .is_some_and(|word| word == "f" && self.is_number(end + 1))
        });
        if let Some(after) = following {
            let one = self.word(end) == Some("f");
            let last = match first {
                Number::Chapter(chapter) if one => Number::Chapter(chapter + 1),
                Number::Chapter(chapter) => Number::Chapter(book.chapters().max(chapter)),
                Number::Verse(place) if one => Number::Verse(Place {
                    verse: place.verse + 1,
                    ..place
                }),
                Number::Verse(place) => Number::Verse(Place {
                    verse: book.verses(place.chapter).unwrap_or(0).max(place.verse),
                    ..place
                }),
            };
            return (span(first, last), last, after);
        }
        match self.range_end(book, first, end) {
            Some((last, after)) => (span(first, last), last, after),
            None => (span(first, first), first, end),
        }
    }

    /// The end of a range, if a dash or "to" and a fitting number follow.
    fn range_end(&self, book: Book, first: Number, at: usize) -> Option<(Number, usize)> {
        let dash = self.sign(at).is_some_and(is_dash);
        let mut from = if dash {
            let mut next = at + 1;
            while self.sign(next).is_some_and(is_dash) {
                next += 1;
            }
            next
        } else {
            self.phrase(at, connective::TO)?
        };
        // "John.3.16-John.3.18"
        if let Some((meaning, end)) = self.name(from)
            && !self.is_number(from)
        {
            if meaning.book != book {
                return None;
            }
            from = self.stop(end);
        }
        let loose = !dash || self.tokens.get(from).is_some_and(|token| token.spaced);
        if loose && (!self.ends_well(from) || self.name(from).is_some()) {
            return None;
        }
        let unit = self.phrase(from, connective::VERSE);
        let (number, end) = self.place(unit.unwrap_or(from))?;
        Some(match (first, number) {
            (Number::Verse(place), Number::Chapter(verse)) => {
                (Number::Verse(Place { verse, ..place }), end)
            }
            (_, number) => (number, end),
        })
    }

    /// The next item of a list: ", 31", "; 12:1", "and 3", "vv. 4".
    fn next_item(&self, last: Number, at: usize) -> Option<(Number, usize)> {
        let mut from = at;
        let mut unit = None;
        let comma = matches!(self.sign(from), Some(',' | ';' | '&'));
        if comma {
            from += 1;
        }
        if let Some(end) = self.phrase(from, connective::AND) {
            from = end;
        }
        if let Some(end) = self.phrase(from, connective::CHAPTER) {
            from = end;
            unit = Some(true);
        } else if let Some(end) = self.phrase(from, connective::VERSE) {
            from = end;
            unit = Some(false);
        }
        if from == at || !self.is_number(from) || self.begins_another(from) {
            return None;
        }
        if unit.is_none() && !self.ends_well(from) {
            return None;
        }
        let (number, end) = self.place(from)?;
        Some(match (last, number, unit) {
            (_, Number::Chapter(chapter), Some(true)) => (Number::Chapter(chapter), end),
            (Number::Verse(place), Number::Chapter(verse), _) => {
                (Number::Verse(Place { verse, ..place }), end)
            }
            (_, number, _) => (number, end),
        })
    }

    /// Whether the number at `at` is the ordinal of another book: "John 3:16, 1 John 4:8".
    fn begins_another(&self, at: usize) -> bool {
        self.name(at)
            .or_else(|| self.misspelled_name(at))
            .is_some_and(|(meaning, end)| self.spans(meaning.book, end).is_some())
    }

    /// Whether the number at `at` is followed by something that lets it be a verse: not "3
    /// friends", not "40%".
    fn ends_well(&self, at: usize) -> bool {
        match self.tokens.get(at + 1) {
            None => true,
            Some(Token {
                piece: Piece::Sign(sign),
                spaced,
                ..
            }) => *spaced || !matches!(sign, '%' | '$' | '€' | '\u{b0}' | '/'),
            Some(Token {
                piece: Piece::Number(_),
                spaced,
                ..
            }) => *spaced,
            Some(token) => {
                !token.spaced
                    || token.line_start
                    || self.exact
                    || [
                        connective::AFTER_CHAPTER,
                        connective::AND,
                        connective::TO,
                        connective::FOLLOWING,
                        connective::VERSE,
                    ]
                    .iter()
                    .any(|list| self.phrase(at + 1, list).is_some())
            }
        }
    }
}

fn span(first: Number, last: Number) -> Span {
    match (first, last) {
        (Number::Chapter(first), Number::Chapter(last)) => Span::Chapters { first, last },
        (Number::Verse(first), Number::Verse(last)) => Span::Verses { first, last },
        (Number::Verse(first), Number::Chapter(_)) => Span::Verses { first, last: first },
        (Number::Chapter(chapter), Number::Verse(last)) => Span::Verses {
            first: Place { chapter, verse: 1 },
            last,
        },
    }
}
