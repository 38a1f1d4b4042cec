//! From text to words the rules know.
//!
//! The lexer has the rules' vocabulary, so it can undo what needs knowledge of words: leetspeak
//! ("k1ll"), censoring ("k*ll"), letters typed apart ("k i l l"), words typed together
//! ("killmyself"), stretched letters ("dieee"), slips of the finger ("suicde"), and letters of
//! other alphabets that look alike. A word that is known as it stands is never changed.

mod apart;
mod recover;
mod written;

use std::collections::{HashMap, HashSet};

use self::written::written_words;
use super::normalise::normalise;

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
    for raw in written_words(&normalise(phrase)) {
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
        let mut raw = written_words(&plain);
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
}
