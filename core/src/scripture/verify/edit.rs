//! Puts the text together from what stays, what was replaced and what was taken out.

use std::ops::Range;

use super::{Check, Verified};

impl Check<'_, '_, '_> {
    /// Puts the text together.
    pub(super) fn finish(mut self) -> Verified {
        let text = self.page.text;
        self.removed.sort_by_key(|range| range.start);
        self.replaced.sort_by_key(|(range, _)| range.start);
        let mut edits: Vec<(Range<usize>, Option<String>)> = Vec::new();
        for removed in self.removed {
            match edits.last_mut() {
                Some((last, None)) if removed.start <= last.end => {
                    last.end = last.end.max(removed.end);
                }
                _ => edits.push((removed, None)),
            }
        }
        for (range, replacement) in self.replaced {
            let free = edits
                .iter()
                .all(|(edit, _)| range.end <= edit.start || edit.end <= range.start);
            if free && text[range.clone()] != replacement {
                edits.push((range, Some(replacement)));
            }
        }
        edits.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (range, replacement) in edits {
            out.push_str(&text[at..range.start]);
            at = range.end;
            if let Some(replacement) = replacement {
                out.push_str(&replacement);
                continue;
            }
            // The line break behind the last sentence of a paragraph stays.
            let taken = &text[range];
            let blank = &taken[taken.trim_end().len()..];
            if at == text.len() {
                out.truncate(out.trim_end().len());
            } else if blank.contains('\n') && !out.is_empty() && !out.ends_with('\n') {
                out.truncate(out.trim_end().len());
                out.push_str(blank);
            }
        }
        out.push_str(&text[at..]);
        self.findings.sort_by_key(|(at, _)| *at);
        let findings = self
            .findings
            .into_iter()
            .map(|(_, finding)| finding)
            .collect();
        Verified {
            text: out,
            findings,
        }
    }
}
