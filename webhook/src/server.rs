//! The HTTP server around the doors: health, readiness, metrics, and a listener with limits.

use std::{
    collections::BTreeMap,
    future::ready,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use muykol_core::{
    path::Couriers,
    seams::Operations,
    words::{Clock, Timestamp},
};
use muykol_web::Problem;
use serde::Serialize;
use subtle::ConstantTimeEq;
use tokio::time::timeout;

use crate::config::Secret;

/// How long a dependency may take to say how it is.
const PROBE: Duration = Duration::from_secs(2);
/// How long an answer about readiness is good for, so that asking often costs nothing.
const FRESH: Duration = Duration::from_secs(1);

/// What the operator's routes ask.
pub struct Watch {
    pub store: Arc<dyn Operations>,
    pub couriers: Couriers,
    pub clock: Arc<dyn Clock>,
    pub metrics: PrometheusHandle,
    pub metrics_token: Option<Secret>,
    pub last: Mutex<Option<(Timestamp, Readiness)>>,
    pub store_last: Mutex<Option<Timestamp>>,
}

/// What `/readyz` says.
#[derive(Debug, Clone, Serialize)]
pub struct Readiness {
    ready: bool,
    dependencies: BTreeMap<String, Dependency>,
}

#[derive(Debug, Clone, Serialize)]
struct Dependency {
    ok: bool,
    /// The last time it really worked, milliseconds since the Unix epoch.
    last_success: Option<Timestamp>,
    detail: String,
}

/// `/healthz`, `/readyz` and `/metrics`.
pub fn routes(watch: Arc<Watch>) -> Router {
    Router::new()
        // Only that the process answers: no dependency's failure drains every instance.
        .route(
            "/healthz",
            get(|| ready(Json(serde_json::json!({ "status": "ok" })))),
        )
        .route("/readyz", get(readiness))
        .route("/metrics", get(metrics))
        .with_state(watch)
}

/// `/metrics` alone, for an address of its own.
pub fn metrics_alone(handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(move || ready(handle.render())))
}

async fn readiness(State(watch): State<Arc<Watch>>) -> Response {
    let readiness = watch.readiness().await;
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

async fn metrics(
    State(watch): State<Arc<Watch>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if watch.may_read_metrics(peer.ip(), &headers) {
        watch.metrics.render().into_response()
    } else {
        Problem::of_status(StatusCode::NOT_FOUND).into_response()
    }
}

impl Watch {
    async fn readiness(&self) -> Readiness {
        let now = self.clock.now();
        if let Some((at, readiness)) = &*lock(&self.last)
            && now.since(*at) < FRESH
        {
            return readiness.clone();
        }
        let store = self.store_health(now).await;
        let mut dependencies = BTreeMap::new();
        for (channel, courier) in &self.couriers {
            let health = courier.health().await;
            let dependency = Dependency {
                ok: health.ok,
                last_success: health.last_event,
                detail: health.detail,
            };
            dependencies.insert(channel.0.clone(), dependency);
        }
        let readiness = Readiness {
            // A channel's trouble is shown and does not take the others down with it.
            ready: store.ok,
            dependencies: dependencies
                .into_iter()
                .chain([("store".to_owned(), store)])
                .collect(),
        };
        *lock(&self.last) = Some((now, readiness.clone()));
        readiness
    }

    async fn store_health(&self, now: Timestamp) -> Dependency {
        let probed = timeout(PROBE, self.store.probe(now)).await;
        let (ok, detail) = match probed {
            Ok(Ok(())) => (true, "written and read".to_owned()),
            Ok(Err(error)) => {
                tracing::error!(%error, "the store does not answer");
                (
                    false,
                    "it cannot be written to; the log says why".to_owned(),
                )
            }
            Err(_) => (false, "it did not answer in time".to_owned()),
        };
        let mut last = lock(&self.store_last);
        if ok {
            *last = Some(now);
        }
        Dependency {
            ok,
            last_success: *last,
            detail,
        }
    }

    /// From this machine, or with the token. A request that came through a proxy is not from this
    /// machine, however near the proxy is. (An address of its own is `server.metrics_bind`.)
    fn may_read_metrics(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let shown = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        if let (Some(token), Some(shown)) = (&self.metrics_token, shown) {
            return token.reveal().as_bytes().ct_eq(shown.as_bytes()).into();
        }
        let forwarded = ["x-forwarded-for", "forwarded", "x-real-ip"]
            .iter()
            .any(|name| headers.contains_key(*name));
        !forwarded && peer.to_canonical().is_loopback()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
