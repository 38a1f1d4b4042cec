//! What is wrong with a configuration, where, and how to mend it.

use std::fmt;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The defaults that are compiled in.
    Default,
    /// A line of a file.
    Line {
        /// The file, as it was named.
        file: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// A file as a whole.
    File(String),
    /// A variable of the environment.
    Variable(String),
    /// A variable in a `.env` file.
    DotEnv {
        /// The file, as it was named.
        file: String,
        /// The variable.
        variable: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the compiled-in defaults"),
            Self::Line { file, line } => write!(f, "{file}, line {line}"),
            Self::File(file) => f.write_str(file),
            Self::Variable(variable) => write!(f, "environment variable {variable}"),
            Self::DotEnv { file, variable } => write!(f, "{file}, variable {variable}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// What, without a secret's value.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.origin, self.what, self.mend)?;
        f.write_str(if self.mend.ends_with('?') { "" } else { "." })
    }
}

/// A configuration that muykol does not start with: everything that is wrong with it, so that it
/// can be mended at once. Printed as one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.problems))]
pub struct ConfigError {
    /// What is wrong; never empty.
    pub problems: Vec<Problem>,
}

fn lines(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}
