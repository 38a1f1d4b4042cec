//! From text to words the rules know.
//!
//! The lexer has the rules' vocabulary, so it can undo what needs knowledge of words: leetspeak
//! ("k1ll"), censoring ("k*ll"), letters typed apart ("k i l l"), words typed together
//! ("killmyself"), stretched letters ("dieee"), slips of the finger ("suicde"), and letters of
//! other alphabets that look alike. A word that is known as it stands is never changed.

use std::collections::{HashMap, HashSet};

use super::normalise::{is_syllable, latin_look_alike, normalise};

/// One word as the rules see it.
#[derive(Debug, Clone, Default)]
pub(super) struct Token {
    /// The word itself and every stem rule (`suicid*`) it satisfies.
    pub ids: Ids,
    /// Whether a full stop, a question or exclamation mark or a blank line came before.
    pub begins_sentence: bool,
}

/// Up to four ids; more stems than that never fit one word in practice, and the first win.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ids {
    ids: [u32; 4],
    len: u8,
}

impl Ids {
    fn push(&mut self, id: u32) {
        if let Some(slot) = self.ids.get_mut(usize::from(self.len)) {
            *slot = id;
            self.len += 1;
        }
    }

    pub fn as_slice(&self) -> &[u32] {
        &self.ids[..usize::from(self.len)]
    }
}

/// Every word that occurs in a rule, and how other spellings lead to it.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    ids: HashMap<Box<str>, u32>,
    rewrites: HashMap<Box<str>, Box<[Box<str>]>>,
    /// Words recognised one slip away, by first letter.
    fuzzy: HashMap<char, Vec<Box<str>>>,
    fuzzy_words: HashSet<Box<str>>,
    stems: HashMap<Box<str>, u32>,
    stem_lengths: Vec<usize>,
}

/// The longest word looked into closely, in characters; longer ones are no words.
const LONGEST_WORD: usize = 40;

/// Splits a phrase of a rule into the words the lexer would make of it.
pub(super) fn split_words(phrase: &str, lexicon: &Lexicon) -> Vec<String> {
    if phrase.bytes().all(|byte| byte.is_ascii_lowercase())
        && !lexicon.rewrites.contains_key(phrase)
    {
        return vec![normalise(phrase)];
    }
    let mut words = Vec::new();
    for raw in raw_words(&normalise(phrase)) {
        match lexicon.known_forms(&raw.text) {
            Some(forms) => words.extend(forms.into_iter().map(String::from)),
            None => words.push(raw.text.replace('\'', "")),
        }
    }
    words
}

impl Lexicon {
    pub fn len(&self) -> usize {
        self.ids.len() + self.stems.len() + 1
    }

    /// The id of a word or of a stem ("suicid*"), made if it is new.
    pub fn intern(&mut self, word: &str) -> u32 {
        let next = u32::try_from(self.len()).unwrap_or(u32::MAX);
        if let Some(stem) = word.strip_suffix('*') {
            let stem = normalise(stem).replace('\'', "");
            return *self.stems.entry(stem.into()).or_insert(next);
        }
        let plain = normalise(word).replace('\'', "");
        *self.ids.entry(plain.into()).or_insert(next)
    }

    pub fn add_rewrite(&mut self, word: &str, stands_for: &str) {
        let words = normalise(stands_for)
            .split_whitespace()
            .map(|word| word.replace('\'', "").into())
            .collect();
        self.rewrites.insert(normalise(word).into(), words);
    }

    pub fn add_fuzzy(&mut self, words: &str) {
        for word in words.split_whitespace() {
            if let Some(first) = word.chars().next() {
                self.fuzzy.entry(first).or_default().push(word.into());
                self.fuzzy_words.insert(word.into());
            }
        }
    }

    /// To be called once when every rule has been read.
    pub fn finish(&mut self) {
        let mut lengths: Vec<usize> = self.stems.keys().map(|stem| stem.chars().count()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        self.stem_lengths = lengths;
    }

    /// The words of a message, ready to be matched. Linear in the length of the text.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let plain = normalise(text);
        let mut raw = raw_words(&plain);
        self.join_apart(&mut raw);
        let mut tokens: Vec<Token> = Vec::with_capacity(raw.len() + 8);
        let mut cache: HashMap<&str, Vec<Ids>> = HashMap::new();
        for word in &raw {
            let forms = cache
                .entry(word.text.as_str())
                .or_insert_with(|| self.resolve(&word.text));
            for (index, ids) in forms.iter().enumerate() {
                // "no no no no" reads like "no no", and costs no more.
                let repeats = tokens.len() >= 2
                    && tokens[tokens.len() - 2..]
                        .iter()
                        .all(|token| token.ids.as_slice() == ids.as_slice());
                if repeats && ids.as_slice() != [0] {
                    continue;
                }
                tokens.push(Token {
                    ids: *ids,
                    begins_sentence: word.begins_sentence && index == 0,
                });
            }
        }
        tokens
    }

    /// The words that a written word stands for, if it is known as it stands.
    fn known_forms(&self, word: &str) -> Option<Vec<&str>> {
        if let Some(words) = self.rewrites.get(word) {
            return Some(words.iter().map(AsRef::as_ref).collect());
        }
        if let Some((known, _)) = self.ids.get_key_value(word) {
            return Some(vec![known]);
        }
        if word.contains('\'') {
            return self.known_forms(&word.replace('\'', ""));
        }
        None
    }

    fn resolve(&self, word: &str) -> Vec<Ids> {
        let forms = self.known_forms(word).or_else(|| self.recovered(word));
        match forms {
            Some(forms) => forms.into_iter().map(|form| self.ids_of(form)).collect(),
            None => vec![self.ids_of(&word.replace('\'', ""))],
        }
    }

    fn ids_of(&self, word: &str) -> Ids {
        let mut ids = Ids::default();
        ids.push(self.ids.get(word).copied().unwrap_or(0));
        let mut lengths = self.stem_lengths.iter().copied().peekable();
        for (count, (at, c)) in word.char_indices().enumerate() {
            while lengths.peek().is_some_and(|&length| length <= count) {
                lengths.next();
            }
            match lengths.peek() {
                Some(&length) if length == count + 1 => {
                    if let Some(&id) = self.stems.get(&word[..at + c.len_utf8()]) {
                        ids.push(id);
                    }
                }
                Some(_) => {}
                None => break,
            }
        }
        ids
    }

    /// The known words behind a spelling that is not known as it stands.
    fn recovered(&self, word: &str) -> Option<Vec<&str>> {
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

    /// Joins "k i l l", "don t", "my self" and "sui cide" to the words they are.
    fn join_apart(&self, raw: &mut Vec<RawWord>) {
        let mut joined: Vec<RawWord> = Vec::with_capacity(raw.len());
        let mut index = 0;
        while index < raw.len() {
            let run = raw[index..]
                .iter()
                .take(LONGEST_WORD)
                .enumerate()
                .take_while(|(n, word)| {
                    let mut chars = word.text.chars();
                    let single = chars.next().is_some_and(|c| {
                        (c.is_alphanumeric() || matches!(c, '@' | '$' | '!' | '|'))
                            && !is_syllable(c)
                    });
                    single
                        && chars.next().is_none()
                        && (*n == 0 || !word.begins_sentence || word.tight)
                })
                .count();
            if run >= 3 {
                let text: String = raw[index..index + run]
                    .iter()
                    .map(|w| w.text.as_str())
                    .collect();
                let begins_sentence = raw[index].begins_sentence;
                for (n, part) in self.spelled_out(&text).into_iter().enumerate() {
                    joined.push(RawWord {
                        text: part,
                        begins_sentence: begins_sentence && n == 0,
                        tight: false,
                    });
                }
                index += run;
                continue;
            }
            if let Some(next) = raw.get(index + 1) {
                let pair = format!("{}{}", raw[index].text, next.text);
                let tail = matches!(
                    next.text.as_str(),
                    "t" | "m" | "ve" | "ll" | "re" | "d" | "s"
                );
                let known_pair = (tail && self.rewrites.contains_key(pair.as_str()))
                    || self.fuzzy_words.contains(pair.as_str());
                if known_pair && (!next.begins_sentence || next.tight) {
                    joined.push(RawWord {
                        text: pair,
                        ..raw[index].clone()
                    });
                    index += 2;
                    continue;
                }
            }
            joined.push(raw[index].clone());
            index += 1;
        }
        *raw = joined;
    }

    /// The words behind single letters: one word, or several run together.
    fn spelled_out(&self, letters: &str) -> Vec<String> {
        if self.known_forms(letters).is_some() {
            return vec![letters.to_owned()];
        }
        if let Some(rest) = letters.strip_prefix('i')
            && self.known_forms(rest).is_some()
        {
            return vec!["i".to_owned(), rest.to_owned()];
        }
        vec![letters.to_owned()]
    }
}

#[derive(Debug, Clone)]
struct RawWord {
    text: String,
    begins_sentence: bool,
    /// Only punctuation, no space, stood between this word and the one before.
    tight: bool,
}

/// Splits normalised text at everything that cannot be part of a word.
fn raw_words(plain: &str) -> Vec<RawWord> {
    let mut words: Vec<RawWord> = Vec::new();
    let mut current = String::new();
    let mut begins_sentence = true;
    let mut tight = false;
    let mut chars = plain.chars().peekable();
    let mut flush = |current: &mut String, begins: &mut bool, tight: &mut bool| {
        let text = current.trim_end_matches(['!', '\'', '|', '$', '@']);
        if !text.is_empty() {
            let ends_sentence = current.ends_with('!');
            words.push(RawWord {
                text: text.to_owned(),
                begins_sentence: *begins,
                tight: *tight,
            });
            *begins = ends_sentence;
        }
        *tight = true;
        current.clear();
    };
    while let Some(c) = chars.next() {
        let next_is_word = chars.peek().copied().is_some_and(is_word_character);
        if is_syllable(c) || is_telling_symbol(c) {
            flush(&mut current, &mut begins_sentence, &mut tight);
            current.push(c);
            flush(&mut current, &mut begins_sentence, &mut tight);
        } else if is_word_character(c)
            || (matches!(c, '@' | '$') && next_is_word)
            || (matches!(c, '\'' | '!' | '|' | '*' | '#' | '+')
                && !current.is_empty()
                && (next_is_word || matches!(chars.peek(), Some('*' | '#'))))
        {
            current.push(c);
        } else {
            flush(&mut current, &mut begins_sentence, &mut tight);
            if matches!(c, '.' | '!' | '?' | '\n') {
                // "k.i.l.l" has no space after its stops.
                let lone = chars.peek().is_none_or(|next| !is_word_character(*next)) || c == '\n';
                begins_sentence = begins_sentence || lone || c != '.';
            }
            if c.is_whitespace() {
                tight = false;
            }
        }
    }
    flush(&mut current, &mut begins_sentence, &mut tight);
    words
}

fn is_word_character(c: char) -> bool {
    (c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)) && !is_syllable(c)
}

/// Pictures that say something by themselves; others are decoration.
fn is_telling_symbol(c: char) -> bool {
    matches!(c,
        '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}')
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
