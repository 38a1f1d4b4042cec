//! A TOML file, taken apart into what it says, line by line.

use toml::de::{DeTable, DeValue};

use super::{
    error::{Origin, Problem},
    sources::SourceFile,
    value::Value,
};

/// One thing that a file says, and where.
pub(super) struct Entry {
    pub(super) origin: Origin,
    pub(super) said: Said,
}

/// What a file can say.
pub(super) enum Said {
    /// `[section]`
    Section(String),
    /// `key = value` in a section; a value that is none of ours is named by its kind.
    Key {
        section: String,
        key: String,
        value: Result<Value, &'static str>,
    },
    /// `key = value` before any section.
    Loose(String),
}

/// Takes a file apart, in the order of its lines.
pub(super) fn read(file: &SourceFile) -> Result<Vec<Entry>, Problem> {
    let at = |offset: usize| Origin::Line {
        file: file.name.clone(),
        line: line(&file.text, offset),
    };
    let (document, errors) = DeTable::parse_recoverable(&file.text);
    // The first: those after it are often only its consequence.
    let start = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
    if let Some(error) = errors.iter().min_by_key(|error| start(error)) {
        return Err(Problem {
            origin: at(start(error)),
            // Only its message: its whole text shows the line, which may hold a secret.
            what: format!("this is not TOML ({})", error.message().replace('\n', ", ")),
            mend: "`muykol config` shows how each key is written".to_owned(),
        });
    }
    let mut entries = Vec::new();
    for (name, value) in document.get_ref() {
        let section = name.get_ref().to_string();
        let mut say = |offset, said| entries.push((offset, said));
        let DeValue::Table(keys) = value.get_ref() else {
            say(name.span().start, Said::Loose(section));
            continue;
        };
        say(name.span().start, Said::Section(section.clone()));
        for (key, value) in keys {
            let said = Said::Key {
                section: section.clone(),
                key: key.get_ref().to_string(),
                value: Value::from_toml(value.get_ref(), &at),
            };
            say(key.span().start, said);
        }
    }
    entries.sort_by_key(|(offset, _)| *offset);
    Ok(entries
        .into_iter()
        .map(|(offset, said)| Entry {
            origin: at(offset),
            said,
        })
        .collect())
}

/// The line of a position, counted from 1.
fn line(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}
