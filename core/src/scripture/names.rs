//! The names people give the books, and the slips they make in them.

use super::book::Book;

mod table {
    use super::{Name, Strength};
    include!(concat!(env!("OUT_DIR"), "/names.rs"));
}

/// A language whose names of the books are known. The order of `ALL` decides between two
/// languages that use one abbreviation for different books, unless one is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
    /// French.
    French,
    /// Portuguese.
    Portuguese,
    /// German.
    German,
}

impl Language {
    /// Every language, the default first; in the order of the build script's table.
    pub const ALL: [Self; 5] = [
        Self::English,
        Self::Spanish,
        Self::French,
        Self::Portuguese,
        Self::German,
    ];

    /// The language with this BCP 47 tag ("pt", "pt-BR").
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "en" => Some(Self::English),
            "es" => Some(Self::Spanish),
            "fr" => Some(Self::French),
            "pt" => Some(Self::Portuguese),
            "de" => Some(Self::German),
            _ => None,
        }
    }
}

/// How much a name says on its own that a reference is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Only with chapter and verse, and a capital letter.
    Weak,
    /// Also a person or an everyday word.
    Everyday,
    /// Nothing else is called that.
    Full,
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct Name {
    folded: &'static str,
    language: u8,
    strength: Strength,
    /// The book; or the first, second, … book of that name.
    books: &'static [u8],
}

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    pub book: Book,
    pub strength: Strength,
}

/// Whether some name is `folded` or begins with it and a space.
pub(super) fn begins_a_name(folded: &str) -> bool {
    let from = table::NAMES.partition_point(|name| name.folded < folded);
    table::NAMES[from..]
        .iter()
        .take_while(|name| name.folded.starts_with(folded))
        .any(|name| {
            name.folded.len() == folded.len() || name.folded.as_bytes()[folded.len()] == b' '
        })
}

/// The book that `folded` names, with the ordinal before it, if there was one.
pub(super) fn named(folded: &str, ordinal: Option<u8>, language: Language) -> Option<Meaning> {
    let from = table::NAMES.partition_point(|name| name.folded < folded);
    let rows = table::NAMES[from..]
        .iter()
        .take_while(|name| name.folded == folded);
    best(rows, ordinal, language)
}

fn best<'n>(
    rows: impl Iterator<Item = &'n Name>,
    ordinal: Option<u8>,
    language: Language,
) -> Option<Meaning> {
    rows.filter_map(|name| {
        let place = match ordinal {
            None => 0,
            Some(_) if name.books.len() == 1 => return None,
            Some(ordinal) => usize::from(ordinal).checked_sub(1)?,
        };
        let book = Book::at(*name.books.get(place)?)?;
        let strength = match ordinal {
            // "1 Samuel" is nothing but a book.
            Some(_) => Strength::Full,
            None if name.books.len() > 1 => name.strength.min(Strength::Everyday),
            None => name.strength,
        };
        let numbered_without = ordinal.is_none() && name.books.len() > 1;
        let order = (
            name.language != language as u8,
            numbered_without,
            name.language,
        );
        Some((order, Meaning { book, strength }))
    })
    .min_by_key(|(order, _)| *order)
    .map(|(_, meaning)| meaning)
}

/// The number that an ordinal word means: "second", "ii", "2nd".
pub(super) fn ordinal(folded: &str) -> Option<u8> {
    let at = table::ORDINALS
        .binary_search_by(|(word, _)| word.cmp(&folded))
        .ok()?;
    Some(table::ORDINALS[at].1)
}

/// The book whose name somebody misspelled: within one slip for names of five letters, two from
/// seven, three from eleven (half of that without an ordinal to confirm it). Doubled letters are
/// read as one; the first letter must be right.
pub(super) fn misspelled(folded: &str, ordinal: Option<u8>, language: Language) -> Option<Meaning> {
    let wanted = undoubled(folded);
    if wanted.len() > 24 {
        return None;
    }
    let allowed = |length: usize| match (length, ordinal) {
        (0..=3, _) | (4, None) => 0,
        (4..=6, _) | (7..=8, None) => 1,
        (7..=10, _) => 2,
        _ => 3,
    };
    let initial = folded.chars().next()?;
    let from =
        table::NAMES.partition_point(|name| name.folded < &*initial.encode_utf8(&mut [0; 4]));
    let mut nearest: Option<(usize, &Name)> = None;
    for name in table::NAMES[from..]
        .iter()
        .take_while(|name| name.folded.starts_with(initial))
    {
        if name.strength == Strength::Weak
            || name.folded.contains(' ')
            || name.folded.len() < 4
            || (ordinal.is_some() && name.books.len() == 1)
        {
            continue;
        }
        let right = undoubled(name.folded);
        let bound = allowed(right.len().min(wanted.len()));
        if right.len().abs_diff(wanted.len()) > bound {
            continue;
        }
        let slips = slips(&wanted, &right);
        let better = nearest.is_none_or(|(before, held)| {
            (slips, name.language != language as u8) < (before, held.language != language as u8)
        });
        if slips <= bound && better {
            nearest = Some((slips, name));
        }
    }
    best(nearest.map(|(_, name)| name).into_iter(), ordinal, language)
}

fn undoubled(word: &str) -> Vec<u8> {
    let mut letters = word.as_bytes().to_vec();
    letters.dedup();
    letters
}

/// Letters swapped with a neighbour, changed, left out or added (Damerau–Levenshtein, optimal
/// string alignment).
fn slips(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut fewest = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                fewest = fewest.min(before[j - 1] + 1);
            }
            row.push(fewest);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
