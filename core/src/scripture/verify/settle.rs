//! What a judgement changes in the text, and what is reported of it.

use std::ops::Range;

use super::{Check, Finding, Verdict, trim};
use crate::scripture::{
    judge::{Judgement, Shown, Words},
    page::Cited,
};

impl Check<'_, '_, '_> {
    pub(super) fn note(
        &mut self,
        at: usize,
        reference: String,
        verdict: Verdict,
        quoted: Option<String>,
    ) {
        let reference = (!reference.is_empty()).then_some(reference);
        let finding = Finding {
            reference,
            verdict,
            quoted,
            shown: None,
            translation: None,
        };
        self.findings.push((at, finding));
    }

    /// Writes down a judgement and what it changes.
    pub(super) fn settle(
        &mut self,
        inner: &Range<usize>,
        sentence: &Range<usize>,
        cited: Option<usize>,
        judgement: Judgement,
    ) {
        let page = self.page;
        let inner = trim(page.text, inner);
        self.judged.push(inner.clone());
        let quoted = page.text[inner.clone()].to_owned();
        let cited = cited.map(|cited| &page.cited[cited]);
        let (verdict, shown) = match judgement {
            Judgement::Unreal => {
                self.removed.push(page.sentences_around(sentence));
                let reference = cited.map(|cited| page.text[cited.found.range.clone()].to_owned());
                self.note(
                    inner.start,
                    reference.unwrap_or_default(),
                    Verdict::NotScripture,
                    Some(quoted),
                );
                return;
            }
            Judgement::Exact(shown) => (Verdict::Exact, shown),
            Judgement::Corrected(shown) => (Verdict::Corrected, shown),
        };
        if let Some(cited) = cited {
            self.correct_reference(cited, &shown);
        }
        let text = match shown.text {
            Words::Whole(text) => {
                self.replaced.push((inner.clone(), text.clone()));
                text
            }
            Words::Exact(parts) => {
                let single = parts.len() == 1;
                let texts: Vec<String> = parts.iter().map(|(_, text, _)| text.clone()).collect();
                for (words, text, (begins, ends)) in parts {
                    let start = if single && begins {
                        // The sign that the verse begins with may stand before what was taken
                        // for the quotation.
                        let front = &text[..text.find(char::is_alphanumeric).unwrap_or(0)];
                        let lead = &page.text[..inner.start];
                        let before = lead.strip_suffix(front);
                        let before = before.or_else(|| lead.strip_suffix(front.trim_end()));
                        let written = page.text[inner.clone()].starts_with(front);
                        before.filter(|_| !written).map_or(inner.start, str::len)
                    } else {
                        words.start
                    };
                    let end = if single && ends { inner.end } else { words.end };
                    let text = match (single && begins, single && ends) {
                        (true, true) => text,
                        (begins, ends) => strip(&text, !begins, !ends).to_owned(),
                    };
                    self.replaced.push((start..end, text));
                }
                texts.join(" … ")
            }
        };
        self.findings.push((
            inner.start,
            Finding {
                reference: Some(shown.reference.to_string()),
                verdict,
                quoted: Some(quoted),
                shown: Some(text),
                translation: Some(shown.translation),
            },
        ));
    }

    /// Puts a wrong reference, or the name of another translation behind it, right.
    fn correct_reference(&mut self, cited: &Cited, shown: &Shown) {
        if shown.moved && shown.reference != cited.found.reference {
            self.replaced
                .push((cited.found.range.clone(), shown.reference.to_string()));
        }
        if let Some(label) = &cited.label
            && self.page.text[label.clone()] != *shown.translation.0
        {
            self.replaced
                .push((label.clone(), shown.translation.0.clone()));
        }
    }
}

/// `text` without what is neither letter nor digit at the sides asked for.
fn strip(text: &str, front: bool, back: bool) -> &str {
    let text = if front {
        text.trim_start_matches(|c: char| !c.is_alphanumeric())
    } else {
        text
    };
    if back {
        text.trim_end_matches(|c: char| !c.is_alphanumeric())
    } else {
        text
    }
}
