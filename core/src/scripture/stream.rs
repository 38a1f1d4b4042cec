//! The verifier on a stream: nothing unverified is ever released.

use std::sync::Arc;

use super::{
    Finding, HeldText, Library, Passage, TranslationId, find_references,
    page::Page,
    parse_exact,
    sentence::{is_closer, is_end},
    verify,
    wording::words,
};

/// How many characters behind a sentence are looked at before it is released: a reference that
/// begins in the next words belongs to it. At some 40 characters for a second of model output
/// this is the delay a plain sentence has.
const LOOK_AHEAD: usize = 48;

/// A piece of a reply that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Sentences after the check, without white space at their ends.
    Text {
        /// The words.
        text: String,
        /// Whether they begin a new line or paragraph, and do not follow on the same one.
        starts_paragraph: bool,
    },
    /// A passage that was marked: `[[John 3:16]]`, or a reference alone between blank lines.
    Passage(Passage),
}

/// Verifies a reply while it is written.
///
/// A plain sentence is released once the next 48 characters show that no reference follows it.
/// A sentence that quotes, cites, names Scripture as its source or sounds like it is held back
/// until a plain sentence or the paragraph's end has followed. However a text is cut into pieces,
/// what is released is the same.
#[derive(Debug)]
pub struct StreamVerifier {
    library: Arc<Library>,
    translation: TranslationId,
    held: String,
    /// Where in `held` the first place stands at which it was not yet decided whether to cut.
    undecided: usize,
    starts_paragraph: bool,
    findings: Vec<Finding>,
}

impl StreamVerifier {
    /// A verifier for one reply; `translation` is used as in [`verify`].
    pub fn new(library: Arc<Library>, translation: TranslationId) -> Self {
        Self {
            library,
            translation,
            held: String::new(),
            undecided: 0,
            starts_paragraph: true,
            findings: Vec::new(),
        }
    }

    /// Takes the next piece of the reply; returns what can now be shown.
    pub fn push(&mut self, piece: &str) -> Vec<Checked> {
        self.held.push_str(piece);
        self.release(false)
    }

    /// The reply is complete: returns the rest of it.
    pub fn finish(&mut self) -> Vec<Checked> {
        let mut released = self.release(true);
        let rest = std::mem::take(&mut self.held);
        self.undecided = 0;
        self.check(&rest, &mut released);
        released
    }

    /// What was found so far, in the order of the text.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn release(&mut self, ended: bool) -> Vec<Checked> {
        let mut released = Vec::new();
        while let Some(cut) = self.next_cut(ended) {
            let rest = self.held.split_off(cut);
            let unit = std::mem::replace(&mut self.held, rest);
            self.undecided = 0;
            self.check(&unit, &mut released);
        }
        released
    }

    /// The first place to cut. Each decision looks at the text before the place and at the next
    /// [`LOOK_AHEAD`] characters only, and waits until these are there: so it cannot depend on
    /// how the text arrives.
    fn next_cut(&mut self, ended: bool) -> Option<usize> {
        let held = &self.held;
        let mut at = self.undecided;
        loop {
            let found = held[at..].char_indices().find(|(offset, c)| {
                let place = at + offset;
                !c.is_whitespace() && place > 0 && held[..place].ends_with(char::is_whitespace)
            });
            let place = at + found?.0;
            let window = held[place..]
                .char_indices()
                .nth(LOOK_AHEAD)
                .map(|(end, _)| place + end);
            let Some(window) = window.or(ended.then_some(held.len())) else {
                self.undecided = place;
                return None;
            };
            if self.may_cut(&held[..place], &held[place..window]) {
                return Some(place);
            }
            at = place + held[place..].chars().next().map_or(1, char::len_utf8);
            self.undecided = at;
        }
    }

    /// Whether what stands before is complete, whatever follows `next`.
    fn may_cut(&self, before: &str, next: &str) -> bool {
        let words = before.trim_end();
        let gap = &before[words.len()..];
        let ended = words.trim_end_matches(is_closer).ends_with(is_end);
        let goes_on = next.starts_with(|c: char| c.is_lowercase());
        if !gap.contains('\n') && (!ended || goes_on) {
            return false;
        }
        let broken = gap.matches('\n').count() > 1;
        let line = before.trim_end().rsplit('\n').next().unwrap_or_default();
        if is_marker(line) && gap.contains('\n') {
            return true;
        }
        if next.starts_with(|c: char| "([—–->\u{2015}".contains(c)) && !next.starts_with("[[")
            || (!broken && !find_references(next).is_empty())
            || is_reference_line(next)
        {
            return false;
        }
        let paragraph = words.rfind("\n\n").map_or(0, |start| start + 2);
        if !broken && is_open(&words[paragraph..]) {
            return false;
        }
        let page = Page::read(before);
        let last = page.sentences.last().map_or(0..before.len(), Clone::clone);
        let claims = |from: usize| {
            page.cited.iter().any(|cited| cited.end > from)
                || page
                    .quotations
                    .iter()
                    .any(|quotation| quotation.outer.end > from)
                || page.sources.iter().any(|source| source.end > from)
        };
        if !claims(0) {
            return broken || !self.sounds_like_scripture(&before[last]);
        }
        if broken {
            // A heading that names a verse belongs to what follows it.
            return !is_reference_line(line) && !next.starts_with(['“', '"', '‘', '*', '_']);
        }
        !claims(last.start) && !self.sounds_like_scripture(&before[last])
    }

    /// Whether some held text has five words of the sentence in a row, or half of its runs of
    /// three.
    fn sounds_like_scripture(&self, sentence: &str) -> bool {
        let words = words(sentence);
        self.library.texts().iter().any(|text| {
            let numbers = text.numbers(&words);
            let stands = |run: &[u16]| !text.occurrences(run).is_empty();
            let threes = numbers.windows(3).filter(|run| stands(run)).count();
            numbers.len() < 3 || threes * 2 >= numbers.len() - 2 || numbers.windows(5).any(stands)
        })
    }

    /// Verifies a unit and appends what is left of it.
    fn check(&mut self, unit: &str, released: &mut Vec<Checked>) {
        let mut text = String::new();
        let lines: Vec<&str> = unit.split_inclusive('\n').collect();
        for (index, line) in lines.iter().enumerate() {
            let quoted = |line: Option<&&str>| {
                line.is_some_and(|line| {
                    line.trim_start().starts_with('>') || line.trim_end().ends_with(is_closer)
                })
            };
            let before = lines[..index]
                .iter()
                .rev()
                .find(|line| !line.trim().is_empty());
            let alone = lines
                .get(index + 1)
                .is_none_or(|line| line.trim().is_empty())
                && index
                    .checked_sub(1)
                    .is_none_or(|before| lines[before].trim().is_empty());
            let bare = alone && !quoted(before) && is_reference_line(line);
            if !bare && !is_marker(line) {
                text.push_str(line);
                continue;
            }
            let asked = line
                .trim()
                .trim_start_matches("[[")
                .trim_end_matches("]]")
                .trim();
            match self.passage(asked) {
                Some(passage) => {
                    self.text(&std::mem::take(&mut text), released);
                    let shown = verify(&format!("[[{asked}]]"), &self.library, &self.translation);
                    self.findings.extend(shown.findings);
                    released.push(Checked::Passage(passage));
                    self.starts_paragraph = true;
                }
                None => text.push_str(line),
            }
        }
        self.text(&text, released);
    }

    fn passage(&self, asked: &str) -> Option<Passage> {
        let reference = parse_exact(asked).ok()?;
        let ids = self
            .library
            .texts()
            .iter()
            .map(HeldText::translation)
            .map(|held| &held.id);
        std::iter::once(&self.translation)
            .chain(ids)
            .find_map(|id| self.library.passage(&reference, id).ok())
    }

    fn text(&mut self, text: &str, released: &mut Vec<Checked>) {
        let verified = verify(text, &self.library, &self.translation);
        self.findings.extend(verified.findings);
        for (index, paragraph) in verified.text.split("\n\n").enumerate() {
            self.starts_paragraph |= index > 0 || paragraph.starts_with('\n');
            let words = paragraph.trim();
            if !words.is_empty() {
                released.push(Checked::Text {
                    text: words.to_owned(),
                    starts_paragraph: self.starts_paragraph,
                });
                self.starts_paragraph = false;
            }
        }
        let end = &text[text.trim_end().len()..];
        self.starts_paragraph |= end.contains('\n');
    }
}

/// A line of the form `[[John 3:16]]`.
fn is_marker(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("[[") && line.ends_with("]]") && line.matches("[[").count() == 1
}

/// Whether the first line of `text` is a reference and nothing else.
fn is_reference_line(text: &str) -> bool {
    let line = text.trim_start().lines().next().unwrap_or_default();
    let line = line.trim().trim_matches(['*', '#', '_', ':']).trim();
    line.len() < 80
        && line.contains(|c: char| c.is_ascii_digit())
        && !line.starts_with(|c: char| "—–-(".contains(c))
        && parse_exact(line).is_ok()
}

/// Whether a quotation was begun in `paragraph` and is not closed.
fn is_open(paragraph: &str) -> bool {
    let count = |c: char| paragraph.matches(c).count();
    let singles = paragraph.char_indices().any(|(at, c)| {
        matches!(c, '\'' | '\u{2018}')
            && !paragraph[..at].ends_with(char::is_alphanumeric)
            && paragraph[at + c.len_utf8()..].starts_with(char::is_alphanumeric)
            && !paragraph[at + c.len_utf8()..].contains(['\'', '\u{2019}'])
    });
    count('"') % 2 == 1
        || count('\u{201c}') + count('\u{201e}') > count('\u{201d}')
        || count('\u{ab}') != count('\u{bb}')
        || count('*') % 2 == 1
        || count('_') % 2 == 1
        || count('[') > count(']')
        || count('(') > count(')')
        || singles
}
