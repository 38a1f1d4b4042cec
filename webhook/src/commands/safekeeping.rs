//! `muykol backup` and `muykol restore`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    config::{Config, Store},
    wiring::{self, Failure},
};

pub async fn backup(config: Config, file: PathBuf) -> Result<ExitCode, Failure> {
    wiring::store(&config)?.backup(&file).await?;
    println!("The store was copied to {}.", file.display());
    Ok(ExitCode::SUCCESS)
}

pub fn restore(config: &Config, file: &Path, force: bool) -> Result<ExitCode, Failure> {
    let Store::Sqlite(path) = &config.store;
    let restored = muykol_sqlite::restore(file, path, force)?;
    println!("{} now holds what {} held. {restored}", path.display(), file.display());
    Ok(ExitCode::SUCCESS)
}
