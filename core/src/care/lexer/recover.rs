//! The known words behind a spelling that is not known as it stands.

use super::{LONGEST_WORD, Lexicon};
use crate::care::normalise::latin_look_alike;

impl Lexicon {
    /// The known words behind a spelling that is not known as it stands.
    pub(super) fn recovered(&self, word: &str) -> Option<Vec<&str>> {
        let length = word.chars().count();
        if length > LONGEST_WORD {
            return None;
        }
        if let Some(forms) = self.without_stretch(word) {
            return Some(forms);
        }
        let mixed = word.chars().any(|c| c.is_ascii_alphabetic())
            && word.chars().any(|c| !c.is_ascii_alphabetic() && c != '\'');
        if mixed {
            // "wan2die": a figure said aloud between words.
            let spoken = word
                .replace('2', "to")
                .replace('4', "for")
                .replace('8', "ate");
            if let Some(forms) = self.run_together(&spoken) {
                return Some(forms);
            }
            for candidate in plain_letters(word) {
                let forms = self
                    .known_forms(&candidate)
                    .or_else(|| self.without_stretch(&candidate))
                    .or_else(|| self.one_slip_away(&candidate));
                if forms.is_some() {
                    return forms;
                }
            }
            if let Some(known) = self.censored(word) {
                return Some(vec![known]);
            }
        }
        self.one_slip_away(word).or_else(|| self.run_together(word))
    }

    /// "dieee" and "suiiicide": stretched letters taken back to two, then to one.
    fn without_stretch(&self, word: &str) -> Option<Vec<&str>> {
        let mut single = String::with_capacity(word.len());
        let mut at_end = word;
        let mut changed = false;
        for c in word.chars() {
            if single.ends_with(c) && c.is_alphabetic() {
                changed = true;
            } else {
                single.push(c);
            }
        }
        // "odd" is no stretched "od": what is left must be long enough to be meant.
        if !changed || single.chars().count() < 3 {
            return None;
        }
        // "killl" is kill: only the last stretch is undone first.
        if let Some(last) = word.chars().last() {
            let trimmed = word.trim_end_matches(last);
            at_end = &word[..trimmed.len() + last.len_utf8()];
        }
        self.known_forms(at_end)
            .or_else(|| self.known_forms(&single))
    }

    /// "k*ll": each star stands for one letter of a word on the fuzzy list.
    fn censored(&self, word: &str) -> Option<&str> {
        if !word.contains(['*', '#', '_', '+']) {
            return None;
        }
        let fits = |known: &str| {
            known.chars().count() == word.chars().count()
                && known
                    .chars()
                    .zip(word.chars())
                    .all(|(k, w)| k == w || matches!(w, '*' | '#' | '_' | '+'))
        };
        let first = word.chars().next()?;
        self.fuzzy
            .get(&first)?
            .iter()
            .map(AsRef::as_ref)
            .find(|known| fits(known))
    }

    fn one_slip_away(&self, word: &str) -> Option<Vec<&str>> {
        if word.chars().count() < 5 {
            return None;
        }
        let first = word.chars().next()?;
        self.fuzzy
            .get(&first)?
            .iter()
            .map(AsRef::as_ref)
            .find(|known: &&str| known.len() >= 5 && one_edit_apart(known, word))
            .map(|known| vec![known])
    }

    /// "killmyself": several known words written as one, one of them on the fuzzy list.
    fn run_together(&self, word: &str) -> Option<Vec<&str>> {
        if word.len() < 7 || !word.is_ascii() {
            return None;
        }
        // best[n]: the fewest words that spell the first n letters, and where the last begins.
        let mut best: Vec<Option<(usize, usize)>> = vec![None; word.len() + 1];
        best[0] = Some((0, 0));
        for end in 1..=word.len() {
            for start in end.saturating_sub(12)..end {
                let Some((words, _)) = best[start] else {
                    continue;
                };
                let part = &word[start..end];
                let long_enough = part.len() > 1 || part == "i";
                if long_enough
                    && self.known_forms(part).is_some()
                    && best[end].is_none_or(|(fewest, _)| words + 1 < fewest)
                {
                    best[end] = Some((words + 1, start));
                }
            }
        }
        let mut parts = Vec::new();
        let mut end = word.len();
        while end > 0 {
            let (_, start) = best[end]?;
            parts.push(&word[start..end]);
            end = start;
        }
        parts.reverse();
        let telling = parts
            .iter()
            .any(|part| part.len() >= 3 && self.fuzzy_words.contains(*part));
        if parts.len() < 2 || !telling {
            return None;
        }
        Some(
            parts
                .into_iter()
                .filter_map(|part| self.known_forms(part))
                .flatten()
                .collect(),
        )
    }
}

/// The spellings a word of mixed signs may stand for, most likely first; at most 16.
fn plain_letters(word: &str) -> Vec<String> {
    let mut candidates = vec![String::with_capacity(word.len())];
    for c in word.chars() {
        let options: &[char] = match c {
            '0' => &['o'],
            '1' | '|' | '!' => &['i', 'l'],
            '2' => &['z'],
            '3' => &['e'],
            '4' | '@' => &['a'],
            '5' | '$' => &['s'],
            '7' | '+' => &['t'],
            '8' => &['b'],
            '9' => &['g'],
            '6' => &['b', 'g'],
            _ => &[],
        };
        if options.is_empty() {
            let letter = latin_look_alike(c);
            for candidate in &mut candidates {
                candidate.push(letter);
            }
        } else if options.len() == 1 || candidates.len() >= 16 {
            for candidate in &mut candidates {
                candidate.push(options[0]);
            }
        } else {
            candidates = options
                .iter()
                .flat_map(|letter| {
                    candidates
                        .iter()
                        .map(move |candidate| format!("{candidate}{letter}"))
                })
                .collect();
        }
    }
    candidates
}

/// Whether two words differ by one letter added, left out, changed, or swapped with its
/// neighbour.
fn one_edit_apart(one: &str, other: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if a.len() <= b.len() {
        (&a, &b)
    } else {
        (&b, &a)
    };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short
        .iter()
        .zip(long.iter())
        .take_while(|(s, l)| s == l)
        .count();
    if short.len() < long.len() {
        return short[same..] == long[same + 1..];
    }
    short.get(same + 1..) == long.get(same + 1..)
        || (same + 1 < short.len()
            && short[same] == long[same + 1]
            && short[same + 1] == long[same]
            && short[same + 2..] == long[same + 2..])
}
