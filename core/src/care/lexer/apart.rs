//! Words whose letters or parts were typed apart.

use super::{LONGEST_WORD, Lexicon, written::WrittenWord};
use crate::care::normalise::is_syllable;

impl Lexicon {
    /// Joins "k i l l", "don t", "my self" and "sui cide" to the words they are.
    pub(super) fn join_apart(&self, raw: &mut Vec<WrittenWord>) {
        let mut joined: Vec<WrittenWord> = Vec::with_capacity(raw.len());
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
                    joined.push(WrittenWord {
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
                    joined.push(WrittenWord {
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
