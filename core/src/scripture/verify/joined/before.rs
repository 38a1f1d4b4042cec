//! Words before a reference: "For God so loved the world … (John 3:16)".

use std::ops::Range;

use super::{super::trim, Check, held_near, worth};
use crate::scripture::{
    compare::{likeness, matched_by_prefix},
    judge::Claim,
    page::before_link,
    wording::Word,
};

impl Check<'_, '_, '_> {
    /// "For God so loved the world … (John 3:16)".
    pub(super) fn words_before(&self, index: usize) -> Option<(Range<usize>, Claim)> {
        let page = self.page;
        let cited = &page.cited[index];
        let lead = &page.text[..cited.found.range.start];
        let end = before_link(lead).len();
        let gap = &lead[end..];
        if !gap.contains(|c: char| !c.is_whitespace()) && !gap.contains('\n') {
            return None;
        }
        let limit = page
            .paragraph(end)
            .start
            .max(
                index
                    .checked_sub(1)
                    .map_or(0, |before| page.cited[before].end),
            )
            .max(
                page.quotations
                    .iter()
                    .map(|quotation| quotation.outer.end)
                    .filter(|quotation| *quotation <= end)
                    .max()
                    .unwrap_or(0),
            );
        let words = page.words_in(&(limit.min(end)..end));
        let words = &words[words.len().saturating_sub(300)..];
        let verses = cited.found.reference.verses().ok()?;
        let mut starts: Vec<usize> = page
            .sentences
            .iter()
            .map(|sentence| sentence.start)
            .filter(|start| *start >= limit && *start < end)
            .collect();
        starts.push(limit);
        let mut best: Option<(isize, usize, usize)> = None;
        for text in self.judge.texts() {
            let mut held = held_near(text, words, &verses);
            let mut numbers = text.numbers(words);
            let run = longest_run_at_end(&numbers, &held);
            held.reverse();
            numbers.reverse();
            let matched = matched_by_prefix(&numbers, &held);
            for start in &starts {
                let count = words
                    .iter()
                    .filter(|word| word.range.start >= *start)
                    .count();
                let Some(&found) = matched.get(count) else {
                    continue;
                };
                if count == 0 {
                    continue;
                }
                // Only the last words are quoted, and they are quoted truly.
                // A word or two in front of a whole verse, with nothing between, belong to it.
                let added = (run >= held.len())
                    .then(|| added_before(page.text, words, run))
                    .flatten();
                let run_only = found == run && run >= 3 && (run * 5 >= count * 3 || run >= 5);
                let from = if run_only {
                    words[words.len() - run].range.start
                } else {
                    let first = &words[words.len() - count..];
                    let mut held = held.clone();
                    held.reverse();
                    let alike = likeness(&text.numbers(first), &held);
                    if alike.matched > 0 && alike.first > 2 {
                        first[alike.first].range.start
                    } else {
                        first[0].range.start
                    }
                };
                let at_run = words.get(words.len() - run).map(|word| word.range.start);
                let from = added.filter(|_| at_run == Some(from)).unwrap_or(from);
                let kept = words.iter().filter(|word| word.range.start >= from).count();
                let mut score = worth(found, kept);
                if run >= held.len() {
                    // The whole verse stands there to the word: no other text can be meant.
                    score += 4;
                }
                if best.is_none_or(|(before, ..)| score > before) {
                    best = Some((score, from, found));
                }
            }
        }
        let (score, start, matched) = best?;
        if score <= 0 || matched == 0 {
            // Nothing of it stands there: the last sentence may stand elsewhere.
            let last = starts.iter().copied().max()?;
            return Some((trim(page.text, &(last..end)), Claim::Loose));
        }
        Some((trim(page.text, &(start..end)), Claim::Loose))
    }
}

/// Where one or two words begin that stand directly in front of the last `run` words, with
/// punctuation or nothing before them.
fn added_before(text: &str, words: &[Word], run: usize) -> Option<usize> {
    let first = words.len() - run;
    for back in 1..=first.min(2) {
        let word = &words[first - back];
        let next = words.get(first - back + 1)?;
        let between = text[word.range.end..next.range.start].trim_end_matches(['(', '[']);
        if !between.trim().is_empty() {
            return None;
        }
        let apart = (first - back).checked_sub(1).is_none_or(|before| {
            !text[words[before].range.end..word.range.start]
                .trim()
                .is_empty()
        });
        if apart {
            return Some(word.range.start);
        }
    }
    None
}

/// How many of the last words stand together somewhere in `held`.
fn longest_run_at_end(numbers: &[u16], held: &[u16]) -> usize {
    let mut longest = 0;
    for end in 1..=held.len() {
        let run = numbers
            .iter()
            .rev()
            .zip(held[..end].iter().rev())
            .take_while(|(a, b)| a == b)
            .count();
        longest = longest.max(run);
    }
    longest
}
