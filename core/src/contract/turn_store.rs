//! What [`TurnStore`](crate::seams::TurnStore) promises of messages, claims and commits.

mod claim;
mod commit;
mod emergency;
mod intake;

use super::Store;

/// Tries every promise.
pub async fn all<S: Store>(make: &impl AsyncFn() -> S) {
    intake::all(make).await;
    claim::all(make).await;
    commit::all(make).await;
    emergency::all(make).await;
}
