//! HTML as the Bot API reads it.

use super::{Entity, Formatted, utf16_len};

struct Open {
    tag: String,
    argument: Option<String>,
    offset: usize,
    start: usize,
}

struct Reader<'a> {
    raw: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.raw[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_space(&mut self) {
        self.take_while(is_space);
    }

    /// The character an entity stands for, if the text here is one of those Telegram knows.
    fn entity(&mut self) -> Option<char> {
        let body = self.rest().strip_prefix('&')?;
        let (c, used) = if let Some(number) = body.strip_prefix('#') {
            let (radix, digits, mark) = match number.strip_prefix('x') {
                Some(hex) => (16, hex, 2),
                None => (10, number, 1),
            };
            let end = digits
                .find(|c: char| !c.is_digit(radix))
                .unwrap_or(digits.len());
            if end + mark >= 9 {
                return None;
            }
            let code = u32::from_str_radix(&digits[..end], radix)
                .ok()
                .filter(|code| *code > 0)?;
            (char::from_u32(code)?, end + mark)
        } else {
            let end = body
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(body.len());
            let c = match &body[..end] {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                _ => return None,
            };
            (c, end)
        };
        self.at += 1 + used + usize::from(body[used..].starts_with(';'));
        Some(c)
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\0' | '\u{b}')
}

fn kind_of(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "tg-spoiler" | "span" => "spoiler",
        "a" => "text_link",
        "pre" => "pre",
        "code" => "code",
        "blockquote" => "blockquote",
        "tg-emoji" => "custom_emoji",
        "tg-time" => "date_time",
        _ => return None,
    })
}

/// Parses `raw`.
///
/// # Errors
/// What follows "can't parse entities: ".
pub(super) fn parse(raw: &str) -> Result<Formatted, String> {
    let mut reader = Reader { raw, at: 0 };
    let mut text = String::with_capacity(raw.len());
    let mut entities = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut offset = 0;
    while let Some(c) = reader.peek() {
        if c == '&'
            && let Some(decoded) = reader.entity()
        {
            offset += decoded.len_utf16();
            text.push(decoded);
        } else if c != '<' {
            offset += c.len_utf16();
            text.push(c);
            reader.at += c.len_utf8();
        } else if reader.rest().starts_with("</") {
            let closed = end_tag(&mut reader, &mut open)?;
            if offset > closed.offset {
                let url = (closed.tag == "a").then(|| {
                    closed
                        .argument
                        .filter(|url| !url.is_empty())
                        .unwrap_or_else(|| text[closed.start..].to_owned())
                });
                if let Some(kind) = kind_of(&closed.tag)
                    && url.as_deref().is_none_or(is_link)
                {
                    entities.push(Entity {
                        kind,
                        offset: closed.offset,
                        length: offset - closed.offset,
                        url,
                    });
                }
            }
        } else {
            let (tag, argument) = start_tag(&mut reader)?;
            open.push(Open {
                tag,
                argument,
                offset,
                start: text.len(),
            });
        }
    }
    if let Some(unclosed) = open.last() {
        return Err(format!(
            "Can't find end tag corresponding to start tag \"{}\"",
            unclosed.tag
        ));
    }
    debug_assert_eq!(offset, utf16_len(&text));
    entities.sort_by_key(|entity: &Entity| (entity.offset, usize::MAX - entity.length));
    Ok(Formatted { text, entities })
}

fn is_link(url: &str) -> bool {
    url.contains("://") || url.starts_with("tel:") || url.contains('.')
}

fn end_tag(reader: &mut Reader<'_>, open: &mut Vec<Open>) -> Result<Open, String> {
    let begin = reader.at;
    let Some(last) = open.pop() else {
        return Err(format!("Unexpected end tag at byte offset {begin}"));
    };
    reader.at += 2;
    let name = reader
        .take_while(|c| !is_space(c) && c != '>')
        .to_ascii_lowercase();
    reader.skip_space();
    if reader.peek() != Some('>') {
        return Err(format!("Unclosed end tag at byte offset {begin}"));
    }
    reader.at += 1;
    if !name.is_empty() && name != last.tag {
        return Err(format!(
            "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
            last.tag
        ));
    }
    Ok(last)
}

fn start_tag(reader: &mut Reader<'_>) -> Result<(String, Option<String>), String> {
    let begin = reader.at;
    reader.at += 1;
    let tag = reader
        .take_while(|c| !is_space(c) && c != '>')
        .to_ascii_lowercase();
    if reader.peek().is_none() {
        return Err(format!("Unclosed start tag at byte offset {begin}"));
    }
    if kind_of(&tag).is_none() {
        return Err(format!(
            "Unsupported start tag \"{tag}\" at byte offset {begin}"
        ));
    }
    let mut argument = None;
    loop {
        reader.skip_space();
        if reader.peek() == Some('>') {
            reader.at += 1;
            break;
        }
        let name =
            reader.take_while(|c| !is_space(c) && !matches!(c, '=' | '>' | '/' | '"' | '\''));
        if name.is_empty() {
            return Err(format!(
                "Empty attribute name in the tag \"{tag}\" at byte offset {begin}"
            ));
        }
        reader.skip_space();
        match reader.peek() {
            Some('=') => reader.at += 1,
            Some(_) => continue,
            None => {
                return Err(format!(
                    "Unclosed start tag \"{tag}\" at byte offset {begin}"
                ));
            }
        }
        reader.skip_space();
        if reader.peek().is_none() {
            return Err(format!(
                "Unclosed start tag \"{tag}\" at byte offset {begin}"
            ));
        }
        let value = attribute_value(reader)?;
        if reader.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        match (tag.as_str(), name) {
            ("a", "href") | ("tg-emoji", "emoji-id") => argument = Some(value),
            ("span", "class") => argument = value.strip_prefix("tg-").map(str::to_owned),
            _ => {}
        }
    }
    if tag == "span" && argument.as_deref() != Some("spoiler") {
        return Err(format!(
            "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
        ));
    }
    Ok((tag, argument))
}

fn attribute_value(reader: &mut Reader<'_>) -> Result<String, String> {
    let Some(quote @ ('"' | '\'')) = reader.peek() else {
        let begin = reader.at;
        let token = reader.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        if reader.peek().is_some_and(|c| !is_space(c) && c != '>') {
            return Err(format!(
                "Unexpected end of name token at byte offset {begin}"
            ));
        }
        return Ok(token.to_ascii_lowercase());
    };
    reader.at += 1;
    let mut value = String::new();
    while let Some(c) = reader.peek() {
        if c == quote {
            reader.at += 1;
            break;
        }
        if c == '&'
            && let Some(decoded) = reader.entity()
        {
            value.push(decoded);
        } else {
            value.push(c);
            reader.at += c.len_utf8();
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(raw: &str) -> String {
        parse(raw).unwrap_err()
    }

    #[test]
    fn entities_are_counted_in_utf16() {
        let parsed = parse("\u{1f600}<b>&lt;x&gt;</b> <a href=\"tel:988\">988</a>").unwrap();
        assert_eq!(parsed.text, "\u{1f600}<x> 988");
        assert_eq!(
            (
                parsed.entities[0].kind,
                parsed.entities[0].offset,
                parsed.entities[0].length
            ),
            ("bold", 2, 3)
        );
        assert_eq!(parsed.entities[1].url.as_deref(), Some("tel:988"));
    }

    #[test]
    fn errors_have_telegrams_words() {
        assert_eq!(problem("a <3"), "Unclosed start tag at byte offset 2");
        assert_eq!(
            problem("a <3 b>"),
            "Unsupported start tag \"3\" at byte offset 2"
        );
        assert_eq!(
            problem("<b>x"),
            "Can't find end tag corresponding to start tag \"b\""
        );
        assert_eq!(problem("x</b>"), "Unexpected end tag at byte offset 1");
        assert_eq!(
            problem("<b>x</i>"),
            "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""
        );
        assert_eq!(problem("<b>x</b"), "Unclosed end tag at byte offset 4");
        assert_eq!(
            problem("<span>x</span>"),
            "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"
        );
    }

    #[test]
    fn an_unknown_entity_is_text() {
        assert_eq!(parse("&nbsp;&#39;&").unwrap().text, "&nbsp;'&");
    }
}
