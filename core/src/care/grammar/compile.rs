//! From the lines of the rule files to a grammar that can be matched.

use std::collections::HashMap;

use super::{
    Class, Element, Grammar, Phrase, Rule, RuleError,
    line::{Line, read_lines},
};
use crate::care::lexer::split_words;

impl Grammar {
    /// Compiles rule files, given as (name, text), in order.
    pub fn compile(files: &[(&str, &str)]) -> Result<Self, RuleError> {
        let mut lines = Vec::new();
        for (file, text) in files {
            read_lines(file, text, &mut lines)?;
        }
        let mut grammar = Self::default();
        grammar.first_person = grammar.lexicon.intern("i");
        // Rewrites first: the phrases themselves are read through them.
        for line in &lines {
            match line.head.as_slice() {
                ["fuzzy"] => grammar.lexicon.add_fuzzy(&line.body),
                ["rewrite", word] => grammar.lexicon.add_rewrite(word, &line.body),
                _ => {}
            }
        }
        let mut names = HashMap::new();
        for line in &lines {
            match line.head.as_slice() {
                ["fuzzy"] | ["rewrite", _] => {}
                ["class", name] => {
                    let phrases = line
                        .alternatives()
                        .map(|phrase| grammar.phrase(line, phrase, &names))
                        .collect::<Result<Vec<_>, _>>()?;
                    let key = (line.language.clone(), (*name).to_owned());
                    if names.insert(key, grammar.classes.len()).is_some() {
                        return Err(line.error(format!("class `{name}` is defined twice")));
                    }
                    let mut class = Class {
                        phrases,
                        by_first: HashMap::new(),
                        first_bits: Vec::new(),
                    };
                    for (index, phrase) in class.phrases.iter().enumerate() {
                        for id in grammar.firsts(phrase) {
                            class.by_first.entry(id).or_default().push(index);
                            let word = id as usize / 64;
                            if class.first_bits.len() <= word {
                                class.first_bits.resize(word + 1, 0);
                            }
                            class.first_bits[word] |= 1 << (id % 64);
                        }
                    }
                    grammar.classes.push(class);
                }
                head => {
                    let (effect, code) = line.effect(head)?;
                    for phrase in line.alternatives() {
                        let phrase = grammar.phrase(line, phrase, &names)?;
                        grammar.rules.push(Rule {
                            code: code.to_owned(),
                            language: line.language.clone(),
                            effect,
                            phrase,
                        });
                    }
                }
            }
        }
        grammar.rules_by_first = vec![Vec::new(); grammar.lexicon.len()];
        for index in 0..grammar.rules.len() {
            for id in grammar.firsts(&grammar.rules[index].phrase) {
                if let Some(rules) = grammar.rules_by_first.get_mut(id as usize) {
                    rules.push(index);
                }
            }
        }
        grammar.lexicon.finish();
        Ok(grammar)
    }

    fn phrase(
        &mut self,
        line: &Line<'_>,
        text: &str,
        names: &HashMap<(String, String), usize>,
    ) -> Result<Phrase, RuleError> {
        let mut phrase = Phrase::new();
        for part in text.split_whitespace() {
            let (part, optional) = match part.strip_suffix('?') {
                Some(rest) if !rest.is_empty() => (rest, true),
                _ => (part, false),
            };
            if let Some(name) = part
                .strip_prefix('<')
                .and_then(|rest| rest.strip_suffix('>'))
            {
                let key = (line.language.clone(), name.to_owned());
                let class = names
                    .get(&key)
                    .ok_or_else(|| line.error(format!("class `{name}` is not defined above")))?;
                phrase.push((Element::Class(*class), optional));
            } else if let Some(most) = part.strip_prefix("..") {
                let (most, across) = match most.strip_prefix('.') {
                    Some(most) => (most, true),
                    None => (most, false),
                };
                let most = most
                    .parse()
                    .map_err(|_| line.error(format!("`{part}` is not a gap such as ..3")))?;
                phrase.push((Element::Gap { most, across }, false));
            } else if part.contains('/') {
                let mut ids = Vec::new();
                for word in part.split('/') {
                    match split_words(word, &self.lexicon).as_slice() {
                        [single] => ids.push(self.lexicon.intern(single)),
                        _ => return Err(line.error(format!("`{word}` is not one word"))),
                    }
                }
                phrase.push((Element::Words(ids), optional));
            } else if part.ends_with('*') {
                phrase.push((Element::Words(vec![self.lexicon.intern(part)]), optional));
            } else {
                for word in split_words(part, &self.lexicon) {
                    phrase.push((Element::Words(vec![self.lexicon.intern(&word)]), optional));
                }
            }
        }
        let needed = phrase
            .iter()
            .any(|(element, optional)| !optional && !matches!(element, Element::Gap { .. }));
        if needed && !matches!(phrase.first(), Some((Element::Gap { .. }, _))) {
            Ok(phrase)
        } else {
            Err(line.error(format!("the phrase `{text}` could match nothing at all")))
        }
    }

    /// Every word that a match of `phrase` can begin with.
    fn firsts(&self, phrase: &Phrase) -> Vec<u32> {
        let mut ids = Vec::new();
        for (element, optional) in phrase {
            match element {
                Element::Words(words) => ids.extend(words),
                Element::Class(class) => ids.extend(self.classes[*class].by_first.keys()),
                Element::Gap { .. } => continue,
            }
            if !optional {
                break;
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
