//! Words without quotation marks that are joined to a reference.

mod before;
mod behind;

use std::ops::Range;

use super::Check;
use crate::scripture::{HeldText, compare::nearest, judge::Quoted, wording::Word};

impl Check<'_, '_, '_> {
    /// Words without quotation marks that are joined to a reference.
    pub(super) fn joined_words(&mut self) {
        for index in 0..self.page.cited.len() {
            if self.settled[index] {
                continue;
            }
            let reference = &self.page.cited[index].found.reference;
            let mut joined = self.words_behind(index);
            if joined.is_empty() {
                joined.extend(self.words_before(index));
            }
            for (inner, claim) in joined {
                let quoted = Quoted {
                    text: self.page.text,
                    words: self.page.words_in(&inner),
                };
                let judgement = self.judge.judge(&quoted, Some(reference), claim);
                let Some(judgement) = judgement.filter(|it| !it.is_chance(quoted.words)) else {
                    continue;
                };
                self.settled[index] = true;
                self.settle(&inner, &inner, Some(index), judgement);
                break;
            }
        }
    }
}

/// The words of the verses; where these are many, of those that come nearest to `words`.
fn held_near(text: &HeldText, words: &[Word], verses: &[Range<usize>]) -> Vec<u16> {
    let stretches = || verses.iter().map(|verses| text.stretch(verses));
    let total: usize = stretches().map(|stretch| stretch.len()).sum();
    if total <= 400 {
        return stretches()
            .flat_map(|stretch| text.word_numbers(&stretch))
            .collect();
    }
    let numbers = text.numbers(&words[..words.len().min(80)]);
    stretches()
        .filter_map(|stretch| nearest(text, &numbers, Some(&stretch)))
        .max_by_key(|(_, likeness)| likeness.matched)
        .map(|(verses, _)| text.word_numbers(&text.stretch(&verses)))
        .unwrap_or_default()
}

/// How much a stretch of `count` words with `matched` of them in the verse speaks for being the
/// quotation: a third of the words must be right for it to speak for it at all.
fn worth(matched: usize, count: usize) -> isize {
    isize::try_from(3 * matched).unwrap_or(isize::MAX) - isize::try_from(count).unwrap_or(0)
}
