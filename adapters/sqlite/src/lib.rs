//! The store in one SQLite file, for an installation that needs nothing else.
//!
//! Writes go through a single writer thread that groups what has queued up into one transaction,
//! each operation in its own savepoint, and acknowledges after the sync to disk ([`writer`]).
//! Reads run on a few threads of their own ([`reader`]). Several processes may have the file open;
//! what keeps them apart is epochs and terms, never the file's lock ([`lock`]).

mod audit;
mod backup;
mod checkpoint;
mod commit;
mod db;
mod erase;
mod failure;
mod history;
mod intake;
mod leases;
mod lock;
mod operations;
mod outbox;
mod people;
mod reader;
mod restore;
mod schema;
mod sessions;
mod store;
mod turn_store;
mod turns;
mod writer;

pub use backup::BackupError;
pub use restore::{RestoreError, Restored, restore};
pub use schema::OpenError;
pub use store::{Options, SqliteStore};
