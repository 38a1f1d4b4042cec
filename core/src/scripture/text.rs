//! One held text: a compiled translation, read in place.

use std::{borrow::Cow, ops::Range};

use super::{
    Translation,
    compile::{MAGIC, NO_WORD, compile},
    wording::{Word, words},
};

/// A whole translation in its compiled form (see `compile.rs`).
///
/// Nothing is parsed when it is opened, and look-ups touch only the pages they need: an embedded
/// text costs no memory until somebody asks for a verse.
#[derive(Debug, Clone)]
pub struct HeldText {
    translation: Translation,
    blob: Cow<'static, [u8]>,
    verses: usize,
    words: usize,
    distinct: usize,
    text_at: usize,
}

/// A stretch of words of a held text, by position in the whole text.
pub(super) type Stretch = Range<usize>;

const HEAD: usize = 20;

impl HeldText {
    /// Opens a compiled text; `None` if it is not one, or is cut off.
    pub(super) fn open(translation: Translation, blob: Cow<'static, [u8]>) -> Option<Self> {
        let number = |at: usize| u32_at(&blob, at);
        if blob.len() < HEAD || number(0) != MAGIC {
            return None;
        }
        let (verses, words, distinct, bytes) = (
            number(4) as usize,
            number(8) as usize,
            number(12) as usize,
            number(16) as usize,
        );
        let starts = 2 * 4 * (verses + 1);
        let spelled_at = HEAD + starts + 2 * words + 4 * words;
        let spelled = number_of(&blob, spelled_at + 4 * distinct)?;
        let text_at = spelled_at + 4 * (distinct + 1) + spelled;
        (blob.len() == text_at + bytes).then_some(Self {
            translation,
            blob,
            verses,
            words,
            distinct,
            text_at,
        })
    }

    /// Compiles `verses`, one string for each verse of the 66 books in canonical order, empty
    /// where the translation has none. `None` if there are too many or too few, or the text is
    /// too large for the compiled form (65,534 distinct words).
    pub fn from_verses<S: AsRef<str>>(translation: Translation, verses: &[S]) -> Option<Self> {
        if verses.len() != super::book::verse_count() {
            return None;
        }
        Self::open(translation, Cow::Owned(compile(verses)?))
    }

    /// Which translation it is.
    pub fn translation(&self) -> &Translation {
        &self.translation
    }

    /// The compiled form's size in bytes.
    pub fn size(&self) -> usize {
        self.blob.len()
    }

    /// How many verses the numbering has; some may be empty.
    pub(super) fn verse_count(&self) -> usize {
        self.verses
    }

    /// The text of one verse, by its number; empty if this translation does not have it.
    pub(super) fn verse(&self, verse: usize) -> &str {
        if verse >= self.verses {
            return "";
        }
        let start = self.text_at + u32_at(&self.blob, HEAD + 4 * verse) as usize;
        let end = self.text_at + u32_at(&self.blob, HEAD + 4 * (verse + 1)) as usize;
        self.blob
            .get(start..end)
            .and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or("")
    }

    /// The texts of consecutive verses, a space between them.
    pub(super) fn passage(&self, verses: Range<usize>) -> String {
        let mut passage = String::new();
        for verse in verses
            .map(|verse| self.verse(verse))
            .filter(|verse| !verse.is_empty())
        {
            if !passage.is_empty() {
                passage.push(' ');
            }
            passage.push_str(verse);
        }
        passage
    }

    /// The words of consecutive verses.
    pub(super) fn stretch(&self, verses: &Range<usize>) -> Stretch {
        self.first_word(verses.start)..self.first_word(verses.end)
    }

    /// The verses that the words of `stretch` stand in.
    pub(super) fn verses_of(&self, stretch: &Stretch) -> Range<usize> {
        let first = self.verse_of(stretch.start);
        first..self.verse_of(stretch.end.saturating_sub(1).max(stretch.start)) + 1
    }

    /// The true text from the first to the last word of `stretch`; with the verses' own
    /// punctuation before and after where it begins or ends with them.
    pub(super) fn true_text(&self, stretch: &Stretch) -> String {
        let verses = self.verses_of(stretch);
        let whole = self.stretch(&verses);
        let passage = self.passage(verses);
        let places = words(&passage);
        let from = if stretch.start == whole.start {
            0
        } else {
            places
                .get(stretch.start - whole.start)
                .map_or(0, |word| word.range.start)
        };
        let to = if stretch.end == whole.end {
            passage.len()
        } else {
            places
                .get((stretch.end - whole.start).saturating_sub(1))
                .map_or(passage.len(), |word| word.range.end)
        };
        passage.get(from..to).unwrap_or_default().to_owned()
    }

    /// The words of a reply as this text numbers them.
    pub(super) fn numbers(&self, words: &[Word]) -> Vec<u16> {
        words.iter().map(|word| self.number(&word.folded)).collect()
    }

    /// The number of the word at `position`.
    pub(super) fn word(&self, position: usize) -> u16 {
        if position >= self.words {
            return NO_WORD;
        }
        u16_at(&self.blob, self.words_at() + 2 * position)
    }

    /// The numbers of the words of `stretch`.
    pub(super) fn word_numbers(&self, stretch: &Stretch) -> Vec<u16> {
        stretch
            .clone()
            .map(|position| self.word(position))
            .collect()
    }

    /// How `number` is spelled, folded.
    pub(super) fn spelling(&self, number: u16) -> &str {
        let number = usize::from(number);
        if number >= self.distinct {
            return "";
        }
        let starts = self.spelled_at();
        let words = starts + 4 * (self.distinct + 1);
        let start = words + u32_at(&self.blob, starts + 4 * number) as usize;
        let end = words + u32_at(&self.blob, starts + 4 * (number + 1)) as usize;
        self.blob
            .get(start..end)
            .and_then(|word| std::str::from_utf8(word).ok())
            .unwrap_or("")
    }

    /// Where the words `wanted` stand one after another: positions in the suffix array, to be
    /// read with [`Self::suffix`].
    pub(super) fn occurrences(&self, wanted: &[u16]) -> Range<usize> {
        if wanted.is_empty() || wanted.contains(&NO_WORD) {
            return 0..0;
        }
        let below = |at: usize, or_equal: bool| {
            let start = self.suffix(at);
            for (offset, want) in wanted.iter().enumerate() {
                let position = start + offset;
                if position >= self.words {
                    return true;
                }
                let word = self.word(position);
                if word != *want {
                    return word < *want;
                }
            }
            or_equal
        };
        let first = partition(0, self.words, |at| below(at, false));
        first..partition(first, self.words, |at| below(at, true))
    }

    /// The word position at `at` of the suffix array.
    pub(super) fn suffix(&self, at: usize) -> usize {
        u32_at(&self.blob, self.words_at() + 2 * self.words + 4 * at) as usize
    }

    fn number(&self, folded: &str) -> u16 {
        let number = partition(0, self.distinct, |at| {
            u16::try_from(at).is_ok_and(|at| self.spelling(at) < folded)
        });
        match u16::try_from(number) {
            Ok(number) if self.spelling(number) == folded => number,
            _ => NO_WORD,
        }
    }

    fn first_word(&self, verse: usize) -> usize {
        u32_at(
            &self.blob,
            HEAD + 4 * (self.verses + 1) + 4 * verse.min(self.verses),
        ) as usize
    }

    fn verse_of(&self, position: usize) -> usize {
        partition(0, self.verses, |verse| {
            self.first_word(verse + 1) <= position
        })
        .min(self.verses.saturating_sub(1))
    }

    fn words_at(&self) -> usize {
        HEAD + 2 * 4 * (self.verses + 1)
    }

    fn spelled_at(&self) -> usize {
        self.words_at() + 6 * self.words
    }
}

/// The first position from `low` up to `high` at which `below` no longer holds.
fn partition(mut low: usize, mut high: usize, below: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low + (high - low) / 2;
        if below(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn number_of(blob: &[u8], at: usize) -> Option<usize> {
    let bytes = blob.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
}

/// The number at `at`, 0 beyond the end: a compiled text was checked when it was opened.
fn u32_at(blob: &[u8], at: usize) -> u32 {
    match blob.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    }
}

fn u16_at(blob: &[u8], at: usize) -> u16 {
    match blob.get(at..at + 2) {
        Some(&[a, b]) => u16::from_le_bytes([a, b]),
        _ => NO_WORD,
    }
}
