//! The numbers behind a name: chapters, verses, ranges and lists of them.

use super::{Reader, connective};
use crate::scripture::{
    book::Book,
    reference::{Place, Span},
    token::{Piece, Token, is_dash},
};

/// A chapter, or a chapter and a verse, as far as it was written.
#[derive(Clone, Copy)]
enum Number {
    Chapter(u16),
    Verse(Place),
}

impl Reader<'_> {
    /// The numbers behind a name: what they mean, the token after them, and whether chapter and
    /// verse were both written.
    pub(super) fn spans(&self, book: Book, at: usize) -> Option<(Vec<Span>, usize, bool)> {
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
