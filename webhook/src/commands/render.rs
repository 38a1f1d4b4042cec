//! `muykol render`: what a channel would send.

use std::process::ExitCode;

use muykol_core::words::{Block, Part};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{commands::lines::each_line, wiring::Failure};

/// A line of input: words, blocks, or an object that holds blocks.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Blocks(Vec<Block>),
    Reply { blocks: Vec<Block> },
}

pub fn run(channel: &str) -> Result<ExitCode, Failure> {
    let render: fn(&[Block]) -> Vec<Part> = match channel {
        "telegram" => muykol_telegram::render,
        "web" => whole,
        "discord" | "sms" => {
            return Err(format!(
                "this version of muykol has no {channel} channel; it has telegram and web"
            )
            .into());
        }
        _ => return Err(format!("there is no channel `{channel}`; write telegram or web").into()),
    };
    each_line(|line| {
        let parts: Vec<Value> = render(&blocks(line))
            .into_iter()
            .map(|part| json!({ "text": part.plain, "rich": part.rich, "choices": part.choices }))
            .collect();
        json!({ "parts": parts })
    })
}

/// The web shows a reply whole.
fn whole(blocks: &[Block]) -> Vec<Part> {
    vec![Part {
        rich: None,
        plain: Block::plain_all(blocks),
        choices: Vec::new(),
    }]
}

fn blocks(line: &str) -> Vec<Block> {
    match serde_json::from_str(line) {
        Ok(Line::Blocks(blocks) | Line::Reply { blocks }) => blocks,
        // Most people write words, and words may look like anything.
        Err(_) => vec![Block::text(line)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_words_unless_it_is_blocks() {
        assert_eq!(blocks("{not json"), [Block::text("{not json")]);
        assert_eq!(
            blocks(r#"[{"type":"text","text":"hello"}]"#),
            [Block::text("hello")]
        );
        assert_eq!(
            blocks(r#"{"id":"1","blocks":[{"type":"reflection","text":"stay"}]}"#),
            [Block::Reflection {
                text: "stay".to_owned()
            }]
        );
    }
}
