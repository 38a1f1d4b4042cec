//! One text as the verifier sees it: its words, references, quotations and sentences.

use std::ops::Range;

use super::{
    parse::{Found, find_references},
    quotation::{Quotation, quotations},
    sentence::sentences,
    token::{Piece, tokens},
    wording::{Word, words},
};

mod attribution {
    include!(concat!(env!("OUT_DIR"), "/attributions.rs"));
}
pub(super) use attribution::{COMMON, LINK, PERSON, SPEECH};
use attribution::{LABELS, SOURCE, UNREAL};

/// The longest phrase of `attributions.tsv`, in words.
const LONGEST_PHRASE: usize = 14;

/// A reference with what belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Cited {
    pub found: Found,
    /// The short name of a translation behind it.
    pub label: Option<Range<usize>>,
    /// Where the reference ends, label and closing bracket included.
    pub end: usize,
    /// Whether an opening bracket stands before it.
    pub bracketed: bool,
}

/// A text, read.
pub(super) struct Page<'t> {
    pub text: &'t str,
    pub words: Vec<Word>,
    pub cited: Vec<Cited>,
    /// Quotations, without references that stand in them at either end.
    pub quotations: Vec<Quotation>,
    /// For each quotation, the reference that stood in it.
    pub inside: Vec<Option<usize>>,
    pub sentences: Vec<Range<usize>>,
    /// Places where the text says that Scripture speaks.
    pub sources: Vec<Range<usize>>,
    /// Sayings that are often taken for Scripture.
    pub unreal: Vec<Range<usize>>,
}

impl<'t> Page<'t> {
    pub fn read(text: &'t str) -> Self {
        let words = words(text);
        let cited: Vec<Cited> = find_references(text)
            .into_iter()
            .map(|found| cite(text, found))
            .collect();
        let (quotations, inside) = trimmed(text, &cited, &words);
        let whole: Vec<Range<usize>> = quotations
            .iter()
            .map(|quotation| quotation.outer.clone())
            .chain(cited.iter().map(|cited| cited.found.range.start..cited.end))
            .collect();
        Self {
            text,
            sentences: sentences(text, &whole),
            sources: [phrases(&words, SOURCE), unheard_of(text, &cited)].concat(),
            unreal: phrases(&words, UNREAL),
            words,
            cited,
            quotations,
            inside,
        }
    }

    /// The words within `range`.
    pub fn words_in(&self, range: &Range<usize>) -> &[Word] {
        let first = self
            .words
            .partition_point(|word| word.range.start < range.start);
        let last = self
            .words
            .partition_point(|word| word.range.end <= range.end);
        self.words.get(first..last).unwrap_or_default()
    }

    /// The whole sentences that `range` touches.
    pub fn sentences_around(&self, range: &Range<usize>) -> Range<usize> {
        let mut around = range.clone();
        for sentence in &self.sentences {
            if sentence.start < range.end && range.start < sentence.end {
                around = around.start.min(sentence.start)..around.end.max(sentence.end);
            }
        }
        around
    }

    /// Where the paragraph around `at` begins and ends.
    pub fn paragraph(&self, at: usize) -> Range<usize> {
        let start = self.text[..at].rfind("\n\n").map_or(0, |start| start + 2);
        let end = self.text[at..]
            .find("\n\n")
            .map_or(self.text.len(), |end| at + end);
        start..end
    }
}

/// Where the phrases of `list` stand.
fn phrases(words: &[Word], list: &[&str]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut phrase = String::new();
    for (at, word) in words.iter().enumerate() {
        phrase.clear();
        for last in &words[at..words.len().min(at + LONGEST_PHRASE)] {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(&last.folded);
            match list.binary_search(&phrase.as_str()) {
                Ok(_) => found.push(word.range.start..last.range.end),
                Err(next) if list.get(next).is_some_and(|next| next.starts_with(&phrase)) => {}
                Err(_) => break,
            }
        }
    }
    found
}

/// References to books that are in no Bible, as "Hezekiah 3:16": what is quoted beside one is said
/// to be Scripture.
fn unheard_of(text: &str, cited: &[Cited]) -> Vec<Range<usize>> {
    if !text.contains(':') {
        return Vec::new();
    }
    let tokens = tokens(text);
    tokens
        .windows(4)
        .filter_map(|window| match window {
            [name, chapter, colon, verse]
                if name.capital
                    && name.word().is_some()
                    && matches!(chapter.piece, Piece::Number(Some(_)))
                    && colon.sign() == Some(':')
                    && matches!(verse.piece, Piece::Number(Some(_)))
                    && !(colon.spaced || verse.spaced) =>
            {
                Some(name.range.start..verse.range.end)
            }
            _ => None,
        })
        .filter(|place| {
            let next = cited.partition_point(|cited| cited.end <= place.start);
            cited
                .get(next)
                .is_none_or(|cited| cited.found.range.start >= place.end)
        })
        .collect()
}

/// Finds the translation's name and the bracket behind a reference.
fn cite(text: &str, found: Found) -> Cited {
    let mut end = found.range.end;
    let mut label = None;
    let rest = &text[end..];
    let gap = rest.len()
        - rest
            .trim_start_matches([',', ' ', '(', '[', '\u{a0}', ';'])
            .len();
    let name: &str = &rest[gap..];
    let name = &name[..name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len())];
    if !name.is_empty() && LABELS.binary_search(&name).is_ok() {
        label = Some(end + gap..end + gap + name.len());
        end += gap + name.len();
    }
    let bracketed = text[..found.range.start]
        .trim_end_matches(|c: char| c.is_whitespace() || c.is_alphabetic() || c == '.')
        .ends_with(['(', '[']);
    while let Some(c @ (')' | ']')) = text[end..].chars().next() {
        end += c.len_utf8();
    }
    Cited {
        found,
        label,
        end,
        bracketed,
    }
}

/// `lead` without what leads to a reference behind it: blanks, a bracket or a dash, and the sign
/// of a quoted line. A dash that belongs to the words before stays.
pub(super) fn before_link(lead: &str) -> &str {
    let blank = |c: char| c.is_whitespace() || matches!(c, '>' | '*' | '_');
    let lead = lead.trim_end_matches(blank);
    let shorter = match lead.chars().next_back() {
        Some('-') => lead.trim_end_matches('-'),
        Some('(' | '[' | '\u{2010}'..='\u{2015}') => {
            let mut chars = lead.chars();
            chars.next_back();
            chars.as_str()
        }
        _ => lead,
    };
    shorter.trim_end_matches(blank)
}

/// Takes references at either end out of the quotations, and quotations that hold a reference in
/// their middle, or only what another quotation holds, out of the list.
fn trimmed(text: &str, cited: &[Cited], words: &[Word]) -> (Vec<Quotation>, Vec<Option<usize>>) {
    let blank = |range: Range<usize>| {
        range.start >= range.end || !text[range].contains(char::is_alphanumeric)
    };
    let count = |range: &Range<usize>| {
        words
            .iter()
            .filter(|word| range.start <= word.range.start && word.range.end <= range.end)
            .count()
    };
    let mut kept: Vec<(Quotation, Option<usize>)> = Vec::new();
    for mut quotation in quotations(text) {
        let mut inside = None;
        let mut broken = false;
        for (index, cited) in cited.iter().enumerate() {
            let inner = quotation.inner.clone();
            if cited.found.range.start < inner.start || cited.found.range.end > inner.end {
                continue;
            }
            if blank(cited.end.min(inner.end)..inner.end) {
                let before = &text[inner.start..cited.found.range.start];
                let before = before_link(before);
                quotation.inner.end = inner.start + before.len();
                inside = Some(index);
            } else if blank(inner.start..cited.found.range.start) {
                let after = &text[cited.end.min(inner.end)..inner.end];
                let after =
                    after.trim_start_matches(|c: char| c.is_whitespace() || ":—–-,".contains(c));
                quotation.inner.start = inner.end - after.len();
                inside = Some(index);
            } else {
                broken = true;
            }
        }
        if !broken && quotation.inner.start < quotation.inner.end && count(&quotation.inner) > 0 {
            kept.push((quotation, inside));
        }
    }
    let mut result: Vec<(Quotation, Option<usize>)> = Vec::new();
    for (quotation, inside) in kept {
        let held = count(&quotation.inner);
        match result.last_mut() {
            Some((outer, outer_inside)) if quotation.outer.end <= outer.outer.end => {
                if count(&outer.inner) == held {
                    // Italics around quotation marks: one quotation, marked twice.
                    outer.inner = quotation.inner;
                    *outer_inside = outer_inside.or(inside);
                }
            }
            _ => result.push((quotation, inside)),
        }
    }
    result.into_iter().unzip()
}
