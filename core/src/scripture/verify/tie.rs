//! Which reference or source a quotation belongs to.

use std::ops::Range;

use super::Check;
use crate::scripture::{
    judge::Claim,
    page::{LINK, PERSON, SPEECH},
    sentence::is_end,
};

/// How a reference and a quotation stand to one another.
#[derive(Clone, Copy)]
pub(super) struct Tie {
    pub cited: usize,
    pub claim: Claim,
}

impl Check<'_, '_, '_> {
    /// The references that a quotation may belong to, the likeliest first.
    pub(super) fn ties(&self, quotation: usize) -> Vec<Tie> {
        let page = self.page;
        if let Some(cited) = page.inside[quotation] {
            return vec![Tie {
                cited,
                claim: Claim::Firm,
            }];
        }
        let outer = &page.quotations[quotation].outer;
        let next = page
            .cited
            .iter()
            .position(|cited| cited.found.range.start >= outer.end);
        let previous = page
            .cited
            .iter()
            .rposition(|cited| cited.end <= outer.start);
        let behind = next.and_then(|cited| self.tie_behind(quotation, cited));
        let before = previous.and_then(|cited| self.tie_before(quotation, cited));
        match (behind, before) {
            (Some(behind), Some(before)) => {
                let gap = &page.text[outer.end..page.cited[behind.cited].found.range.start];
                let own = gap.contains(['(', '[', '\u{2014}', '\u{2013}']) || gap.contains(" - ");
                if before.claim == Claim::Firm && !own {
                    vec![before, behind]
                } else {
                    vec![behind, before]
                }
            }
            (behind, before) => behind.into_iter().chain(before).collect(),
        }
    }

    /// A reference behind a quotation: "…" (John 3:16), "…" — John 3:16, "…" says John 3:16.
    fn tie_behind(&self, quotation: usize, cited: usize) -> Option<Tie> {
        let page = self.page;
        let gap = page.quotations[quotation].outer.end..page.cited[cited].found.range.start;
        if page
            .quotations
            .get(quotation + 1)
            .is_some_and(|next| next.outer.start < gap.end)
        {
            return None;
        }
        let between = &page.text[gap.clone()];
        let words = page.words_in(&gap);
        let linked = words
            .iter()
            .all(|word| LINK.binary_search(&word.folded.as_str()).is_ok());
        let near = between.len() <= 80 && between.matches('\n').count() <= 2 && words.len() <= 8;
        (linked && near).then_some(Tie {
            cited,
            claim: Claim::Firm,
        })
    }

    /// A reference before a quotation: John 3:16: "…", John 3:16 says, "…".
    fn tie_before(&self, quotation: usize, cited: usize) -> Option<Tie> {
        let page = self.page;
        let outer = &page.quotations[quotation].outer;
        let gap = page.cited[cited].end..outer.start;
        let between = &page.text[gap.clone()];
        let words = page.words_in(&gap);
        let interrupted = quotation > 0 && page.quotations[quotation - 1].outer.end > gap.start;
        if words.len() > 40 || (between.contains("\n\n") && !words.is_empty()) {
            return None;
        }
        let somebody = words
            .iter()
            .any(|word| PERSON.binary_search(&word.folded.as_str()).is_ok());
        let speaks = words
            .iter()
            .any(|word| SPEECH.binary_search(&word.folded.as_str()).is_ok());
        let leads = between
            .trim_end()
            .ends_with([':', ',', '\u{2014}', '\u{2013}', '-']);
        let apart = between.contains(['.', '!', '?']);
        let firm = words.is_empty() || ((speaks || leads) && words.len() <= 16 && !apart);
        let firm = if interrupted {
            self.continues(quotation)
        } else {
            firm && !somebody
        };
        let claim = if firm { Claim::Firm } else { Claim::Loose };
        Some(Tie { cited, claim })
    }

    /// Whether a quotation goes on where the one before it was interrupted: "…," he said, "…".
    pub(super) fn continues(&self, quotation: usize) -> bool {
        let Some(before) = quotation
            .checked_sub(1)
            .map(|before| &self.page.quotations[before])
        else {
            return false;
        };
        let gap = before.outer.end..self.page.quotations[quotation].outer.start;
        let Some(between) = self.page.text.get(gap.clone()) else {
            // They cross, as in ‘a *b’ c*: nothing stands between.
            return false;
        };
        let comma = self.page.text[before.inner.clone()].ends_with(',') || between.starts_with(',');
        comma && self.page.words_in(&gap).len() <= 6 && !between.contains(['.', '!', '?', '\n'])
    }

    /// Whether a source is named beside a quotation: The Bible says, "…"; "…," says Scripture.
    pub(super) fn source_beside(&self, outer: &Range<usize>) -> bool {
        let page = self.page;
        page.sources.iter().any(|source| {
            let (gap, most) = if source.end <= outer.start {
                (source.end..outer.start, 8)
            } else if outer.end <= source.start {
                (outer.end..source.start, 3)
            } else {
                return false;
            };
            let words = page.words_in(&gap);
            words.len() <= most
                && !page.text[gap.clone()].contains(is_end)
                && !words
                    .iter()
                    .any(|word| PERSON.binary_search(&word.folded.as_str()).is_ok())
        })
    }
}
