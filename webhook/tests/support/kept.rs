//! What is in the store, read from its file beside the running process.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::becomes_true;

/// A store's file.
pub struct Kept {
    connection: Connection,
}

impl Kept {
    /// Reads this file.
    pub fn in_file(path: &Path) -> Self {
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        Self { connection }
    }

    /// Holds the only lock for writing until the guard is dropped: the store hangs.
    pub fn hang(path: &Path) -> Hanging {
        let kept = Self::in_file(path);
        kept.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Hanging { _kept: kept }
    }

    pub fn count(&self, sql: &str) -> usize {
        let count: i64 = self
            .connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap();
        usize::try_from(count).unwrap()
    }

    /// How many rows there are that a message could have left.
    pub fn rows(&self) -> usize {
        [
            "persons", "dedupe", "waiting", "entries", "effects", "audit",
        ]
        .iter()
        .map(|table| self.count(&format!("SELECT count(*) FROM {table}")))
        .sum()
    }

    /// Every line of history, oldest first.
    pub fn lines(&self) -> Vec<Value> {
        let mut statement = self
            .connection
            .prepare("SELECT body FROM entries ORDER BY seq")
            .unwrap();
        statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap()
            .map(|entry| {
                let entry: Value = serde_json::from_str(&entry.unwrap()).unwrap();
                entry["body"].clone()
            })
            .collect()
    }

    /// How often each message is in the history.
    pub fn said(&self) -> BTreeMap<String, usize> {
        let mut said = BTreeMap::new();
        for line in self.lines() {
            if line["said"] == "person" {
                let text = line["text"].as_str().unwrap().to_owned();
                *said.entry(text).or_default() += 1;
            }
        }
        said
    }

    /// How many replies answer each message, by its words.
    pub fn answers(&self) -> BTreeMap<String, usize> {
        let lines = self.lines();
        let mut replies: HashMap<String, usize> = HashMap::new();
        for line in lines.iter().filter(|line| line["said"] == "muykol") {
            for inbound in line["answers"].as_array().unwrap() {
                *replies
                    .entry(inbound.as_str().unwrap().to_owned())
                    .or_default() += 1;
            }
        }
        lines
            .iter()
            .filter(|line| line["said"] == "person")
            .map(|line| {
                let count = replies.get(line["inbound"].as_str().unwrap());
                let text = line["text"].as_str().unwrap().to_owned();
                (text, count.copied().unwrap_or_default())
            })
            .collect()
    }

    /// How many replies each Telegram user was given in history.
    pub fn replies_by_user(&self) -> BTreeMap<i64, usize> {
        let mut statement = self
            .connection
            .prepare(
                "SELECT addresses.id, count(*) FROM entries
                   JOIN addresses ON addresses.person = entries.person
                  WHERE of_muykol = 1 AND channel = 'telegram' GROUP BY addresses.id",
            )
            .unwrap();
        statement
            .query_map([], |row| {
                let id: String = row.get(0)?;
                let count: i64 = row.get(1)?;
                Ok((id.parse().unwrap(), usize::try_from(count).unwrap()))
            })
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    /// How many effects were settled as sent.
    pub fn receipts(&self) -> usize {
        self.count("SELECT count(*) FROM receipts")
    }

    /// Ends the sessions nobody has written in.
    pub fn expire_unused_sessions(&self) {
        let ended = self.connection.execute(
            "UPDATE sessions SET expires = 1
              WHERE address NOT IN (SELECT id FROM addresses)",
            [],
        );
        assert!(ended.unwrap() > 0);
    }

    /// Waits until nothing waits for an answer or to be sent.
    pub async fn settles(&self, limit: Duration) {
        becomes_true("everything is answered and sent", limit, || {
            self.count("SELECT count(*) FROM waiting")
                + self.count("SELECT count(*) FROM effects WHERE parked IS NULL")
                == 0
        })
        .await;
    }
}

/// A store that hangs until this is dropped.
pub struct Hanging {
    _kept: Kept,
}
