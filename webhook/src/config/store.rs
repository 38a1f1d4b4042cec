//! `[store]`: where messages are kept.

use std::path::PathBuf;

use super::reader::{Objection, Reader};

/// Where messages are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// One SQLite file.
    Sqlite(PathBuf),
}

impl Store {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let key = ("store", "url");
        let store = reader.parsed(key, parse);
        if store.is_none() && reader.text(key).is_empty() {
            reader.object(key, "is empty", "Write it like \"sqlite:muykol.db\"");
        }
        store.unwrap_or_else(|| Self::Sqlite(PathBuf::from("muykol.db")))
    }
}

/// `sqlite:FILE`, also as `sqlite:///FILE`.
fn parse(text: &str) -> Result<Store, Objection> {
    let mend = || "Write it like \"sqlite:muykol.db\"".to_owned();
    let Some((scheme, rest)) = text.split_once(':') else {
        return Err(("names no kind of store".to_owned(), mend()));
    };
    match scheme {
        "sqlite" => {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if path.is_empty() || path.starts_with(":memory:") {
                return Err((
                    "names no file, and what is kept in memory is lost".to_owned(),
                    mend(),
                ));
            }
            if path.contains('\0') {
                return Err(("holds a character no file name has".to_owned(), mend()));
            }
            Ok(Store::Sqlite(PathBuf::from(path)))
        }
        "dynamodb" => Err((
            "names a DynamoDB table, and this build of muykol has no DynamoDB store".to_owned(),
            mend(),
        )),
        _ => Err((
            "names a kind of store that this build of muykol does not have".to_owned(),
            mend(),
        )),
    }
}
