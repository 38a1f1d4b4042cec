//! Settings as the types that muykol uses, with their ranges.

use std::{collections::BTreeSet, fmt::Display, ops::RangeInclusive, time::Duration};

use super::{
    error::{ConfigError, Origin, Problem},
    layers::Layers,
    secret::Secret,
    value::{Field, Item, Value},
};

/// Why a value cannot be taken, and how to mend it. Neither quotes the value.
pub(super) type Objection = (String, String);

/// Reads keys one by one and collects what is wrong with them. What it gives back for a wrong key
/// is never used: [`Reader::finish`] then gives no configuration.
pub(super) struct Reader {
    layers: Layers,
    read: BTreeSet<(&'static str, &'static str)>,
}

/// A key: section and name.
type Key = (&'static str, &'static str);

impl Reader {
    pub(super) fn new(layers: Layers) -> Self {
        Self {
            layers,
            read: BTreeSet::new(),
        }
    }

    /// A text as it is.
    pub(super) fn text(&mut self, key: Key) -> String {
        match self.value(key) {
            Some(Value::Text(text)) => text,
            _ => String::new(),
        }
    }

    /// A line of words for people, no longer than this many characters.
    pub(super) fn words(&mut self, key: Key, longest: usize) -> String {
        let text = self.text(key);
        let length = text.chars().count();
        if length > longest {
            self.object(
                key,
                format!("has {length} characters"),
                format!("Shorten it to {longest}"),
            );
        } else if text.chars().any(|c| c.is_control() && c != '\n') {
            self.object(key, "holds control characters", "Write plain text");
        }
        text
    }

    /// A text that means something else; none where it is empty.
    pub(super) fn parsed<T>(
        &mut self,
        key: Key,
        parse: impl FnOnce(&str) -> Result<T, Objection>,
    ) -> Option<T> {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        match parse(&text) {
            Ok(value) => Some(value),
            Err((what, mend)) => {
                self.object(key, what, mend);
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn one_of<T: Copy>(&mut self, key: Key, words: &[(&str, T)], default: T) -> T {
        let text = self.text(key);
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let names: Vec<_> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        let written = Value::Text(text);
        self.object(
            key,
            format!("cannot be {written}"),
            format!("Write one of {}", names.join(", ")),
        );
        default
    }

    /// A text that is never shown; none where it is empty.
    pub(super) fn secret(&mut self, key: Key) -> Option<Secret> {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            self.object(key, "holds white space, which no token has", "Copy it anew");
        }
        Some(Secret::new(text))
    }

    /// A whole number in a range.
    pub(super) fn whole(&mut self, key: Key, range: RangeInclusive<u32>) -> u32 {
        let Some(Value::Whole(written)) = self.value(key) else {
            return *range.start();
        };
        match u32::try_from(written) {
            Ok(whole) if range.contains(&whole) => whole,
            _ => {
                self.out_of_range(key, written, &range);
                *range.start()
            }
        }
    }

    /// A number in a range.
    #[allow(clippy::cast_possible_truncation)] // no key needs more than f32
    pub(super) fn number(&mut self, key: Key, range: RangeInclusive<f32>) -> f32 {
        let Some(Value::Number(number)) = self.value(key) else {
            return *range.start();
        };
        let written = number as f32;
        if !range.contains(&written) {
            self.out_of_range(key, written, &range);
        }
        written
    }

    /// A time in milliseconds.
    pub(super) fn millis(&mut self, key: Key, range: RangeInclusive<u32>) -> Duration {
        Duration::from_millis(self.whole(key, range).into())
    }

    /// A time in seconds.
    pub(super) fn seconds(&mut self, key: Key, range: RangeInclusive<u32>) -> Duration {
        Duration::from_secs(self.whole(key, range).into())
    }

    /// A time in hours.
    pub(super) fn hours(&mut self, key: Key, range: RangeInclusive<u32>) -> Duration {
        self.seconds(key, range) * 60 * 60
    }

    /// A time in days.
    pub(super) fn days(&mut self, key: Key, range: RangeInclusive<u32>) -> Duration {
        self.hours(key, range) * 24
    }

    /// A list of texts that mean something else.
    pub(super) fn list<T>(
        &mut self,
        key: Key,
        parse: impl Fn(&str) -> Result<T, Objection>,
    ) -> Vec<T> {
        let mut values = Vec::new();
        for item in self.items(key) {
            let parsed = match item {
                Item::Text(text) => parse(&text),
                Item::Table(_) => Err((
                    "must be a list of texts".to_owned(),
                    "Write [\"…\", \"…\"]".to_owned(),
                )),
            };
            match parsed {
                Ok(value) => values.push(value),
                Err((what, mend)) => self.object(key, what, mend),
            }
        }
        values
    }

    /// A list of tables.
    pub(super) fn tables(&mut self, key: Key) -> Vec<Vec<Field>> {
        let mut tables = Vec::new();
        for item in self.items(key) {
            match item {
                Item::Table(fields) => tables.push(fields),
                Item::Text(_) => self.object(
                    key,
                    "must be a list of tables",
                    format!("Write each below a line [[{}.{}]]", key.0, key.1),
                ),
            }
        }
        tables
    }

    fn items(&mut self, key: Key) -> Vec<Item> {
        match self.value(key) {
            Some(Value::List(items)) => items,
            _ => Vec::new(),
        }
    }

    fn value(&mut self, key: Key) -> Option<Value> {
        self.read.insert(key);
        let setting = self.layers.get(key.0, key.1)?;
        Some(setting.value.clone())
    }

    /// Where a key was set.
    pub(super) fn origin(&self, key: Key) -> Origin {
        self.layers
            .get(key.0, key.1)
            .map_or(Origin::Default, |setting| setting.origin.clone())
    }

    fn out_of_range<T: Display>(
        &mut self,
        key: Key,
        written: impl Display,
        range: &RangeInclusive<T>,
    ) {
        self.object(
            key,
            format!("cannot be {written}"),
            format!("Write a number from {} to {}", range.start(), range.end()),
        );
    }

    /// Says what is wrong with a key's value.
    pub(super) fn object(&mut self, key: Key, what: impl Display, mend: impl Into<String>) {
        let origin = self.origin(key);
        self.object_at(origin, key, what, mend);
    }

    /// The same of one part of it.
    pub(super) fn object_at(
        &mut self,
        origin: Origin,
        (section, name): Key,
        what: impl Display,
        mend: impl Into<String>,
    ) {
        self.layers.problems.push(Problem {
            origin,
            what: format!("`{section}.{name}` {what}"),
            mend: mend.into(),
        });
    }

    /// The configuration, if nothing was wrong.
    pub(super) fn finish<T>(self, config: T) -> Result<T, ConfigError> {
        if self.layers.problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError {
                problems: self.layers.problems,
            })
        }
    }

    /// Keys that exist and were never read.
    #[cfg(test)]
    pub(super) fn unread(&self) -> Vec<String> {
        self.layers
            .keys()
            .filter(|(section, key)| !self.read.iter().any(|read| read == &(*section, *key)))
            .map(|(section, key)| format!("{section}.{key}"))
            .collect()
    }
}
