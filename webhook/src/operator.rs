//! What runs beside the doors: counting, sweeping, forgetting what has expired.

use std::{sync::Arc, time::Duration};

use muykol_core::{
    seams::{Operations, Retention},
    words::Clock,
};
use muykol_governor::GovernorLimiter;
use tokio::time::sleep;

/// How often the outbox is measured.
const MEASURE: Duration = Duration::from_secs(10);
/// How often what has expired is removed; readers do not see it before that either.
const FORGET: Duration = Duration::from_mins(15);

/// How often limits are forgotten that no longer limit.
const FORGET_LIMITS: Duration = Duration::from_mins(1);

/// Measures the outbox for ever.
pub async fn measure(store: Arc<dyn Operations>, clock: Arc<dyn Clock>) {
    loop {
        match store.outbox_stats().await {
            Ok(stats) => {
                let age = stats
                    .oldest
                    .map_or(Duration::ZERO, |oldest| clock.now().since(oldest));
                metrics::gauge!("muykol_outbox_due").set(count(stats.due));
                metrics::gauge!("muykol_outbox_parked").set(count(stats.parked));
                metrics::gauge!("muykol_outbox_age_seconds").set(age.as_secs_f64());
            }
            Err(error) => tracing::error!(%error, "the outbox could not be measured"),
        }
        sleep(MEASURE).await;
    }
}

/// Removes what has expired, for ever.
pub async fn forget(store: Arc<dyn Operations>, clock: Arc<dyn Clock>, retention: Retention) {
    loop {
        match store.sweep(retention, clock.now()).await {
            Ok(swept) if swept.rows > 0 => {
                tracing::info!(rows = swept.rows, "expired rows removed");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "expired rows were not removed"),
        }
        sleep(FORGET).await;
    }
}

/// Forgets limits that are long regained, for ever.
pub async fn forget_limits(limiter: Arc<GovernorLimiter>) {
    loop {
        sleep(FORGET_LIMITS).await;
        limiter.sweep();
    }
}

/// A count as gauges take it; exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
fn count(count: u64) -> f64 {
    count as f64
}
