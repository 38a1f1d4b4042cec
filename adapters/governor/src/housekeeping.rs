//! When it is time to forget.

use std::sync::atomic::{AtomicU64, Ordering};

/// The fewest checks between two sweeps.
const LEAST: u64 = 1024;

/// Counts checks until a sweep is due.
///
/// A sweep looks at every key that is left. The next is due only after as many checks as there
/// are keys, so that a check pays for about one key, however many there are.
#[derive(Debug)]
pub(crate) struct Housekeeping {
    until_due: AtomicU64,
}

impl Default for Housekeeping {
    fn default() -> Self {
        Self {
            until_due: AtomicU64::new(LEAST),
        }
    }
}

impl Housekeeping {
    /// Counts one check; true for the one that should sweep.
    pub(crate) fn is_due(&self) -> bool {
        // Below zero it wraps, and nobody else sweeps until `done` has set it anew.
        self.until_due.fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// A sweep has left this many keys.
    pub(crate) fn done(&self, keys: usize) {
        let keys = u64::try_from(keys).unwrap_or(u64::MAX);
        self.until_due.store(keys.max(LEAST), Ordering::Relaxed);
    }
}
