//! What counts as the same word: the one rule by which quotations and held texts are compared.
//!
//! Shared by the build script, which indexes the embedded texts with it. Case, punctuation,
//! white space, the shape of quotation marks, apostrophes and dashes do not count; letters and
//! digits do. `æ` is read as `ae`.

use std::ops::Range;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// Its letters and digits in lower case.
    pub folded: String,
}

/// The words of `text`, in order. Linear in the length of the text.
pub fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut current: Option<Word> = None;
    let mut apostrophe = false;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() {
            apostrophe = false;
            let word = current.get_or_insert_with(|| Word {
                range: at..at,
                folded: String::new(),
            });
            push_folded(&mut word.folded, c);
            word.range.end = at + c.len_utf8();
        } else if is_apostrophe(c) && current.is_some() && !apostrophe {
            apostrophe = true;
        } else if !is_invisible(c) || apostrophe {
            apostrophe = false;
            found.extend(current.take());
        }
    }
    found.extend(current);
    found
}

fn push_folded(folded: &mut String, c: char) {
    match c {
        'A'..='Z' => folded.push(c.to_ascii_lowercase()),
        'a'..='z' | '0'..='9' => folded.push(c),
        'æ' | 'Æ' => folded.push_str("ae"),
        other => folded.extend(other.to_lowercase()),
    }
}

/// The signs people put inside a word for an apostrophe.
pub fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2019}' | '\u{2018}' | '\u{02bc}' | '`' | '\u{00b4}'
    )
}

/// Characters that are written but not seen: they never end a word.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{0300}'..='\u{036f}')
}
