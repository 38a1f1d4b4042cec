//! Passages that a text asks for by a marker, `[[John 3:16]]`.

use std::ops::Range;

use super::{Check, Finding, Verdict};
use crate::scripture::{Library, TranslationId, parse_exact};

/// Lines, or parts of them, of the form `[[John 3:16]]`.
pub(super) fn markers(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("[[").map(|at| from + at) {
        let Some(length) = text[start..].find("]]") else {
            break;
        };
        let inner = &text[start + 2..start + length];
        from = start + 2;
        if !inner.contains('\n') && !inner.contains('[') {
            from = start + length + 2;
            found.push((start..from, inner.trim().to_owned()));
        }
    }
    found
}

impl Check<'_, '_, '_> {
    /// Puts the passage in place of its marker.
    pub(super) fn expand(
        &mut self,
        range: &Range<usize>,
        written: &str,
        library: &Library,
        translation: &TranslationId,
    ) {
        for (index, cited) in self.page.cited.iter().enumerate() {
            if range.start <= cited.found.range.start && cited.found.range.end <= range.end {
                self.settled[index] = true;
            }
        }
        let passage = parse_exact(written).ok().and_then(|reference| {
            self.judge.texts().iter().find_map(|text| {
                let preferred = library.passage(&reference, translation).ok();
                preferred.or_else(|| library.passage(&reference, &text.translation().id).ok())
            })
        });
        let Some(passage) = passage else {
            self.removed.push(self.page.sentences_around(range));
            self.note(
                range.start,
                written.to_owned(),
                Verdict::UnknownReference,
                None,
            );
            return;
        };
        let reference = passage.reference.to_string();
        let shown = format!(
            "\u{201c}{}\u{201d}\n\u{2014} {reference} ({})",
            passage.text, passage.translation
        );
        self.findings.push((
            range.start,
            Finding {
                reference: Some(reference),
                verdict: Verdict::Exact,
                quoted: None,
                shown: Some(passage.text),
                translation: Some(passage.translation),
            },
        ));
        self.replaced.push((range.clone(), shown));
    }
}
