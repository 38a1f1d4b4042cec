//! One connection, and the few ways in which statements are run on it.

use rusqlite::{Connection, Params, Row};
use serde::{Serialize, de::DeserializeOwned};

use crate::failure::Failure;

/// A connection together with the church whose rows it sees.
pub(crate) struct Db {
    pub(crate) connection: Connection,
    pub(crate) church: String,
}

impl Db {
    /// Runs a statement; returns how many rows it changed.
    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize, Failure> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// The first row, if there is one.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Failure> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        Ok(rows.next()?.map(read).transpose()?)
    }

    /// Every row.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Failure> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether there is any row.
    pub(crate) fn any(&self, sql: &str, params: impl Params) -> Result<bool, Failure> {
        Ok(self.connection.prepare_cached(sql)?.exists(params)?)
    }

    /// Several reads of one moment.
    pub(crate) fn snapshot<T>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let transaction = self.connection.unchecked_transaction()?;
        let result = read(self)?;
        transaction.commit()?;
        Ok(result)
    }
}

/// A value as its column holds it.
pub(crate) fn to_json(value: &impl Serialize, what: &'static str) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|_| Failure::Unreadable(what))
}

/// A value from its column; `what` names the column should it be unreadable.
pub(crate) fn from_json<T: DeserializeOwned>(json: &str, what: &'static str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|_| Failure::Unreadable(what))
}

/// A count or an epoch as SQLite keeps it; none ever comes near 2^63.
pub(crate) fn to_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The way back.
pub(crate) fn from_column(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A limit as SQLite takes it.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
