//! Values as they come out of TOML or a variable, each with where it was written.

use std::fmt;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::error::Origin;

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// The kinds of value a configuration has.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Whole(i64),
    Number(f64),
    List(Vec<Item>),
}

/// One element of a list.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Text(String),
    /// Fields in the order of their names.
    Table(Vec<Field>),
}

/// One field of a table in a list.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) origin: Origin,
}

impl Value {
    /// What such a value is called in a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text in quotes",
            Self::Whole(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::List(_) => "a list in square brackets",
        }
    }

    /// Reads a TOML value; what is none of ours is named by its kind. `at` says where a position
    /// in the source is.
    pub(super) fn from_toml(
        value: &DeValue<'_>,
        at: &impl Fn(usize) -> Origin,
    ) -> Result<Self, &'static str> {
        match value {
            DeValue::String(text) => Ok(Self::Text(text.clone().into_owned())),
            DeValue::Integer(whole) => i64::from_str_radix(whole.as_str(), whole.radix())
                .map(Self::Whole)
                .map_err(|_| "a number without measure"),
            DeValue::Float(number) => number
                .as_str()
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .map(Self::Number)
                .ok_or("not a finite number"),
            DeValue::Array(items) => items
                .iter()
                .map(|item| Item::from_toml(item.get_ref(), at))
                .collect::<Result<_, _>>()
                .map(Self::List),
            DeValue::Boolean(_) => Err("true or false"),
            DeValue::Datetime(_) => Err("a date"),
            DeValue::Table(_) => Err("a table"),
        }
    }

    /// Reads a variable's text as the same kind of value as `self`.
    pub(super) fn read_as(&self, text: &str, origin: &Origin) -> Option<Self> {
        match self {
            Self::Text(_) => Some(Self::Text(text.to_owned())),
            Self::Whole(_) => text.trim().parse().ok().map(Self::Whole),
            Self::Number(_) => text
                .trim()
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .map(Self::Number),
            Self::List(_) if text.trim_start().starts_with('[') => {
                let value = DeValue::parse(text.trim()).ok()?;
                Self::from_toml(value.get_ref(), &|_| origin.clone()).ok()
            }
            Self::List(_) => Some(Self::List(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| Item::Text(item.to_owned()))
                    .collect(),
            )),
        }
    }

    /// The value as the kind that `other` is, where it is of that kind or a whole number for any
    /// number; else its own kind.
    #[allow(clippy::cast_precision_loss)] // far beyond every range
    pub(super) fn fitting(self, other: &Self) -> Result<Self, &'static str> {
        match (self, other) {
            (Self::Whole(whole), Self::Number(_)) => Ok(Self::Number(whole as f64)),
            (value, other) if value.kind() == other.kind() => Ok(value),
            (value, _) => Err(value.kind()),
        }
    }
}

impl Item {
    fn from_toml(value: &DeValue<'_>, at: &impl Fn(usize) -> Origin) -> Result<Self, &'static str> {
        match value {
            DeValue::String(text) => Ok(Self::Text(text.clone().into_owned())),
            DeValue::Table(table) => fields(table, at).map(Self::Table),
            _ => Err("a list of something else than texts or tables"),
        }
    }
}

fn fields(table: &DeTable<'_>, at: &impl Fn(usize) -> Origin) -> Result<Vec<Field>, &'static str> {
    table
        .iter()
        .map(|(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let DeValue::String(text) = value.get_ref() else {
                return Err("a table with something else than texts");
            };
            Ok(Field {
                name: name.get_ref().to_string(),
                value: text.clone().into_owned(),
                origin: at(name.span().start),
            })
        })
        .collect()
}

impl fmt::Display for Value {
    /// As it would be written, shortened.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                let short: String = text.chars().take(40).collect();
                write!(f, "{short:?}")?;
                f.write_str(if short.len() < text.len() { "…" } else { "" })
            }
            Self::Whole(whole) => write!(f, "{whole}"),
            Self::Number(number) => write!(f, "{number:?}"),
            Self::List(_) => f.write_str("[]"),
        }
    }
}
