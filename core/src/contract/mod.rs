//! Contract suites: what every implementation of a seam must pass.
//!
//! Each suite is one function `all` that takes a way to make a fresh, empty implementation and
//! tries one promise of the seam after the other, each on its own. A promise that is broken panics
//! in the function named after it.

// A suite's way of saying no is to panic.
#![allow(clippy::missing_panics_doc)]

pub mod fixtures;
pub mod history;
pub mod leases;
pub mod limiter;
mod memory;
pub mod operations;
pub mod outbox;
pub mod people;
pub mod sessions;
pub mod simulation;
pub mod turn_store;

pub use memory::MemoryStore;

use crate::seams::{History, Leases, Operations, OutboxStore, People, Sessions, TurnStore};

/// A backing that keeps everything; the promises about one seam are seen through the others.
pub trait Store:
    TurnStore + People + OutboxStore + History + Leases + Sessions + Operations
{
}

impl<S> Store for S where
    S: TurnStore + People + OutboxStore + History + Leases + Sessions + Operations
{
}

/// Tries promises one after the other, each on a fresh implementation. The last line that a
/// failing test printed names the promise that was broken.
macro_rules! keeps {
    ($make:expr => $($promise:ident),+ $(,)?) => {
        $(
            println!("promise: {}", stringify!($promise));
            $promise($make().await).await;
        )+
    };
}
use keeps;

/// Every suite about what is stored.
pub async fn store<S: Store>(make: impl AsyncFn() -> S) {
    turn_store::all(&make).await;
    outbox::all(&make).await;
    people::all(&make).await;
    history::all(&make).await;
    leases::all(&make).await;
    sessions::all(&make).await;
    operations::all(&make).await;
}

#[cfg(test)]
mod tests {
    use super::MemoryStore;

    macro_rules! suites {
        ($($suite:ident),+) => {
            $(
                #[tokio::test]
                async fn $suite() {
                    super::$suite::all(&async || MemoryStore::new()).await;
                }
            )+
        };
    }

    suites!(
        turn_store, outbox, people, history, leases, sessions, operations
    );
}
