//! Words without quotation marks and without a reference that are called Scripture.

use super::{Check, Verdict, trim};
use crate::scripture::judge::{Claim, Quoted};

impl Check<'_, '_, '_> {
    /// Words without quotation marks and without a reference behind a source: "It is written:
    /// …"; and sayings that are taken for Scripture.
    pub(super) fn spoken_words(&mut self) {
        let page = self.page;
        for saying in &page.unreal {
            let sentence = page.sentences_around(saying);
            let claimed = page
                .sources
                .iter()
                .any(|source| sentence.start <= source.start && source.end <= sentence.end);
            if claimed && !self.removed.contains(&sentence) {
                let quoted = page.text[saying.clone()].to_owned();
                self.note(
                    saying.start,
                    String::new(),
                    Verdict::NotScripture,
                    Some(quoted),
                );
                self.removed.push(sentence);
            }
        }
        for source in &page.sources {
            let rest = &page.text[source.end..];
            let joint = rest.trim_start_matches([' ', ':', ',', '*', '_']);
            let mark = &rest[..rest.len() - joint.len()];
            let colon = mark.contains(':');
            let start = source.end + mark.len();
            if !(colon || mark.contains(',')) || !joint.starts_with(char::is_uppercase) {
                continue;
            }
            let end = page.sentences_around(&(source.start..start + 1)).end;
            let inner = trim(page.text, &(start..end));
            let touched =
                page.quotations.iter().any(|quotation| {
                    quotation.outer.start < inner.end && inner.start < quotation.outer.end
                }) || page.cited.iter().any(|cited| {
                    cited.found.range.start <= inner.end + 3 && inner.start < cited.end
                }) || self
                    .removed
                    .iter()
                    .chain(&self.judged)
                    .any(|range| range.start < inner.end && inner.start < range.end);
            if touched {
                continue;
            }
            let quoted = Quoted {
                text: page.text,
                words: page.words_in(&inner),
            };
            let claim = if colon { Claim::Firm } else { Claim::Loose };
            if let Some(judgement) = self.judge.judge(&quoted, None, claim) {
                self.settle(&inner, &inner, None, judgement);
            }
        }
    }
}
