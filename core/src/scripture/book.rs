//! The books, their chapters and verses.

use std::{fmt, ops::Range};

use serde::{Serialize, Serializer};

mod table {
    include!(concat!(env!("OUT_DIR"), "/canon.rs"));
}

/// How many books the embedded texts hold; further ones are recognised but not held.
pub const HELD_BOOKS: u8 = 66;

/// A book of the Bible: the 66 of the embedded texts, and the deuterocanonical books, which are
/// recognised so that a reference to one is never read as something else.
///
/// The list is `core/data/scripture/books.tsv`. Serialised as its OSIS id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Book(u8);

impl Book {
    /// The book at `index` of the list; used with indices the build script made.
    pub(super) fn at(index: u8) -> Option<Self> {
        (usize::from(index) < table::BOOKS.len()).then_some(Self(index))
    }

    /// Every book that is recognised, held ones first, in canonical order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map_while(Self::at)
    }

    /// The book with this OSIS id ("Phil", "1Cor"), exactly spelled.
    pub fn from_osis(id: &str) -> Option<Self> {
        Self::all().find(|book| book.osis() == id)
    }

    /// The OSIS id, "Phil".
    pub fn osis(self) -> &'static str {
        table::BOOKS[usize::from(self.0)].0
    }

    /// The English name, "Philippians".
    pub fn name(self) -> &'static str {
        table::BOOKS[usize::from(self.0)].1
    }

    /// Whether it is one of the 66 books of the embedded texts.
    pub fn is_held(self) -> bool {
        self.0 < HELD_BOOKS
    }

    /// How many chapters it has; 0 for a book that is not held.
    pub fn chapters(self) -> u16 {
        if !self.is_held() {
            return 0;
        }
        let book = usize::from(self.0);
        table::FIRST_CHAPTER[book + 1] - table::FIRST_CHAPTER[book]
    }

    /// How many verses its chapter `chapter` (from 1) has; `None` if there is no such chapter.
    pub fn verses(self, chapter: u16) -> Option<u16> {
        let verses = self.chapter_verses(chapter)?;
        u16::try_from(verses.len()).ok()
    }

    /// The numbers of the chapter's verses in the order of the whole text.
    pub(super) fn chapter_verses(self, chapter: u16) -> Option<Range<usize>> {
        if chapter == 0 || chapter > self.chapters() {
            return None;
        }
        let index = usize::from(table::FIRST_CHAPTER[usize::from(self.0)] + chapter - 1);
        Some(usize::from(table::FIRST_VERSE[index])..usize::from(table::FIRST_VERSE[index + 1]))
    }
}

/// How many verses the 66 books have together, those of one translation or the other included.
pub(super) fn verse_count() -> usize {
    table::FIRST_VERSE.last().copied().map_or(0, usize::from)
}

/// Book, chapter and verse of the verse with number `verse` in the order of the whole text.
pub(super) fn locate(verse: usize) -> Option<(Book, u16, u16)> {
    if verse >= verse_count() {
        return None;
    }
    let chapter = table::FIRST_VERSE.partition_point(|&first| usize::from(first) <= verse) - 1;
    let book = table::FIRST_CHAPTER.partition_point(|&first| usize::from(first) <= chapter) - 1;
    Some((
        Book(u8::try_from(book).ok()?),
        u16::try_from(chapter).ok()? - table::FIRST_CHAPTER[book] + 1,
        u16::try_from(verse).ok()? - table::FIRST_VERSE[chapter] + 1,
    ))
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.osis())
    }
}

impl Serialize for Book {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.osis())
    }
}
