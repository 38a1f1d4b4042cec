//! `muykol backup` and `muykol restore`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use muykol_core::words::Clock;

use crate::{
    clock::SystemClock,
    config::{Config, Store},
    wiring::{self, Failure},
};

/// Refuses a store that is not there: opening it would make an empty one, and a mistyped path
/// would look like a backup.
pub fn existing(config: &Config) -> Result<(), Failure> {
    let Store::Sqlite(path) = &config.store;
    if path.is_file() {
        return Ok(());
    }
    Err(format!(
        "there is no store at {}; check MUYKOL_STORE__URL, or run this in muykol's own folder",
        path.display()
    )
    .into())
}

pub async fn backup(config: Config, file: PathBuf) -> Result<ExitCode, Failure> {
    existing(&config)?;
    wiring::store(&config)?.backup(&file).await?;
    println!("The store was copied to {}.", file.display());
    Ok(ExitCode::SUCCESS)
}

pub fn restore(config: &Config, file: &Path, force: bool) -> Result<ExitCode, Failure> {
    let Store::Sqlite(path) = &config.store;
    let restored = muykol_sqlite::restore(file, path, force, SystemClock.now())?;
    println!("{} now holds what {} held.", path.display(), file.display());
    println!(
        "{} messages had not been answered; they are kept and not answered late.",
        restored.unanswered
    );
    println!(
        "{} messages had not been sent; `muykol outbox list` shows them.",
        restored.parked
    );
    println!(
        "{} people had been erased since the backup, and are again.",
        restored.erased
    );
    Ok(ExitCode::SUCCESS)
}
