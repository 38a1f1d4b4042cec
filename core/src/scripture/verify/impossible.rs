//! References that name nothing: there is no such verse.

use super::{Check, Verdict};
use crate::scripture::judge::Claim;

impl Check<'_, '_, '_> {
    /// Takes out the sentences of references that name nothing, with what they were said to quote.
    pub(super) fn impossible_references(&mut self) {
        let page = self.page;
        for (index, cited) in page.cited.iter().enumerate() {
            if cited.found.problem.is_none() || self.settled[index] {
                continue;
            }
            self.settled[index] = true;
            let mut range = cited.found.range.clone();
            let mut quoted = None;
            for quotation in 0..page.quotations.len() {
                let tied = self
                    .ties(quotation)
                    .iter()
                    .any(|tie| tie.cited == index && tie.claim == Claim::Firm);
                if tied {
                    let outer = &page.quotations[quotation].outer;
                    range = range.start.min(outer.start)..range.end.max(outer.end);
                    quoted = Some(page.text[page.quotations[quotation].inner.clone()].to_owned());
                }
            }
            let written = page.text[cited.found.range.clone()].to_owned();
            self.removed.push(page.sentences_around(&range));
            self.note(
                cited.found.range.start,
                written,
                Verdict::UnknownReference,
                quoted,
            );
        }
    }
}
