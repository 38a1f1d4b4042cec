//! Text as Telegram reads it: markup taken out, cleaned, trimmed, measured.
//!
//! The rules and the wording of every error are those the Bot API server (tdlib) shows to a bot.

mod html;
mod markdown;

use serde::Serialize;

/// The longest text that is even parsed, in bytes of the raw request.
const RAW_LIMIT: usize = 1 << 15;

/// A stretch of formatted text; offsets and lengths count UTF-16 code units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// The Bot API's name of it: "bold", `"text_link"`, …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where it begins.
    pub offset: usize,
    /// How long it is.
    pub length: usize,
    /// The address, for a `text_link`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What a person would see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// The words.
    pub text: String,
    /// Their formatting.
    pub entities: Vec<Entity>,
}

/// The length Telegram counts, in UTF-16 code units.
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Parses `raw` under `parse_mode` and checks it as a message's text.
///
/// # Errors
/// The description that follows "Bad Request: ".
pub fn message_text(raw: &str, parse_mode: &str, edit: bool) -> Result<Formatted, String> {
    if raw.is_empty() {
        return Err("message text is empty".into());
    }
    let formatted = formatted(raw, parse_mode)?;
    if formatted.text.chars().count() > 4096 {
        return Err("message is too long".into());
    }
    if utf16_len(&formatted.text) > 4096 {
        return Err(if edit {
            "MESSAGE_TOO_LONG"
        } else {
            "message is too long"
        }
        .into());
    }
    Ok(formatted)
}

fn formatted(raw: &str, parse_mode: &str) -> Result<Formatted, String> {
    if raw.len() > RAW_LIMIT {
        return Err("text is too long".into());
    }
    let parsed = match parse_mode.to_ascii_lowercase().as_str() {
        "" | "none" => Ok(Formatted {
            text: raw.to_owned(),
            entities: Vec::new(),
        }),
        "html" => html::parse(raw),
        "markdownv2" => markdown::parse(raw),
        _ => return Err("unsupported parse_mode".into()),
    };
    let parsed = parsed.map_err(|problem| format!("can't parse entities: {problem}"))?;
    let text = trimmed(&cleaned(&parsed.text));
    if text.is_empty() {
        return Err("text must be non-empty".into());
    }
    let entities = parsed
        .entities
        .into_iter()
        .filter(|entity| entity.length > 0)
        .collect();
    Ok(Formatted { text, entities })
}

/// Control characters become spaces; carriage returns, line separators, directional embeddings and
/// the vertical-line accents are dropped.
fn cleaned(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\n' => Some('\n'),
            '\r' | '\u{2028}'..='\u{202e}' | '\u{333}' | '\u{33f}' | '\u{30a}' => None,
            '\0'..=' ' => Some(' '),
            other => Some(other),
        })
        .collect()
}

/// White space at both ends goes; a text of nothing but invisible characters is empty.
fn trimmed(text: &str) -> String {
    let invisible = |c: char| {
        matches!(c, ' ' | '\n' | '\u{a0}' | '\u{1680}' | '\u{180e}' | '\u{2000}'..='\u{200f}'
            | '\u{202e}' | '\u{202f}' | '\u{205f}' | '\u{2800}' | '\u{3000}' | '\u{fffc}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    if text.chars().all(invisible) {
        return String::new();
    }
    text.trim_matches([' ', '\n']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(raw: &str, mode: &str) -> String {
        message_text(raw, mode, false).unwrap_err()
    }

    #[test]
    fn limits_are_counted_after_parsing_and_in_utf16() {
        let bold = format!("<b>{}</b>", "a".repeat(4096));
        assert_eq!(message_text(&bold, "HTML", false).unwrap().text.len(), 4096);
        assert_eq!(problem(&"a".repeat(4097), ""), "message is too long");
        assert_eq!(
            problem(&"\u{1f600}".repeat(2049), ""),
            "message is too long"
        );
        let edited = message_text(&"\u{1f600}".repeat(2049), "", true);
        assert_eq!(edited.unwrap_err(), "MESSAGE_TOO_LONG");
        assert_eq!(problem(&"a".repeat(32_769), ""), "text is too long");
    }

    #[test]
    fn emptiness_has_two_names() {
        assert_eq!(problem("", ""), "message text is empty");
        assert_eq!(problem(" \n\u{200b}", ""), "text must be non-empty");
        assert_eq!(problem("<b></b>", "HTML"), "text must be non-empty");
    }

    #[test]
    fn an_unknown_mode_is_refused() {
        assert_eq!(problem("a", "BBCode"), "unsupported parse_mode");
    }
}
