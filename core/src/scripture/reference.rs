//! References: which verses are meant.

use std::{fmt, ops::Range};

use serde::{Serialize, Serializer};

use super::book::{Book, locate};

/// A place in a book: chapter and verse, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The chapter.
    pub chapter: u16,
    /// The verse.
    pub verse: u16,
}

/// One unbroken part of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// The whole book.
    Book,
    /// Whole chapters, both ends included.
    Chapters {
        /// The first chapter.
        first: u16,
        /// The last chapter.
        last: u16,
    },
    /// Verses, both ends included.
    Verses {
        /// The first verse.
        first: Place,
        /// The last verse.
        last: Place,
    },
}

/// Verses of one book, as somebody wrote them: they need not exist (see [`Reference::verses`]).
///
/// `Display` gives the form for people, "Romans 8:28, 31-39; 12:1-2"; serialised in that form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The book.
    pub book: Book,
    /// What is meant in it, in the order written; never empty.
    pub spans: Vec<Span>,
}

/// Why a reference names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The text is not a reference at all.
    #[error("`{0}` is not a Bible reference; write it like \"John 3:16\" or \"Phil 4:6-7\"")]
    NotAReference(String),
    /// No held text has the book.
    #[error("{0} is not among the 66 books of the texts held here")]
    BookNotHeld(Book),
    /// The book has no such chapter.
    #[error("{book} has {} {}; there is no {book} {chapter}", .book.chapters(), plural(.book.chapters(), "chapter"))]
    NoSuchChapter {
        /// The book.
        book: Book,
        /// The chapter asked for.
        chapter: u16,
    },
    /// The chapter has no such verse.
    #[error("{book} {} has {verses} {}; there is no {book} {}:{}", .place.chapter, plural(*.verses, "verse"), .place.chapter, .place.verse)]
    NoSuchVerse {
        /// The book.
        book: Book,
        /// The place asked for.
        place: Place,
        /// How many verses the chapter has.
        verses: u16,
    },
    /// The end of a range comes before its beginning.
    #[error("the range ends before it begins; write the smaller number first")]
    Backwards,
}

fn plural(count: u16, one: &str) -> String {
    if count == 1 {
        one.to_owned()
    } else {
        format!("{one}s")
    }
}

impl Reference {
    /// One verse, or a range of verses within a chapter.
    pub fn verse_range(book: Book, chapter: u16, first: u16, last: u16) -> Self {
        Self {
            book,
            spans: vec![Span::Verses {
                first: Place {
                    chapter,
                    verse: first,
                },
                last: Place {
                    chapter,
                    verse: last,
                },
            }],
        }
    }

    /// The reference of verses given by their numbers in the order of the whole text, as far as
    /// they stand in one book.
    pub(super) fn of_verses(verses: Range<usize>) -> Option<Self> {
        let (book, chapter, verse) = locate(verses.start)?;
        let first = Place { chapter, verse };
        let last = verses
            .rev()
            .filter_map(locate)
            .find(|(last_book, ..)| *last_book == book)
            .map_or(first, |(_, chapter, verse)| Place { chapter, verse });
        Some(Self {
            book,
            spans: vec![Span::Verses { first, last }],
        })
    }

    /// The numbers, in the order of the whole text, of the verses that are meant: one range a
    /// span. The error says which part does not exist.
    pub(crate) fn verses(&self) -> Result<Vec<Range<usize>>, ReferenceError> {
        self.spans
            .iter()
            .map(|span| self.span_verses(*span))
            .collect()
    }

    /// Whether every chapter and verse that it names exists in the held texts' numbering.
    pub fn check(&self) -> Result<(), ReferenceError> {
        self.verses().map(|_| ())
    }

    /// Whether it names verses, and not only chapters or a book.
    pub(super) fn names_verses(&self) -> bool {
        self.spans
            .iter()
            .all(|span| matches!(span, Span::Verses { .. }))
    }

    fn span_verses(&self, span: Span) -> Result<Range<usize>, ReferenceError> {
        let (first, last) = match span {
            Span::Book => (self.chapter(1)?, self.chapter(self.book.chapters())?),
            Span::Chapters { first, last } => (self.chapter(first)?, self.chapter(last)?),
            Span::Verses { first, last } => (self.place(first)?, self.place(last)?),
        };
        if first.start <= last.start {
            Ok(first.start..last.end)
        } else {
            Err(ReferenceError::Backwards)
        }
    }

    fn chapter(&self, chapter: u16) -> Result<Range<usize>, ReferenceError> {
        if !self.book.is_held() {
            return Err(ReferenceError::BookNotHeld(self.book));
        }
        self.book
            .chapter_verses(chapter)
            .ok_or(ReferenceError::NoSuchChapter {
                book: self.book,
                chapter,
            })
    }

    fn place(&self, place: Place) -> Result<Range<usize>, ReferenceError> {
        let chapter = self.chapter(place.chapter)?;
        let verse = chapter.start + usize::from(place.verse);
        if place.verse == 0 || verse > chapter.end {
            return Err(ReferenceError::NoSuchVerse {
                book: self.book,
                place,
                verses: u16::try_from(chapter.len()).unwrap_or(u16::MAX),
            });
        }
        Ok(verse - 1..verse)
    }

    /// The OSIS form, "Phil.4.6-Phil.4.7"; spans separated by commas.
    pub fn osis(&self) -> String {
        let book = self.book.osis();
        let place = |place: &Place| format!("{book}.{}.{}", place.chapter, place.verse);
        let range = |first: String, last: String| {
            if first == last {
                first
            } else {
                format!("{first}-{last}")
            }
        };
        let span = |span: &Span| match span {
            Span::Book => book.to_owned(),
            Span::Chapters { first, last } => {
                range(format!("{book}.{first}"), format!("{book}.{last}"))
            }
            Span::Verses { first, last } => range(place(first), place(last)),
        };
        self.spans.iter().map(span).collect::<Vec<_>>().join(",")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.book)?;
        let mut chapter_before = None;
        for (index, span) in self.spans.iter().enumerate() {
            match span {
                Span::Book => {}
                Span::Chapters { first, last } => {
                    f.write_str(if index == 0 { " " } else { "; " })?;
                    write!(f, "{first}")?;
                    if first != last {
                        write!(f, "-{last}")?;
                    }
                    chapter_before = None;
                }
                Span::Verses { first, last } => {
                    if chapter_before == Some(first.chapter) {
                        write!(f, ", {}", first.verse)?;
                    } else {
                        f.write_str(if index == 0 { " " } else { "; " })?;
                        write!(f, "{}:{}", first.chapter, first.verse)?;
                    }
                    if last.chapter != first.chapter {
                        write!(f, "-{}:{}", last.chapter, last.verse)?;
                    } else if last.verse != first.verse {
                        write!(f, "-{}", last.verse)?;
                    }
                    chapter_before = Some(last.chapter);
                }
            }
        }
        Ok(())
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
