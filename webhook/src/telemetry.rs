//! Logs and metrics. Neither ever holds a message's words, an address or a token.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Log, LogFormat};

/// Upper bounds of the histograms' buckets, in seconds: from a tenth of a millisecond, where the
/// path without a model lives, to the longest answer.
const SECONDS: [f64; 16] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0, 30.0,
];

/// Starts logging to standard error. What other crates say is kept to warnings: they know
/// nothing of what must not be logged.
pub fn start_logs(log: &Log) {
    let filter = EnvFilter::new(format!(
        "warn,muykol={level},muykol_core={level},muykol_web={level},muykol_telegram={level},\
         muykol_sqlite={level},muykol_llm={level},muykol_governor={level}",
        level = log.level
    ));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match log.format {
        LogFormat::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(true)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        LogFormat::Text => registry
            .with(fmt::layer().with_writer(std::io::stderr).with_target(false))
            .try_init(),
    };
    // A second start in one process (a test) keeps the first's log.
    drop(started);
}

/// Starts counting.
pub fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()
}
