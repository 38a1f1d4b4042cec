//! Quotations: words between quotation marks.

use std::ops::Range;

use super::Check;
use crate::scripture::judge::{Claim, Judgement, Quoted};

impl Check<'_, '_, '_> {
    pub(super) fn quotations(&mut self) {
        let page = self.page;
        let mut replaced_before = None;
        for (index, quotation) in page.quotations.iter().enumerate() {
            let sourced = self.source_beside(&quotation.outer);
            let mut ties = self.ties(index);
            if sourced {
                // A named source counts for more than a reference somewhere near.
                ties.retain(|tie| tie.claim == Claim::Firm);
            }
            if ties
                .iter()
                .any(|tie| page.cited[tie.cited].found.problem.is_some())
            {
                continue;
            }
            let quoted = Quoted {
                text: page.text,
                words: page.words_in(&quotation.inner),
            };
            let judged: Vec<(Option<usize>, Option<Judgement>)> = if ties.is_empty() {
                let claim = if sourced { Claim::Firm } else { Claim::None };
                vec![(None, self.judge.judge(&quoted, None, claim))]
            } else {
                ties.iter()
                    .map(|tie| {
                        let reference = &page.cited[tie.cited].found.reference;
                        (
                            Some(tie.cited),
                            self.judge.judge(&quoted, Some(reference), tie.claim),
                        )
                    })
                    .collect()
            };
            for tie in ties.iter().filter(|tie| tie.claim == Claim::Firm) {
                self.settled[tie.cited] = true;
            }
            let exact = judged
                .iter()
                .position(|(_, judgement)| matches!(judgement, Some(Judgement::Exact(_))));
            let Some((cited, Some(mut judgement))) = judged.into_iter().nth(exact.unwrap_or(0))
            else {
                continue;
            };
            let firm = sourced || ties.first().is_some_and(|tie| tie.claim == Claim::Firm);
            if firm && self.is_well_known_saying(&quotation.inner) {
                judgement = Judgement::Unreal;
            }
            let range = match cited.filter(|_| matches!(judgement, Judgement::Unreal)) {
                Some(cited) => {
                    let cited = &page.cited[cited];
                    let outer = &quotation.outer;
                    outer.start.min(cited.found.range.start)..outer.end.max(cited.end)
                }
                None => quotation.outer.clone(),
            };
            let exact = matches!(judgement, Judgement::Exact(_));
            if !exact && cited.is_some() && replaced_before == cited && self.continues(index) {
                // The true text stands already where the quotation began.
                let begun = page.quotations[index - 1].outer.end;
                self.replaced
                    .push((begun..quotation.outer.end, String::new()));
                continue;
            }
            replaced_before = cited.filter(|_| matches!(judgement, Judgement::Corrected(_)));
            self.settle(&quotation.inner, &range, cited, judgement);
        }
    }

    fn is_well_known_saying(&self, range: &Range<usize>) -> bool {
        let words = self.page.words_in(range).len();
        self.page.unreal.iter().any(|saying| {
            range.start <= saying.start
                && saying.end <= range.end
                && words <= self.page.words_in(saying).len() + 2
        })
    }
}
