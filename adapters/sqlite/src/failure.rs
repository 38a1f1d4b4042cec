//! What can go wrong inside, and what of it is told.

use muykol_core::seams::StoreError;
use rusqlite::ErrorCode;

/// Why an operation failed. Never carries a value that was stored or was to be stored.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
    /// A column that cannot be read, by name.
    Unreadable(&'static str),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreadable(what) => Self::Corrupt(what.to_owned()),
            Failure::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => match error.code {
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                    Self::Corrupt(error.to_string())
                }
                _ => Self::Unavailable(error.to_string()),
            },
            // Everything else is a row or statement of an unexpected shape; the error may quote it.
            Failure::Sqlite(_) => Self::Corrupt("a row of an unexpected shape".to_owned()),
        }
    }
}
