//! Compares quoted words with the held texts.

use std::ops::Range;

use super::{HeldText, compile::NO_WORD, text::Stretch, wording::Word};

/// The longest comparison, in words of one side times words of the other; beyond it the rest of
/// the longer side is left out. Keeps the time of one comparison below a millisecond.
const LARGEST_TABLE: usize = 250_000;

/// Runs of three words that stand more often than this in a text say nothing about the place.
const TOO_COMMON: usize = 200;

/// How two runs of words agree: the longest sequence that stands in both in the same order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Likeness {
    /// How many words stand in both.
    pub matched: usize,
    /// The first word of the quotation that is matched.
    pub first: usize,
    /// Where in the held words the first and the last match stand.
    pub held: (usize, usize),
}

/// For each number of words from the beginning of `quoted`, how many are found in `held` in
/// order; entry 0 is 0.
pub(super) fn matched_by_prefix(quoted: &[u16], held: &[u16]) -> Vec<usize> {
    let quoted = &quoted[..quoted.len().min(LARGEST_TABLE / held.len().max(1))];
    let mut row = vec![0usize; held.len() + 1];
    let mut matched = vec![0];
    for word in quoted {
        advance(&mut row, *word, held);
        matched.push(row[held.len()]);
    }
    matched
}

fn advance(row: &mut [usize], word: u16, held: &[u16]) {
    let mut diagonal = 0;
    for (at, other) in held.iter().enumerate() {
        let above = row[at + 1];
        row[at + 1] = if word == *other && word != NO_WORD {
            diagonal + 1
        } else {
            above.max(row[at])
        };
        diagonal = above;
    }
}

/// How `quoted` agrees with `held`.
pub(super) fn likeness(quoted: &[u16], held: &[u16]) -> Likeness {
    let quoted = &quoted[..quoted.len().min(LARGEST_TABLE / held.len().max(1))];
    let width = held.len() + 1;
    let mut table = vec![0u16; (quoted.len() + 1) * width];
    for (i, word) in quoted.iter().enumerate() {
        for (j, other) in held.iter().enumerate() {
            let here = (i + 1) * width + j + 1;
            table[here] = if word == other && *word != NO_WORD {
                table[here - width - 1] + 1
            } else {
                table[here - width].max(table[here - 1])
            };
        }
    }
    let (mut i, mut j) = (quoted.len(), held.len());
    let mut likeness = Likeness {
        matched: usize::from(table[i * width + j]),
        ..Likeness::default()
    };
    let mut last = None;
    while i > 0 && j > 0 {
        let here = table[i * width + j];
        if here == table[(i - 1) * width + j] {
            i -= 1;
        } else if here == table[i * width + j - 1] {
            j -= 1;
        } else {
            i -= 1;
            j -= 1;
            last.get_or_insert(j);
            likeness.first = i;
            likeness.held = (j, last.unwrap_or(j));
        }
    }
    likeness
}

/// Where the parts of a quotation stand in `within`, one after another. A part is a run of words
/// between ellipses.
pub(super) fn exact_within(
    text: &HeldText,
    parts: &[Vec<u16>],
    within: &[Stretch],
) -> Option<Vec<Stretch>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut from = within.first()?.start;
    for part in parts {
        loop {
            let stretch = within.get(at)?;
            let start = from.max(stretch.start);
            if let Some(hit) = run_in(text, part, start..stretch.end) {
                from = hit.end;
                found.push(hit);
                break;
            }
            at += 1;
        }
    }
    Some(found)
}

/// The first place in `within` where exactly these words stand.
fn run_in(text: &HeldText, wanted: &[u16], within: Stretch) -> Option<Stretch> {
    if wanted.is_empty() || wanted.contains(&NO_WORD) || within.len() < wanted.len() {
        return None;
    }
    if within.len() > 5_000 {
        let occurrences = text.occurrences(wanted);
        return occurrences
            .map(|at| text.suffix(at))
            .filter(|start| *start >= within.start && start + wanted.len() <= within.end)
            .min()
            .map(|start| start..start + wanted.len());
    }
    (within.start..=within.end - wanted.len())
        .find(|&start| (0..wanted.len()).all(|offset| text.word(start + offset) == wanted[offset]))
        .map(|start| start..start + wanted.len())
}

/// Where exactly these words stand anywhere; of several places the one nearest to `near`.
pub(super) fn exact_anywhere(text: &HeldText, wanted: &[u16], near: usize) -> Option<Stretch> {
    text.occurrences(wanted)
        .take(2_000)
        .map(|at| text.suffix(at))
        .min_by_key(|start| start.abs_diff(near))
        .map(|start| start..start + wanted.len())
}

/// The verses whose words come nearest to `quoted`, and how near: found by the runs of three
/// words that both have. `within` limits the search.
pub(super) fn nearest(
    text: &HeldText,
    quoted: &[u16],
    within: Option<&Stretch>,
) -> Option<(Range<usize>, Likeness)> {
    let run = quoted.len().min(3);
    if run < 2 {
        return None;
    }
    let mut hits: Vec<usize> = Vec::new();
    for start in 0..=(quoted.len() - run).min(120) {
        let occurrences = text.occurrences(&quoted[start..start + run]);
        if occurrences.len() > TOO_COMMON && within.is_none() {
            continue;
        }
        hits.extend(
            occurrences
                .take(4_000)
                .map(|at| text.suffix(at))
                .filter(|at| within.is_none_or(|within| within.contains(at)))
                .map(|at| text.verses_of(&(at..at + 1)).start),
        );
    }
    hits.sort_unstable();
    let mut votes: Vec<(usize, usize)> = Vec::new();
    for verse in hits {
        match votes.last_mut() {
            Some((last, count)) if *last == verse => *count += 1,
            _ => votes.push((verse, 1)),
        }
    }
    votes.sort_by_key(|(verse, count)| (std::cmp::Reverse(*count), *verse));
    votes
        .into_iter()
        .take(4)
        .map(|(verse, _)| {
            let mut verses = verse..verse + 1;
            let limit = within.map_or(text.verse_count(), |within| text.verses_of(within).end);
            while text.stretch(&verses).len() * 5 < quoted.len() * 4 && verses.end < limit {
                verses.end += 1;
            }
            let held = text.word_numbers(&text.stretch(&verses));
            (verses, likeness(quoted, &held))
        })
        .max_by_key(|(_, likeness)| likeness.matched)
}

/// How many telling words of `quoted` have the same first four letters as a word of `held`, and
/// how many telling words there are: shows that two translations render one verse.
pub(super) fn kinship(
    quoted: &[Word],
    text: &HeldText,
    held: &[u16],
    common: &[&str],
) -> (usize, usize) {
    let stem = |word: &str| word.chars().take(4).collect::<String>();
    let mut stems: Vec<String> = held
        .iter()
        .map(|number| text.spelling(*number))
        .filter(|word| word.len() > 3)
        .map(stem)
        .collect();
    stems.sort_unstable();
    let telling: Vec<&Word> = quoted
        .iter()
        .filter(|word| word.folded.len() > 3 && !common.contains(&word.folded.as_str()))
        .collect();
    let kin = telling
        .iter()
        .filter(|word| stems.binary_search(&stem(&word.folded)).is_ok())
        .count();
    (kin, telling.len())
}
