//! A small language for phrases to listen for, so that what is heard can be data.
//!
//! A pattern is words between spaces. `a/b` is either word, `pre*` any word that begins so,
//! `word?` may be missing, `...` stands for up to three words, `^` and `$` for the beginning and
//! the end of the text, and `<name>` for a set of words given beside the pattern. Case, accents
//! and the shape of the apostrophe do not count.

use std::collections::BTreeMap;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// How many words `...` may stand for.
const GAP: usize = 3;

/// How many words of a text are looked at; the rest of a very long message adds cost, not meaning.
const LONGEST: usize = 600;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case, no accents, plain apostrophe, apostrophe restored in common contractions.
    pub plain: String,
    /// As it was written, with a plain apostrophe.
    pub written: String,
    /// What stood between the last word and this one, if it was more than white space.
    pub after: Option<char>,
    /// One bit for how it begins, so that most words are told apart without reading them.
    bit: u64,
}

/// The words of a text, at most the first 600.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut written = String::new();
    let mut mark = None;
    let mut push = |written: &mut String, mark: &mut Option<char>| {
        let word = written.trim_matches('\'');
        if !word.is_empty() {
            let plain = plain(word);
            words.push(Word {
                bit: beginning(&plain),
                plain,
                written: word.to_owned(),
                after: mark.take(),
            });
        }
        written.clear();
        words.len() < LONGEST
    };
    for ch in text.chars() {
        match ch {
            '\u{2019}' | '\u{2018}' | '\u{02bc}' | '\u{00b4}' | '`' => written.push('\''),
            // Zero-width characters join nothing and part nothing.
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{00ad}' => {}
            ch if ch.is_alphanumeric() || ch == '\'' || is_combining_mark(ch) => written.push(ch),
            // One picture is a word: people answer with it.
            '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}' => {
                push(&mut written, &mut mark);
                written.push(ch);
                if !push(&mut written, &mut mark) {
                    return words;
                }
            }
            ch => {
                if !push(&mut written, &mut mark) {
                    return words;
                }
                if ch == '\n' || (!ch.is_whitespace() && ch != '-') {
                    // The first mark says most: a full stop before a quote is a full stop.
                    mark = mark.or(Some(ch));
                }
            }
        }
    }
    push(&mut written, &mut mark);
    words
}

/// A word in the form in which words are compared.
fn plain(word: &str) -> String {
    let folded = word
        .nfkd()
        .filter(|ch| !is_combining_mark(*ch))
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .replace('ß', "ss");
    match CONTRACTIONS.iter().find(|(bare, _)| *bare == folded) {
        Some((_, whole)) => (*whole).to_owned(),
        None => folded,
    }
}

/// One bit of 64 for the first two bytes of a word.
fn beginning(word: &str) -> u64 {
    let byte = |at: usize| u32::from(word.as_bytes().get(at).copied().unwrap_or_default());
    1 << ((byte(0) * 31 + byte(1)) % 64)
}

/// Contractions that are often written without their apostrophe and are no other word.
const CONTRACTIONS: [(&str, &str); 19] = [
    ("im", "i'm"),
    ("ive", "i've"),
    ("cant", "can't"),
    ("cannot", "can't"),
    ("dont", "don't"),
    ("doesnt", "doesn't"),
    ("didnt", "didn't"),
    ("wont", "won't"),
    ("isnt", "isn't"),
    ("wasnt", "wasn't"),
    ("arent", "aren't"),
    ("havent", "haven't"),
    ("hasnt", "hasn't"),
    ("couldnt", "couldn't"),
    ("wouldnt", "wouldn't"),
    ("shouldnt", "shouldn't"),
    ("whats", "what's"),
    ("youre", "you're"),
    ("thats", "that's"),
];

/// Named sets of words, for `<name>`.
pub(crate) type Sets = BTreeMap<String, Vec<String>>;

/// A phrase to listen for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Gap,
    Start,
    End,
    Word {
        any: Vec<Form>,
        optional: bool,
        /// The bits of every word that may stand here.
        bits: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    text: String,
    prefix: bool,
}

impl Form {
    fn parse(form: &str) -> Self {
        let (text, prefix) = match form.strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (form, false),
        };
        Self {
            text: plain(text),
            prefix,
        }
    }

    /// The bits of the words that it may fit.
    fn bits(&self) -> u64 {
        if self.prefix && self.text.len() < 2 {
            u64::MAX
        } else {
            beginning(&self.text)
        }
    }

    fn fits(&self, word: &str) -> bool {
        if self.prefix {
            word.starts_with(&self.text)
        } else {
            word == self.text
        }
    }
}

impl Pattern {
    /// Reads a pattern; the error names what is wrong in it.
    pub(crate) fn parse(pattern: &str, sets: &Sets) -> Result<Self, String> {
        let mut tokens = Vec::new();
        for token in pattern.split_whitespace() {
            tokens.push(match token {
                "..." => Token::Gap,
                "^" => Token::Start,
                "$" => Token::End,
                token => {
                    let (token, optional) = match token.strip_suffix('?') {
                        Some(token) => (token, true),
                        None => (token, false),
                    };
                    let mut any = Vec::new();
                    for form in token.split('/') {
                        if let Some(set) = form.strip_prefix('<') {
                            let set = set.trim_end_matches('>');
                            let set = sets
                                .get(set)
                                .ok_or_else(|| format!("`{pattern}`: no set is called `{set}`"))?;
                            any.extend(set.iter().map(|form| Form::parse(form)));
                        } else {
                            any.push(Form::parse(form));
                        }
                    }
                    if any.iter().any(|form| form.text.is_empty()) {
                        return Err(format!("`{pattern}`: an empty word"));
                    }
                    Token::Word {
                        bits: any.iter().fold(0, |bits, form| bits | form.bits()),
                        any,
                        optional,
                    }
                }
            });
        }
        if tokens
            .iter()
            .any(|token| matches!(token, Token::Word { optional, .. } if !optional))
        {
            Ok(Self(tokens))
        } else {
            Err(format!("`{pattern}`: needs a word that must be there"))
        }
    }

    /// Where the pattern ends if it begins at `at`; the longest reading.
    pub(crate) fn end_at(&self, words: &[Word], at: usize) -> Option<usize> {
        ends(&self.0, words, at)
    }

    /// The first place where the pattern is said, as a range of words.
    pub(crate) fn find(&self, words: &[Word]) -> Option<(usize, usize)> {
        let said = words.iter().fold(0, |bits, word| bits | word.bit);
        if !self.may_be_in(said) {
            return None;
        }
        (0..words.len()).find_map(|at| self.end_at(words, at).map(|end| (at, end)))
    }

    /// Whether a text with words of these bits may hold every word that must be there.
    fn may_be_in(&self, said: u64) -> bool {
        self.0.iter().all(|token| match token {
            Token::Word { optional, bits, .. } => *optional || bits & said != 0,
            Token::Gap | Token::Start | Token::End => true,
        })
    }

    /// Whether the pattern is said anywhere.
    pub(crate) fn is_in(&self, words: &[Word]) -> bool {
        self.find(words).is_some()
    }
}

fn ends(tokens: &[Token], words: &[Word], at: usize) -> Option<usize> {
    let Some((token, rest)) = tokens.split_first() else {
        return Some(at);
    };
    match token {
        Token::Start => (at == 0).then(|| ends(rest, words, at)).flatten(),
        Token::End => (at == words.len()).then(|| ends(rest, words, at)).flatten(),
        Token::Gap => (0..=GAP)
            .take_while(|skip| at + skip <= words.len())
            .find_map(|skip| ends(rest, words, at + skip)),
        Token::Word {
            any,
            optional,
            bits,
        } => {
            let end = words
                .get(at)
                .filter(|word| bits & word.bit != 0)
                .filter(|word| any.iter().any(|form| form.fits(&word.plain)))
                .and_then(|_| ends(rest, words, at + 1));
            if end.is_none() && *optional {
                ends(rest, words, at)
            } else {
                end
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern, &Sets::new())
            .unwrap()
            .is_in(&words(text))
    }

    #[test]
    fn words_are_compared_without_case_accents_and_curls() {
        assert!(said("i can't sleep", "Well, I CAN\u{2019}T sleep"));
        assert!(said("i can't sleep", "i cant sleep"));
        assert!(said("dios esta lejos", "Dios está lejos"));
        assert!(said("grosse angst", "große Angst"));
    }

    #[test]
    fn alternatives_prefixes_gaps_and_options_are_understood() {
        assert!(said("my mum/mom ... died", "My mom, who was ill, died"));
        assert!(!said(
            "my mum ... died",
            "my mum went away in the year he died"
        ));
        assert!(said("divorc*", "we are divorcing"));
        assert!(said("i'm so? worried", "I'm worried"));
        assert!(said("i'm so? worried", "I'm so worried"));
        assert!(said("^ hi $", "Hi!"));
        assert!(!said("^ hi $", "hi there"));
    }

    #[test]
    fn a_pattern_that_could_match_nothing_is_refused() {
        for bad in ["", "...", "so?", "^ $", "a//b", "<nothing>"] {
            assert!(Pattern::parse(bad, &Sets::new()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_words(text in "\\PC*") {
            let words = words(&text);
            prop_assert!(words.len() <= LONGEST);
            prop_assert!(words.iter().all(|word| !word.written.is_empty()));
        }
    }
}
