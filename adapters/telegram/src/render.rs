//! Blocks become messages: HTML, because escaping three characters is all it takes for it never
//! to be refused (`MarkdownV2` reserves eighteen, and differently inside links and code), and the
//! same words plain, should it be refused all the same.

use muykol_core::words::{Block, Choice, Part};

use crate::split::{chunks, clean, is_blank, units};

/// The longest message, in UTF-16 code units after the markup is taken out
/// (<https://core.telegram.org/bots/api#sendmessage>).
pub(crate) const LIMIT: usize = 4096;
/// The most messages of one turn.
const MOST_PARTS: usize = 12;

/// What stays together if it fits into one message.
struct Piece {
    rich: String,
    plain: String,
    /// Whether it follows on the next line and not after a blank one.
    close: bool,
}

/// Blocks as messages, in order; at most 12. Every message is one Telegram takes. Blocks of which
/// nothing can be seen are left out.
pub fn render(blocks: &[Block]) -> Vec<Part> {
    let mut pieces = Vec::new();
    let mut choices: Vec<Choice> = Vec::new();
    for block in blocks {
        match block {
            Block::Text { text } | Block::Reflection { text } => {
                pieces.extend(styled(text, "", "", false));
            }
            Block::Action { text } => pieces.extend(styled(text, "<b>", "</b>", false)),
            Block::Verse { .. } => pieces.extend(verse(block)),
            Block::Resources { items } => {
                for (index, item) in items.iter().enumerate() {
                    let plain = item.plain();
                    pieces.extend(resource(&plain, units(&item.name), index > 0));
                }
            }
            Block::Choices { items } => choices.extend(items.iter().cloned()),
        }
    }
    if pieces.is_empty() && !choices.is_empty() {
        let labels = Block::Choices {
            items: choices.clone(),
        }
        .plain();
        pieces.extend(styled(&labels, "", "", false));
    }
    let mut parts = packed(pieces);
    if let Some(last) = parts.last_mut() {
        last.choices = choices;
    }
    shortened(parts)
}

fn styled(text: &str, open: &str, close: &str, follows: bool) -> Vec<Piece> {
    let text = clean(text);
    let pieces = chunks(&text, LIMIT)
        .into_iter()
        .enumerate()
        .map(|(index, chunk)| Piece {
            rich: format!("{open}{}{close}", escaped(chunk)),
            plain: chunk.to_owned(),
            close: follows && index == 0,
        });
    pieces.collect()
}

/// A passage in one piece, if it fits; a longer one in several, its reference at the end.
fn verse(block: &Block) -> Vec<Piece> {
    let plain = clean(&block.plain());
    let Some((quoted, source)) = plain.rsplit_once("\n\u{2014} ") else {
        return styled(&plain, "", "", false);
    };
    if units(&plain) <= LIMIT && !is_blank(source) {
        let rich = format!(
            "<blockquote>{}</blockquote>\n\u{2014} <i>{}</i>",
            escaped(quoted),
            escaped(source)
        );
        return vec![Piece {
            rich,
            plain: plain.clone(),
            close: false,
        }];
    }
    let mut pieces = styled(quoted, "<blockquote>", "</blockquote>", false);
    pieces.extend(styled(&format!("\u{2014} {source}"), "", "", true));
    pieces
}

/// One place of help on one line, its name bold.
fn resource(plain: &str, name: usize, follows: bool) -> Vec<Piece> {
    let plain = clean(plain);
    if units(&plain) > LIMIT || is_blank(&plain) {
        return styled(&plain, "", "", follows);
    }
    let cut = plain.char_indices().scan(0, |used, (index, c)| {
        *used += c.len_utf16();
        Some((*used, index + c.len_utf8()))
    });
    let cut = cut
        .take_while(|(used, _)| *used <= name)
        .last()
        .map_or(0, |(_, end)| end);
    let (name, ways) = plain.split_at(cut);
    let rich = if is_blank(name) {
        escaped(&plain)
    } else {
        format!("<b>{}</b>{}", escaped(name), escaped(ways))
    };
    vec![Piece {
        rich,
        plain,
        close: follows,
    }]
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn packed(pieces: Vec<Piece>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut used = 0;
    for Piece { rich, plain, close } in pieces {
        let gap = if close { "\n" } else { "\n\n" };
        let length = units(&plain);
        match parts.last_mut() {
            Some(part) if used + gap.len() + length <= LIMIT => {
                used += gap.len() + length;
                part.plain.push_str(gap);
                part.plain.push_str(&plain);
                if let Some(whole) = &mut part.rich {
                    whole.push_str(gap);
                    whole.push_str(&rich);
                }
            }
            _ => {
                used = length;
                parts.push(Part {
                    rich: Some(rich),
                    plain,
                    choices: Vec::new(),
                });
            }
        }
    }
    parts
}

/// At most [`MOST_PARTS`]: the middle is left out and never the end, where help and choices stand.
fn shortened(mut parts: Vec<Part>) -> Vec<Part> {
    if parts.len() > MOST_PARTS {
        let surplus = parts.len() - MOST_PARTS;
        parts.drain(MOST_PARTS - 1..MOST_PARTS - 1 + surplus);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use muykol_core::words::Resource;

    fn verse_of(text: String) -> Block {
        Block::Verse {
            reference: "Philippians 4:6-7".into(),
            text,
            translation: "ASV".into(),
        }
    }

    #[test]
    fn a_reply_is_one_readable_message() {
        let parts = render(&[
            Block::text("I hear you <3 & I'm here."),
            verse_of("In nothing be anxious".into()),
            Block::Action {
                text: "Breathe out slowly, twice.".into(),
            },
            Block::Choices {
                items: vec![Choice {
                    id: "pray".into(),
                    label: "Pray with me".into(),
                }],
            },
        ]);
        assert_eq!(parts.len(), 1);
        assert_eq!(
            parts[0].rich.as_deref(),
            Some(
                "I hear you &lt;3 &amp; I'm here.\n\n<blockquote>\u{201c}In nothing be anxious\u{201d}</blockquote>\n\
                 \u{2014} <i>Philippians 4:6-7 (ASV)</i>\n\n<b>Breathe out slowly, twice.</b>"
            )
        );
        assert_eq!(parts[0].choices.len(), 1);
    }

    #[test]
    fn a_verse_that_fits_into_one_message_is_not_broken() {
        let text = "word ".repeat(700);
        let parts = render(&[
            Block::text("x ".repeat(1500)),
            verse_of(text.trim().to_owned()),
        ]);
        assert_eq!(parts.len(), 2);
        assert!(parts[1].plain.starts_with('\u{201c}') && parts[1].plain.ends_with("(ASV)"));
    }

    #[test]
    fn helplines_stand_one_to_a_line_and_whole() {
        let item = |name: &str| Resource {
            name: name.into(),
            phone: Some("1 800 273 8255".into()),
            sms: None,
            url: Some("https://example.org".into()),
            country: "US".into(),
        };
        let parts = render(&[
            Block::text("y ".repeat(2030)),
            Block::Resources {
                items: vec![item("A & B"), item("C")],
            },
        ]);
        assert_eq!(
            parts[1].rich.as_deref(),
            Some(
                "<b>A &amp; B</b>: call 1 800 273 8255, https://example.org\n\
                 <b>C</b>: call 1 800 273 8255, https://example.org"
            )
        );
    }

    #[test]
    fn too_much_keeps_its_end() {
        let mut blocks: Vec<Block> = (0..40).map(|_| Block::text("z".repeat(4000))).collect();
        blocks.push(Block::text("help is here"));
        let parts = render(&blocks);
        assert_eq!(parts.len(), 12);
        assert!(parts[11].plain.ends_with("help is here"));
    }

    #[test]
    fn choices_alone_have_words_above_them() {
        let items = vec![Choice {
            id: "a".into(),
            label: "Yes".into(),
        }];
        assert_eq!(render(&[Block::Choices { items }])[0].plain, "\u{2022} Yes");
    }
}
