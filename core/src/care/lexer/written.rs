//! The words of a text as they were written, before anything is known about them.

use crate::care::normalise::is_syllable;

#[derive(Debug, Clone)]
pub(super) struct WrittenWord {
    pub text: String,
    pub begins_sentence: bool,
    /// Only punctuation, no space, stood between this word and the one before.
    pub tight: bool,
}

/// Splits normalised text at everything that cannot be part of a word.
pub(super) fn written_words(plain: &str) -> Vec<WrittenWord> {
    let mut words: Vec<WrittenWord> = Vec::new();
    let mut current = String::new();
    let mut begins_sentence = true;
    let mut tight = false;
    let mut chars = plain.chars().peekable();
    let mut flush = |current: &mut String, begins: &mut bool, tight: &mut bool| {
        let text = current.trim_end_matches(['!', '\'', '|', '$', '@']);
        if !text.is_empty() {
            let ends_sentence = current.ends_with('!');
            words.push(WrittenWord {
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
