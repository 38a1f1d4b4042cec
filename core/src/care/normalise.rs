//! One plain spelling for every way a word can be written, so that no trick of typing hides
//! danger.
//!
//! People in distress write with phone keyboards, in capitals, in second languages, and round
//! the filters of other services. Before anything is matched, [`normalise`] folds compatibility
//! forms, case, accents, quotes, dashes, invisible characters and stretched letters. What needs
//! to know the words themselves (leetspeak, spaced-out letters, misspelling) is done by the
//! lexer, which has the vocabulary.

use unicode_normalization::UnicodeNormalization as _;

/// Folds `text` to its plain spelling.
///
/// Total on any string, linear in its length, idempotent. The output has at most 18 characters
/// for each character of the input (U+FDFA is the worst case of compatibility decomposition).
///
/// What it does: NFKD, lower case, accents dropped (é → e; Arabic vowel signs, the Devanagari
/// nukta and Yoruba tones as well), invisible and control characters dropped, every apostrophe
/// to `'`, every double quote to `"`, every dash to `-`, every run of spaces to one space, a blank
/// line to a line feed, and letters repeated three times or more to two.
pub fn normalise(text: &str) -> String {
    if is_plain_word(text) {
        return text.to_owned();
    }
    let folded = text
        .nfkd()
        .flat_map(char::to_lowercase)
        .nfkd()
        .filter(|&c| !is_dropped(c))
        .nfc()
        .map(plain);
    let mut out = String::with_capacity(text.len());
    let mut last = ' ';
    let mut run = 0_usize;
    let mut line_feeds = 0_usize;
    let mut pending_space = false;
    for c in folded {
        if c.is_whitespace() {
            line_feeds += usize::from(c == '\n');
            pending_space = true;
            continue;
        }
        if pending_space {
            if !out.is_empty() {
                let gap = if line_feeds > 1 { "\n\n" } else { " " };
                out.push_str(gap);
            }
            pending_space = false;
            line_feeds = 0;
            last = ' ';
            run = 0;
        }
        run = if c == last { run + 1 } else { 1 };
        last = c;
        if run > 2 && c.is_alphabetic() && !is_syllable(c) {
            continue;
        }
        out.push(c);
    }
    out
}

/// Whether `text` is one short lower-case word that folding would leave as it is; most words of
/// the rule files are, and reading those files is what the first message waits for.
fn is_plain_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().all(u8::is_ascii_lowercase)
        && bytes
            .windows(3)
            .all(|three| three[0] != three[1] || three[1] != three[2])
}

/// Whether a character is a word or syllable of its own, so that text in its script is read
/// character by character: Han, kana and Hangul are written with no or unreliable spaces.
pub(super) fn is_syllable(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{20000}'..='\u{2fa1f}')
}

/// Marks and invisible characters that carry no meaning for matching.
fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}'      // accents of Latin, Greek and Cyrillic
        | '\u{0483}'..='\u{0489}'
        | '\u{0640}'                 // Arabic tatweel
        | '\u{064b}'..='\u{065f}'    // Arabic vowel signs and hamza marks
        | '\u{0670}'
        | '\u{093c}'                 // Devanagari nukta
        | '\u{00ad}'                 // soft hyphen
        | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{200b}'..='\u{200f}'    // zero width, direction marks
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{20d0}'..='\u{20ff}'    // enclosing and overlay marks
        | '\u{3164}' | '\u{ffa0}'
        | '\u{fe00}'..='\u{fe0f}'    // variation selectors
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{feff}'
        | '\u{1f3fb}'..='\u{1f3ff}'  // skin tones
        | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && !c.is_whitespace())
}

/// One character for the many that mean the same.
fn plain(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{02bc}' | '\u{02b9}'
        | '\u{02bb}' | '\u{02bd}' | '\u{02c8}' | '\u{2032}' | '\u{2035}' | '\u{00b4}' | '`'
        | '\u{055a}' | '\u{a78c}' | '\u{ff07}' | '\u{1fef}' | '\u{1ffd}' | '\u{0384}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{00ab}' | '\u{00bb}'
        | '\u{2033}' | '\u{300c}' | '\u{300d}' | '\u{300e}' | '\u{300f}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{fe58}' | '\u{058a}' => '-',
        '\u{3002}' | '\u{0964}' | '\u{06d4}' => '.',
        '\u{061f}' => '?',
        // Letters that NFKD leaves alone but writers use for others.
        '\u{0131}' => 'i',
        '\u{0142}' => 'l',
        '\u{00f8}' => 'o',
        '\u{0111}' => 'd',
        '\u{0629}' => '\u{0647}',              // teh marbuta
        '\u{0649}' | '\u{06cc}' => '\u{064a}', // yeh
        '\u{06a9}' => '\u{0643}',              // kaf
        other => other,
    }
}

/// The Latin letter a Greek or Cyrillic look-alike stands for.
pub(super) fn latin_look_alike(c: char) -> char {
    match c {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'є' | 'ε' => 'e',
        'һ' => 'h',
        'і' | 'ι' | 'ӏ' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'о' | 'ο' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'и' | 'υ' => 'u',
        'ν' => 'v',
        'ѡ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        'н' | 'η' => 'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::normalise;

    #[test]
    fn folds_what_keyboards_and_filters_do_to_words() {
        for (written, plain) in [
            ("I Don\u{2019}t", "i don't"),
            ("su\u{200b}i\u{ad}cide", "suicide"),
            ("ＫＩＬＬ 𝓶𝔂𝓼𝓮𝓵𝓯", "kill myself"),
            ("k̸i̷l̶l̴", "kill"),
            ("diiiiiie", "diie"),
            ("kill\n  myself", "kill myself"),
            ("a\n\nb", "a\n\nb"),
            ("não quero", "nao quero"),
            ("أريد", "اريد"),
            ("죽고 싶어", "죽고 싶어"),
            ("\u{202e}die\u{202c}", "die"),
        ] {
            assert_eq!(normalise(written), plain, "{written:?}");
        }
    }

    proptest! {
        #[test]
        fn is_idempotent_and_bounded(text in any::<String>()) {
            let once = normalise(&text);
            prop_assert_eq!(&normalise(&once), &once);
            prop_assert!(once.chars().count() <= 18 * text.chars().count());
        }
    }
}
