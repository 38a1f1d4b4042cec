//! The pieces that references are made of: words, numbers and signs.

use std::ops::Range;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What kind of piece it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Letters, without accents, in lower case.
    Word(String),
    /// ASCII digits; `None` beyond 999, which is no chapter or verse.
    Number(Option<u16>),
    /// Anything else but white space.
    Sign(char),
}

/// One piece of a text.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub piece: Piece,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// Whether white space stands before it.
    pub spaced: bool,
    /// Whether a line begins with it.
    pub line_start: bool,
    /// Whether it begins with a capital letter.
    pub capital: bool,
}

impl Token {
    pub fn word(&self) -> Option<&str> {
        match &self.piece {
            Piece::Word(word) => Some(word),
            _ => None,
        }
    }

    pub fn sign(&self) -> Option<char> {
        match self.piece {
            Piece::Sign(sign) => Some(sign),
            _ => None,
        }
    }
}

/// Every dash that people write between numbers.
pub(super) fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '~' | '\u{ad}'
    )
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Cuts `text` into pieces. Linear in its length.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut spaced = true;
    let mut line_start = true;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if is_space(c) {
            spaced = true;
            line_start |= c == '\n';
            continue;
        }
        let mut end = at + c.len_utf8();
        let mut run = |belongs: &dyn Fn(char) -> bool| {
            while let Some(&(next, following)) = chars.peek() {
                if !belongs(following) {
                    break;
                }
                end = next + following.len_utf8();
                chars.next();
            }
            end
        };
        let piece = if c.is_ascii_digit() {
            let end = run(&|c| c.is_ascii_digit());
            Piece::Number(text[at..end].parse().ok().filter(|number| *number <= 999))
        } else if c.is_alphabetic() {
            let end = run(&|c| c.is_alphabetic() || is_combining_mark(c));
            Piece::Word(folded(&text[at..end]))
        } else {
            Piece::Sign(c)
        };
        tokens.push(Token {
            piece,
            range: at..end,
            spaced,
            line_start,
            capital: c.is_uppercase(),
        });
        spaced = false;
        line_start = false;
    }
    tokens
}

/// Lower case without accents.
fn folded(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ß' { 's' } else { c })
        .collect()
}
