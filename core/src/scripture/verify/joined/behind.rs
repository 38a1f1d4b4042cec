//! Words behind a reference: "John 3:16 says, For God so loved the world …".

use std::ops::Range;

use super::{super::trim, Check, held_near, worth};
use crate::scripture::{
    compare::matched_by_prefix,
    judge::Claim,
    page::{Page, SPEECH},
    wording::Word,
};

impl Check<'_, '_, '_> {
    /// "John 3:16 says, For God so loved the world …": where the words are, and how firmly they
    /// are called Scripture.
    pub(super) fn words_behind(&self, index: usize) -> Vec<(Range<usize>, Claim)> {
        let page = self.page;
        let cited = &page.cited[index];
        if cited.bracketed {
            return Vec::new();
        }
        let Some((start, claim)) = joint(page, cited.end) else {
            return Vec::new();
        };
        let paragraph = page.paragraph(start);
        let next = page.cited.get(index + 1).map_or(paragraph.end, |next| {
            let sentence = page.sentences_around(&next.found.range).start;
            if sentence > start {
                sentence
            } else {
                next.found.range.start
            }
        });
        let quotation = page
            .quotations
            .iter()
            .find(|quotation| quotation.outer.start >= start);
        let limit = paragraph
            .end
            .min(next)
            .min(quotation.map_or(usize::MAX, |q| q.outer.start));
        let words = page.words_in(&(start..limit));
        let words = &words[..words.len().min(300)];
        let ends: Vec<usize> = page
            .sentences
            .iter()
            .map(|sentence| sentence.end)
            .filter(|end| *end > start && *end <= limit)
            .chain([limit])
            .collect();
        let Ok(verses) = cited.found.reference.verses() else {
            return Vec::new();
        };
        let true_start = self.judge.texts().iter().any(|text| {
            text.numbers(words)
                .starts_with(&held_near(text, words, &verses))
        });
        let mut best: Option<(isize, usize)> = None;
        let mut length = usize::MAX;
        for text in self.judge.texts() {
            let held = held_near(text, words, &verses);
            length = length.min(held.len().max(1));
            let matched = matched_by_prefix(&text.numbers(words), &held);
            let bare = verses
                .last()
                .is_some_and(|verses| text.verse(verses.end - 1).ends_with(char::is_alphanumeric));
            let numbers = text.numbers(words);
            let whole = whole_run(page.text, words, &numbers, &held, bare);
            let clauses: Vec<usize> = clause_ends(page.text, words)
                .filter(|end| {
                    words.partition_point(|word| word.range.end <= *end) + 1 >= held.len()
                })
                .collect();
            // As many words as the verse has, if they are not its own.
            let as_long = words
                .get(held.len().saturating_sub(1))
                .filter(|_| !true_start)
                .map(|word| word.range.end);
            for end in ends.iter().chain(&whole).chain(&clauses).chain(&as_long) {
                let count = words.partition_point(|word| word.range.end <= *end);
                let Some(matched) = matched.get(count) else {
                    continue;
                };
                let score = worth(*matched, count);
                if count > 0 && best.is_none_or(|(before, _)| score > before) {
                    best = Some((score, *end));
                }
            }
        }
        let Some((score, end)) = best else {
            return Vec::new();
        };
        // If nothing agrees there, as many words as the verse has may stand for it, or the whole
        // sentence may stand elsewhere.
        let as_long = words.get(length - 1).map_or(limit, |word| word.range.end);
        let sentence = ends.first().copied().unwrap_or(limit);
        let best = (score > 0).then_some((end, claim));
        best.into_iter()
            .chain([(as_long, Claim::Loose), (sentence, claim)])
            .map(|(end, claim)| (trim(page.text, &(start..end)), claim))
            .collect()
    }
}

/// Where something new begins in the middle of a sentence, as behind a verse that ends with a
/// semicolon: a capital letter after other punctuation.
fn clause_ends<'w>(text: &'w str, words: &'w [Word]) -> impl Iterator<Item = usize> + 'w {
    words.windows(2).filter_map(|pair| {
        let gap = &text[pair[0].range.end..pair[1].range.start];
        let new = text[pair[1].range.start..].starts_with(char::is_uppercase);
        (new && gap.contains([',', ';', ':', ')', '\u{2014}']))
            .then(|| pair[0].range.end + gap.trim_end().len())
    })
}

/// Where the whole of `held` ends, if the words begin with it and something new begins behind
/// it: a verse that ends in the middle of its sentence, "… of the field; You are not alone."
///
/// `bare` says that the verse itself ends without punctuation.
fn whole_run(
    text: &str,
    words: &[Word],
    numbers: &[u16],
    held: &[u16],
    bare: bool,
) -> Option<usize> {
    if held.is_empty() || !numbers.starts_with(held) {
        return None;
    }
    let end = words.get(held.len() - 1)?.range.end;
    let next = words.get(held.len())?.range.start;
    let gap = &text[end..next];
    let new = text[next..].starts_with(char::is_uppercase);
    (new && (bare || gap.contains([',', ';', ':', ')', '\u{2014}'])))
        .then(|| end + gap.trim_end().len())
}

/// What joins a reference to words behind it: a colon, a dash, a verb of speaking, a line break.
fn joint(page: &Page<'_>, end: usize) -> Option<(usize, Claim)> {
    let rest = &page.text[end..];
    let line = rest.trim_start_matches([' ', '\t', '*', '_', '\u{a0}']);
    if line.starts_with('\n') {
        let alone = page.text[..end].rsplit('\n').next().is_some_and(|line| {
            line.len() < 60 && line.trim_start_matches(['#', '*', ' ', '_']).len() < 50
        });
        let start = end + rest.len() - line.trim_start().len();
        return alone.then_some((start, Claim::Loose));
    }
    let body = line.trim_start_matches([':', '\u{2014}', '\u{2013}', '-', ',', ' ', '*', '_']);
    let mark = &line[..line.len() - body.len()];
    let start = end + rest.len() - body.len();
    if !mark.trim().is_empty() {
        return Some((start, Claim::Loose));
    }
    let mut words = page.words.iter().skip_while(|word| word.range.start < end);
    let verb = words.next()?;
    if SPEECH.binary_search(&verb.folded.as_str()).is_err() {
        return None;
    }
    let mut last = verb.range.end;
    let mut indirect = false;
    for word in words.take(2) {
        let next = page.text[last..word.range.start].trim().is_empty();
        if !next || !matches!(word.folded.as_str(), "us" | "me" | "that" | "this") {
            break;
        }
        indirect |= word.folded == "that";
        last = word.range.end;
    }
    let rest = &page.text[last..];
    let body = rest.trim_start_matches([' ', ':', ',', '\u{2014}', '\u{2013}', '\n', '*', '_']);
    let mark = &rest[..rest.len() - body.len()];
    let firm = mark.contains([':', ',']) && !indirect;
    Some((
        last + mark.len(),
        if firm { Claim::Firm } else { Claim::Loose },
    ))
}
