//! How often is too often.

use std::time::Duration;

use async_trait::async_trait;

/// A rate as GCRA sees it (ITU-T I.371): `burst` at once, then one every `per / burst`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// How many may come at once; at least 1.
    pub burst: u32,
    /// In which time that many are regained.
    pub per: Duration,
}

impl Quota {
    /// `burst` per minute.
    pub const fn per_minute(burst: u32) -> Self {
        Self {
            burst,
            per: Duration::from_secs(60),
        }
    }
}

/// What a limiter decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Within the quota; it has been counted.
    Allowed,
    /// Too soon; nothing was counted.
    Denied {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// Counts events per key against a quota; the same key under another quota is counted apart. A
/// limiter that cannot decide allows.
#[async_trait]
pub trait Limiter: Send + Sync {
    /// Counts one event of `key`, if the quota has room.
    async fn check(&self, key: &str, quota: Quota) -> Decision;
}
