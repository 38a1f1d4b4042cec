//! Where sentences and paragraphs begin.

use std::ops::Range;

/// Signs that close what an earlier sign opened.
pub(super) fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '\u{201d}' | '\u{2019}' | '\u{bb}' | '\u{203a}' | ')' | ']' | '*' | '_'
    )
}

/// Signs that end a sentence.
pub(super) fn is_end(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '\u{2026}' | '\u{3002}')
}

/// Words behind which a full stop does not end a sentence.
const SHORTENED: [&str; 18] = [
    "cf", "vs", "v", "vv", "st", "dr", "mr", "mrs", "ms", "eg", "ie", "g", "e", "i", "ch", "chap",
    "ver", "ps",
];

/// The sentences of `text`, which together are the whole text: each begins where the one before
/// ended, white space behind a sentence belongs to it, and a line break always ends one. No
/// sentence ends inside one of the `whole` ranges (quotations, references).
pub(super) fn sentences(text: &str, whole: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let mut end = at + c.len_utf8();
        if c != '\n' {
            let ends = is_end(c) && !(c == '.' && is_shortened(&text[start..at]));
            if !(ends || c == ')' && closes_a_sentence(&text[start..at])) {
                continue;
            }
            while let Some(&(next, c)) = chars.peek() {
                if !is_end(c) && !is_closer(c) {
                    break;
                }
                end = next + c.len_utf8();
                chars.next();
            }
            if !text[end..].starts_with(char::is_whitespace) {
                continue;
            }
        }
        let rest = text[end..].trim_start();
        let blank = text[end..text.len() - rest.len()].contains('\n') || c == '\n';
        let next = text.len() - rest.len();
        let goes_on = !blank && rest.starts_with(|c: char| c.is_lowercase() || "(—–-[".contains(c));
        let inside = whole
            .iter()
            .any(|range| range.start < next && end < range.end);
        if goes_on || inside || rest.is_empty() {
            continue;
        }
        while chars.peek().is_some_and(|(at, _)| *at < next) {
            chars.next();
        }
        sentences.push(start..next);
        start = next;
    }
    if start < text.len() {
        sentences.push(start..text.len());
    }
    sentences
}

/// Whether the bracket that opens last in `before` stands behind the end of a sentence, as in
/// "…he cares for you." (1 Peter 5:7).
fn closes_a_sentence(before: &str) -> bool {
    before.rfind('(').is_some_and(|open| {
        before[..open]
            .trim_end()
            .trim_end_matches(is_closer)
            .ends_with(is_end)
    })
}

fn is_shortened(before: &str) -> bool {
    let word = before
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    SHORTENED.contains(&word)
        || (word.len() > 1 && SHORTENED.contains(&word.to_lowercase().as_str()))
}
