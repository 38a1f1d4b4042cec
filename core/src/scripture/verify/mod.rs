//! The check that nothing is invented: every quotation is word for word, put right, or gone.
//!
//! [`verify`] runs the steps over a page, each in a file of its own; what a step finds and changes
//! is gathered in a [`Check`] and put together at the end.

mod edit;
mod impossible;
mod joined;
mod marker;
mod quoted;
mod settle;
mod spoken;
mod tie;

use std::ops::Range;

use serde::Serialize;

use self::marker::markers;
use super::{Library, TranslationId, judge::Judge, page::Page};

/// What the verifier says about a quotation or a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The words stand in a held text; its own spelling and punctuation are shown.
    Exact,
    /// The words or the reference were wrong; the true ones are shown.
    Corrected,
    /// There is no such verse; its sentence was taken out.
    UnknownReference,
    /// The words are in no held text; their sentence was taken out.
    NotScripture,
}

/// One thing the verifier found. Holds words of the text: not for logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The reference as it is shown now; as it was written, if it names nothing; `None` for a
    /// quotation that named none and was found nowhere.
    pub reference: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The words as they were quoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<String>,
    /// The words that are shown instead; `None` where they were taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The translation of the words that are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation: Option<TranslationId>,
}

/// A text after the check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// What may be sent. Byte for byte the text that came in, if it held no Scripture.
    pub text: String,
    /// What was found, in the order of the text.
    pub findings: Vec<Finding>,
}

/// Checks every quotation in `text` against the held texts; `translation` is shown where words
/// had to be replaced (an unknown one counts as the default).
///
/// A reference that is only mentioned stays as it is, if it exists. Total on any input; linear in
/// the text's length but for the comparisons, each of which is bounded.
pub fn verify(text: &str, library: &Library, translation: &TranslationId) -> Verified {
    let page = Page::read(text);
    let markers = markers(text);
    if page.cited.is_empty()
        && page.quotations.is_empty()
        && page.sources.is_empty()
        && markers.is_empty()
    {
        return Verified {
            text: text.to_owned(),
            findings: Vec::new(),
        };
    }
    let mut check = Check {
        judge: Judge::new(library, translation),
        page: &page,
        replaced: Vec::new(),
        removed: Vec::new(),
        findings: Vec::new(),
        settled: vec![false; page.cited.len()],
        judged: Vec::new(),
    };
    for (range, reference) in markers {
        check.expand(&range, &reference, library, translation);
    }
    check.impossible_references();
    check.quotations();
    check.joined_words();
    check.spoken_words();
    check.finish()
}

struct Check<'p, 't, 'l> {
    judge: Judge<'l>,
    page: &'p Page<'t>,
    replaced: Vec<(Range<usize>, String)>,
    removed: Vec<Range<usize>>,
    findings: Vec<(usize, Finding)>,
    /// Which references belong to a quotation that was judged, or are dealt with otherwise.
    settled: Vec<bool>,
    /// Stretches that were judged.
    judged: Vec<Range<usize>>,
}

/// `range` without white space at its ends.
fn trim(text: &str, range: &Range<usize>) -> Range<usize> {
    let within = &text[range.clone()];
    let start = range.start + within.len() - within.trim_start().len();
    start..(start + within.trim().len()).max(start)
}
