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
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
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
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::config::Secret;

/// How long a dependency may take to say how it is.
const PROBE: Duration = Duration::from_secs(2);
/// How long an answer about readiness is good for, so that asking often costs nothing.
const FRESH: Duration = Duration::from_secs(1);

/// What a proxy leaves in a request that it passes on: the standard's (RFC 7239, RFC 9110 section
/// 7.6.3) and those that are in use.
const PROXY_HEADERS: &[&str] = &[
    "cf-connecting-ip",
    "forwarded",
    "true-client-ip",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// How long to wait after a connection could not be taken: descriptors that ran out come back.
const BREATH: Duration = Duration::from_millis(500);

/// What one listener takes on.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long the headers of a request may take, and how long a connection may stay idle.
    pub headers: Duration,
    /// How many connections there may be at once; more wait to be accepted.
    pub connections: usize,
}

impl Default for Limits {
    /// 10 s, and 8,192 connections: more than there may be event streams.
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(10),
            connections: 8_192,
        }
    }
}

/// Serves HTTP/1.1 until told to stop; returns once every answer that was begun is given.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    let accepting = async {
        // The semaphore is never closed.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let Ok((stream, peer)) = listener.accept().await else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            let connection = attend(stream, peer, app.clone(), limits.headers, stop.clone());
            connections.spawn(async move {
                connection.await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stop.cancelled() => {}
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// One connection, to its end.
async fn attend(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    headers: Duration,
    stop: CancellationToken,
) {
    // Answers are small and awaited.
    let _ = stream.set_nodelay(true);
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // A connection that breaks is the client's own affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

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
        !came_through_a_proxy(headers) && peer.to_canonical().is_loopback()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn came_through_a_proxy(headers: &HeaderMap) -> bool {
    PROXY_HEADERS.iter().any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn unfinished_headers_are_not_waited_for_but_answers_are() {
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            "at last"
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limits = Limits {
            headers: Duration::from_millis(100),
            connections: 2,
        };
        let stop = CancellationToken::new();
        let app = Router::new().route("/", get(slow));
        let serving = tokio::spawn(serve(listener, app, limits, stop.clone()));
        let send = async |words: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(words.as_bytes()).await.unwrap();
            let mut answer = String::new();
            let reading = stream.read_to_string(&mut answer);
            timeout(Duration::from_secs(5), reading)
                .await
                .expect("the connection is closed")
                .unwrap();
            answer
        };
        for unfinished in ["", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow:"] {
            assert!(!send(unfinished).await.contains("200 OK"));
        }
        let answer = send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(
            answer.contains("200 OK") && answer.contains("at last"),
            "{answer}"
        );
        stop.cancel();
        timeout(Duration::from_secs(5), serving)
            .await
            .unwrap()
            .unwrap();
    }

    #[test]
    fn what_a_proxy_passed_on_is_not_from_this_machine() {
        let direct = HeaderMap::new();
        assert!(!came_through_a_proxy(&direct));
        for name in PROXY_HEADERS {
            let mut headers = HeaderMap::new();
            headers.insert(*name, axum::http::HeaderValue::from_static("1.1 proxy"));
            assert!(came_through_a_proxy(&headers), "{name}");
        }
    }
}
