//! Telling whether another process has the database open.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// Held as long as the store is open; the operating system lets go of it when the process dies.
pub(crate) struct Presence {
    _file: File,
    /// Nobody else had the database open when this was taken: every lease in it is a dead
    /// holder's.
    pub(crate) alone: bool,
}

impl Presence {
    /// Notes that this process uses the database. While `ours` runs nobody else can begin to, if
    /// this process is alone.
    pub(crate) fn enter<E: From<io::Error>>(
        database: &Path,
        when_alone: impl FnOnce() -> Result<(), E>,
    ) -> Result<Self, E> {
        let file = open(database)?;
        let alone = exclusive(&file)?;
        if alone {
            when_alone()?;
        }
        // Others that enter now wait here until the exclusive lock has become a shared one.
        file.lock_shared()?;
        Ok(Self { _file: file, alone })
    }

    /// Takes the database for this process alone; `None` if another one has it open.
    pub(crate) fn only(database: &Path) -> io::Result<Option<Self>> {
        let file = open(database)?;
        Ok(exclusive(&file)?.then_some(Self {
            _file: file,
            alone: true,
        }))
    }
}

fn exclusive(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open(database: &Path) -> io::Result<File> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(PathBuf::from(name))
}
