//! Turns the verses of one translation into the compact form that [`HeldText`] reads in place.
//!
//! Shared by the build script and by the import of further translations. The form, all numbers
//! little-endian: a head of five `u32` (magic, verses, words, distinct words, bytes of text),
//! then
//! - where each verse's text begins, `u32` × (verses + 1);
//! - where each verse's first word stands, `u32` × (verses + 1);
//! - the words as numbers, `u16` × words;
//! - the suffix array: word positions ordered by the words that follow, `u32` × words;
//! - where each distinct word begins, `u32` × (distinct + 1), and the distinct words themselves,
//!   in order;
//! - the text.
//!
//! [`HeldText`]: super::HeldText

use super::wording::words;

/// The first four bytes of a compiled text, "MKT1".
pub const MAGIC: u32 = u32::from_le_bytes(*b"MKT1");

/// Words of a reply that stand in no held text.
pub const NO_WORD: u16 = u16::MAX;

/// Compiles `verses`, which stand in canonical order; an empty string is a verse that this
/// translation does not have. `None` if the text has too many distinct words (65,535) or bytes.
pub fn compile<S: AsRef<str>>(verses: &[S]) -> Option<Vec<u8>> {
    let mut text = String::new();
    let mut text_starts = vec![0u32];
    let mut word_starts = vec![0u32];
    let mut spelled: Vec<String> = Vec::new();
    for verse in verses {
        text.push_str(verse.as_ref());
        spelled.extend(words(verse.as_ref()).into_iter().map(|word| word.folded));
        text_starts.push(u32::try_from(text.len()).ok()?);
        word_starts.push(u32::try_from(spelled.len()).ok()?);
    }

    let mut distinct: Vec<&str> = spelled.iter().map(String::as_str).collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() >= usize::from(NO_WORD) {
        return None;
    }
    let numbers: Vec<u16> = spelled
        .iter()
        .map(|word| {
            distinct
                .binary_search(&word.as_str())
                .ok()
                .and_then(|n| u16::try_from(n).ok())
        })
        .collect::<Option<_>>()?;

    let mut suffixes: Vec<u32> = (0..u32::try_from(numbers.len()).ok()?).collect();
    suffixes.sort_unstable_by(|&a, &b| numbers[a as usize..].cmp(&numbers[b as usize..]));

    let mut blob = Vec::new();
    let put = |blob: &mut Vec<u8>, number: u32| blob.extend_from_slice(&number.to_le_bytes());
    put(&mut blob, MAGIC);
    put(&mut blob, u32::try_from(verses.len()).ok()?);
    put(&mut blob, u32::try_from(numbers.len()).ok()?);
    put(&mut blob, u32::try_from(distinct.len()).ok()?);
    put(&mut blob, u32::try_from(text.len()).ok()?);
    for start in text_starts.iter().chain(&word_starts) {
        put(&mut blob, *start);
    }
    for number in &numbers {
        blob.extend_from_slice(&number.to_le_bytes());
    }
    for suffix in &suffixes {
        put(&mut blob, *suffix);
    }
    let mut end = 0u32;
    put(&mut blob, end);
    for word in &distinct {
        end += u32::try_from(word.len()).ok()?;
        put(&mut blob, end);
    }
    for word in &distinct {
        blob.extend_from_slice(word.as_bytes());
    }
    blob.extend_from_slice(text.as_bytes());
    Some(blob)
}
