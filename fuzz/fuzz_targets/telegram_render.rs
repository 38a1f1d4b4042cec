//! Any reply becomes messages that Telegram takes, rich and plain.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muykol_core::words::{Block, Choice, Resource};
use muykol_telegram::render;
use muykol_telegram_counterpart::{message_text, utf16_len};

/// Telegram's limit, in UTF-16 units (Bot API, sendMessage).
const LONGEST: usize = 4096;
/// The most parts of one turn.
const PARTS: usize = 12;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let blocks: Vec<Block> = text.split('\u{1}').map(block).collect();
    let parts = render(&blocks);
    assert!(parts.len() <= PARTS, "{} parts", parts.len());
    for part in parts {
        let Some(rich) = part.rich.as_deref() else {
            panic!("a part without its rich form");
        };
        let formatted = message_text(rich, "HTML", false).unwrap_or_else(|refused| {
            panic!("{refused}: {rich:?}");
        });
        let plain = message_text(&part.plain, "", false).unwrap_or_else(|refused| {
            panic!("{refused}: {:?}", part.plain);
        });
        assert!(utf16_len(&part.plain) <= LONGEST);
        assert_eq!(formatted.text, plain.text);
    }
});

/// The first character says which kind of block, the second how often its words are repeated.
fn block(written: &str) -> Block {
    let mut letters = written.chars();
    let kind = letters.next().unwrap_or(' ');
    let times = letters.next().map_or(1, |times| times as usize % 96 + 1);
    let text = letters.as_str().repeat(times);
    let (first, rest) = text.split_once('|').unwrap_or(("", &text));
    let (first, rest) = (first.to_owned(), rest.to_owned());
    match kind {
        'v' => Block::Verse {
            reference: first,
            text: rest,
            translation: "ASV".to_owned(),
        },
        'r' => Block::Reflection { text },
        'a' => Block::Action { text },
        'h' => Block::Resources {
            items: vec![Resource {
                name: first.clone(),
                phone: Some(rest.clone()),
                sms: Some(first),
                url: Some(rest),
                country: "INTL".to_owned(),
            }],
        },
        'c' => Block::Choices {
            items: text
                .split('|')
                .take(8)
                .map(|label| Choice {
                    id: "choice".to_owned(),
                    label: label.to_owned(),
                })
                .collect(),
        },
        _ => Block::Text { text },
    }
}
