//! `MarkdownV2` as the Bot API reads it.

use super::{Entity, Formatted};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Code,
    Pre,
    TextUrl,
    CustomEmoji,
    BlockQuote,
}

impl Kind {
    /// The name used in errors.
    fn name(self) -> String {
        format!("{self:?}")
    }

    fn bot_api(self) -> &'static str {
        match self {
            Self::Bold => "bold",
            Self::Italic => "italic",
            Self::Underline => "underline",
            Self::Strikethrough => "strikethrough",
            Self::Spoiler => "spoiler",
            Self::Code => "code",
            Self::Pre => "pre",
            Self::TextUrl => "text_link",
            Self::CustomEmoji => "custom_emoji",
            Self::BlockQuote => "blockquote",
        }
    }

    /// What ends it, for kinds that are ended by a mark.
    fn end(self) -> Option<&'static str> {
        Some(match self {
            Self::Bold => "*",
            Self::Italic => "_",
            Self::Underline => "__",
            Self::Strikethrough => "~",
            Self::Spoiler => "||",
            Self::Code => "`",
            Self::Pre => "```",
            Self::TextUrl | Self::CustomEmoji => "]",
            Self::BlockQuote => return None,
        })
    }

    fn is_ended_by(self, rest: &str) -> bool {
        match self {
            Self::Italic => rest.starts_with('_') && !rest.starts_with("__"),
            kind => kind.end().is_some_and(|end| rest.starts_with(end)),
        }
    }
}

struct Open {
    kind: Kind,
    at: usize,
    offset: usize,
    start: usize,
}

struct Parser<'a> {
    raw: &'a str,
    at: usize,
    text: String,
    offset: usize,
    open: Vec<Open>,
    entities: Vec<Entity>,
    line_start: bool,
}

/// Parses `raw`.
///
/// # Errors
/// What follows "can't parse entities: ".
pub(super) fn parse(raw: &str) -> Result<Formatted, String> {
    let mut parser = Parser {
        raw,
        at: 0,
        text: String::with_capacity(raw.len()),
        offset: 0,
        open: Vec::new(),
        entities: Vec::new(),
        line_start: true,
    };
    while parser.step()? {}
    if parser
        .open
        .last()
        .is_some_and(|open| open.kind == Kind::BlockQuote)
    {
        parser.close(None);
    }
    if let Some(open) = parser.open.last() {
        return Err(unclosed(open));
    }
    let mut entities = parser.entities;
    entities.sort_by_key(|entity| (entity.offset, usize::MAX - entity.length));
    Ok(Formatted {
        text: parser.text,
        entities,
    })
}

fn unclosed(open: &Open) -> String {
    format!(
        "Can't find end of {} entity at byte offset {}",
        open.kind.name(),
        open.at
    )
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.raw[self.at..]
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
        self.offset += c.len_utf16();
        if c != '\r' {
            self.line_start = c == '\n';
        }
    }

    fn close(&mut self, url: Option<String>) {
        if let Some(open) = self.open.pop()
            && self.offset > open.offset
        {
            self.entities.push(Entity {
                kind: open.kind.bot_api(),
                offset: open.offset,
                length: self.offset - open.offset,
                url,
            });
        }
    }

    fn begin(&mut self, kind: Kind, width: usize) {
        self.open.push(Open {
            kind,
            at: self.at,
            offset: self.offset,
            start: self.text.len(),
        });
        self.at += width;
    }

    fn step(&mut self) -> Result<bool, String> {
        let Some(c) = self.rest().chars().next() else {
            return Ok(false);
        };
        if c == '\\'
            && let Some(escaped) = self.rest()[1..]
                .chars()
                .next()
                .filter(|c| ('\u{1}'..='\u{7e}').contains(c))
        {
            self.at += 2;
            self.push(escaped);
            return Ok(true);
        }
        let innermost = self.open.last().map(|open| open.kind);
        let reserved = match innermost {
            Some(Kind::Code | Kind::Pre) => "`",
            _ => "_*[]()~`>#+-=|{}.!\n",
        };
        if !reserved.contains(c) {
            self.at += c.len_utf8();
            self.push(c);
        } else if c == '\n' {
            self.newline()?;
        } else if innermost.is_some_and(|kind| kind.is_ended_by(self.rest())) {
            self.end(innermost)?;
        } else {
            self.start(c)?;
        }
        Ok(true)
    }

    /// A line break ends a block quotation unless the next line goes on with it.
    fn newline(&mut self) -> Result<(), String> {
        self.at += 1;
        let quoted = self.open.iter().any(|open| open.kind == Kind::BlockQuote);
        let ends = quoted && !self.rest().starts_with('>');
        if ends
            && let Some(open) = self
                .open
                .last()
                .filter(|open| open.kind != Kind::BlockQuote)
        {
            return Err(unclosed(open));
        }
        self.push('\n');
        if ends {
            self.close(None);
        }
        Ok(())
    }

    fn end(&mut self, kind: Option<Kind>) -> Result<(), String> {
        let Some(kind) = kind else { return Ok(()) };
        self.at += kind.end().map_or(0, str::len);
        let url = match kind {
            Kind::TextUrl if self.rest().starts_with('(') => Some(self.url()?),
            Kind::TextUrl => {
                let start = self.open.last().map_or(0, |open| open.start);
                Some(self.text[start..].to_owned())
            }
            Kind::CustomEmoji if self.rest().starts_with('(') => {
                let url = self.url()?;
                if !url.starts_with("tg://emoji") && !url.starts_with("tg://time") {
                    return Err("Invalid tg://emoji or tg://time URL specified".into());
                }
                None
            }
            Kind::CustomEmoji => {
                return Err("The entity must contain a tg://emoji or tg://time URL".into());
            }
            _ => None,
        };
        self.close(url);
        Ok(())
    }

    fn url(&mut self) -> Result<String, String> {
        self.at += 1;
        let begin = self.at;
        let mut url = String::new();
        let mut chars = self.raw[begin..].char_indices();
        while let Some((index, c)) = chars.next() {
            match c {
                ')' => {
                    self.at = begin + index + 1;
                    return Ok(url);
                }
                '\\' => url.extend(chars.next().map(|(_, escaped)| escaped)),
                other => url.push(other),
            }
        }
        Err(format!("Can't find end of a URL at byte offset {begin}"))
    }

    fn start(&mut self, c: char) -> Result<(), String> {
        let rest = self.rest();
        let (kind, width) = match c {
            '_' if rest.starts_with("__") => (Kind::Underline, 2),
            '_' => (Kind::Italic, 1),
            '*' => (Kind::Bold, 1),
            '~' => (Kind::Strikethrough, 1),
            '|' if rest.starts_with("||") => (Kind::Spoiler, 2),
            '[' => (Kind::TextUrl, 1),
            '!' if rest.starts_with("![") => (Kind::CustomEmoji, 2),
            '`' if rest.starts_with("```") => (Kind::Pre, 3),
            '`' => (Kind::Code, 1),
            '>' if self.line_start => {
                if self.open.iter().any(|open| open.kind == Kind::BlockQuote) {
                    self.at += 1;
                    return Ok(());
                }
                (Kind::BlockQuote, 1)
            }
            other => {
                return Err(format!(
                    "Character '{other}' is reserved and must be escaped with the preceding '\\'"
                ));
            }
        };
        self.begin(kind, width);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(raw: &str) -> String {
        parse(raw).unwrap_err()
    }

    #[test]
    fn marks_become_entities() {
        let parsed = parse("*a _b_* __c__ ||d|| `e.` [f](https://x\\.y)\n>q\n>r\nend").unwrap();
        assert_eq!(parsed.text, "a b c d e. f\nq\nr\nend");
        let kinds: Vec<_> = parsed.entities.iter().map(|entity| entity.kind).collect();
        assert_eq!(
            kinds,
            [
                "bold",
                "italic",
                "underline",
                "spoiler",
                "code",
                "text_link",
                "blockquote"
            ]
        );
    }

    #[test]
    fn errors_have_telegrams_words() {
        assert_eq!(
            problem("Hello."),
            "Character '.' is reserved and must be escaped with the preceding '\\'"
        );
        assert_eq!(
            problem("*a"),
            "Can't find end of Bold entity at byte offset 0"
        );
        assert_eq!(
            problem("x _a"),
            "Can't find end of Italic entity at byte offset 2"
        );
        assert_eq!(problem("[a](b"), "Can't find end of a URL at byte offset 4");
        assert_eq!(
            problem("a|b"),
            "Character '|' is reserved and must be escaped with the preceding '\\'"
        );
    }

    #[test]
    fn escaped_marks_are_text() {
        assert_eq!(parse("a\\.b\\!").unwrap().text, "a.b!");
    }
}
