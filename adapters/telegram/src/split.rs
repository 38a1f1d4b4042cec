//! Text cut where it hurts least, measured as Telegram measures it: in UTF-16 code units.

use unicode_segmentation::UnicodeSegmentation as _;

/// The length Telegram counts.
pub(crate) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The text as Telegram will take it: control characters become spaces, carriage returns go.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| *c != '\r')
        .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Whether nothing of it can be seen. Telegram refuses such a message.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c,
                // Combining marks that Telegram strips.
                '\u{30a}' | '\u{333}' | '\u{33f}'
                // Fillers, joiners, marks of direction, tags.
                | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffc}' | '\u{e0000}'..='\u{e0fff}')
    })
}

/// Cuts `text` into pieces of at most `limit` units: between paragraphs, else between sentences,
/// else between words, else between graphemes. White space at a cut goes.
pub(crate) fn chunks(text: &str, limit: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let fits = fitting(rest, limit);
        let cut = if fits == rest.len() {
            fits
        } else {
            best_cut(rest, fits)
        };
        let (piece, tail) = rest.split_at(cut);
        if !is_blank(piece) {
            pieces.push(piece.trim());
        }
        rest = tail.trim_start();
    }
    pieces
}

/// How many bytes of `text` are at most `limit` units; never 0 for a text that is not empty.
fn fitting(text: &str, limit: usize) -> usize {
    let mut used = 0;
    for (index, c) in text.char_indices() {
        used += c.len_utf16();
        if used > limit && index > 0 {
            return index;
        }
    }
    text.len()
}

fn best_cut(text: &str, fits: usize) -> usize {
    // A cut in the first half would make more parts than it saves reading.
    let enough = fits / 2;
    let window = &text[..fits];
    let after = |mark: &str| {
        window
            .rfind(mark)
            .map(|at| at + mark.len())
            .filter(|cut| *cut > enough)
    };
    let sentence = [". ", "! ", "? ", "\u{3002}", ".\n", "!\n", "?\n"];
    after("\n\n")
        .or_else(|| sentence.iter().filter_map(|mark| after(mark)).max())
        .or_else(|| after("\n"))
        .or_else(|| word_cut(text, fits))
        .or_else(|| grapheme_cut(text, fits))
        .unwrap_or(fits)
}

/// After the last white space that does not stand between the digits of a number.
fn word_cut(text: &str, fits: usize) -> Option<usize> {
    text[..fits]
        .char_indices()
        .rev()
        .filter(|(_, c)| c.is_whitespace())
        .find_map(|(index, c)| {
            let cut = index + c.len_utf8();
            let before = text[..index].chars().next_back();
            let after = text[cut..].chars().next();
            let inside_number = before.is_some_and(|c| c.is_ascii_digit() || c == ')')
                && after.is_some_and(|c| c.is_ascii_digit() || c == '(');
            (index > 0 && !inside_number).then_some(cut)
        })
}

/// Between the last two graphemes of which the first still fits.
fn grapheme_cut(text: &str, fits: usize) -> Option<usize> {
    let starts = text.grapheme_indices(true).map(|(index, _)| index);
    starts
        .take_while(|index| *index <= fits)
        .last()
        .filter(|index| *index > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_fall_between_sentences_then_words() {
        assert_eq!(
            chunks("One two. Three four. Five", 21),
            ["One two. Three four.", "Five"]
        );
        assert_eq!(chunks("aaaa bbbb cccc", 10), ["aaaa bbbb", "cccc"]);
    }

    #[test]
    fn a_telephone_number_is_not_cut() {
        let text = format!("{} call 1 800 273 8255 now", "x".repeat(30));
        for limit in 40..56 {
            let whole = chunks(&text, limit)
                .iter()
                .any(|chunk| chunk.contains("1 800 273 8255"));
            assert!(whole, "at {limit}");
        }
    }

    #[test]
    fn surrogate_pairs_count_twice_and_families_stay_together() {
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        let pieces_of = family.repeat(3);
        let pieces = chunks(&pieces_of, 17);
        assert_eq!(pieces, [family.repeat(2), family.to_owned()]);
    }

    proptest! {
        #[test]
        fn nothing_visible_is_lost_and_every_piece_fits(text in "(?s).{0,600}", limit in 8_usize..80) {
            let text = clean(&text);
            let pieces = chunks(&text, limit);
            for piece in &pieces {
                prop_assert!(units(piece) <= limit);
            }
            let seen = |text: &str| text.chars().filter(|c| !is_blank(&c.to_string())).collect::<String>();
            prop_assert_eq!(seen(&pieces.concat()), seen(&text));
        }
    }
}
