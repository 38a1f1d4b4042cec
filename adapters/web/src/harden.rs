//! The layers every route stands behind, this channel's and the others'.

use std::{
    any::Any,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt as _;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};
use tracing::Instrument;

use crate::{
    config::WebConfig,
    page,
    problem::Problem,
    request_id::{RequestId, X_REQUEST_ID},
    state::WebState,
};

/// The most bytes all headers of a request may have together, and how many they may be.
const HEADER_BYTES: usize = 16 * 1024;
const HEADER_COUNT: usize = 64;
/// Where the routes of other channels are.
const OTHERS: &str = "/webhooks/";
/// The largest body announced to any of them, in bytes.
const LARGEST: usize = 2 * 1024 * 1024;
/// How much of a body that is too large is read before it is refused, in bytes, and how long.
const HEARD_OUT: usize = 4 * 1024 * 1024;
const HEARD_OUT_FOR: Duration = Duration::from_secs(2);

/// Puts a router behind everything that a public address needs: a request id and a tracing span,
/// metrics, limits on headers, body and time, panics caught, errors as problem details (or a
/// page for a browser), security headers, and CORS for the configured origins.
///
/// Call it once, after every router is merged: it also answers what no route answers.
pub fn harden(router: Router, state: &WebState) -> Router {
    let config = Arc::clone(state.config());
    let security = Arc::new(SecurityHeaders::new(&config));
    router
        .fallback(|| async { Problem::of_status(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async {
            Problem::of_status(StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(DefaultBodyLimit::max(config.body_limit))
        .layer(CatchPanicLayer::custom(caught))
        .layer(middleware::from_fn_with_state(Arc::clone(&config), limit))
        .layer(cors(&config))
        .layer(middleware::from_fn_with_state(security, protect))
        .layer(middleware::from_fn_with_state(state.clone(), attend))
}

/// Outermost: names the request, watches it, and gives every error its final form.
async fn attend(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let browser = wants_page(&request);
    // The path itself may hold a reference somebody asked for: only the route is logged.
    let span = tracing::info_span!("http", request_id = id.as_str(), %method, route);

    let response = next.run(request).instrument(span.clone()).await;
    let mut response = finish(response, &id, browser, &state);

    if let Some(value) = id.header() {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    let status = response.status();
    span.in_scope(|| {
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), millis, "request failed");
        } else {
            tracing::debug!(status = status.as_u16(), millis, "request answered");
        }
    });
    metrics::histogram!(
        "muykol_http_request_seconds",
        "route" => route,
        "method" => known_method(&method),
        "status" => status.as_u16().to_string(),
    )
    .record(begun.elapsed().as_secs_f64());
    response
}

/// Gives an error its id, and its form: JSON for programs, a page with help on it for people.
fn finish(response: Response, id: &RequestId, browser: bool, state: &WebState) -> Response {
    let status = response.status();
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if speaks_for_itself(&response) => return response,
        None => Problem::of_status(status),
    };
    let problem = problem.in_request(id.as_str());
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::TRANSFER_ENCODING);
    let rendered = if browser {
        page::problem_page(&problem, state)
    } else {
        problem.into_response()
    };
    let mut finished = Response::from_parts(parts, rendered.into_body());
    let kind = if browser {
        "text/html; charset=utf-8"
    } else {
        "application/problem+json"
    };
    finished
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    finished
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    finished
}

/// Successes, and errors whose body is already in a form meant for its reader.
fn speaks_for_itself(response: &Response) -> bool {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return true;
    }
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| !kind.starts_with("text/plain"))
}

fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    let for_programs = ["/v1/", OTHERS]
        .iter()
        .any(|prefix| path.starts_with(prefix));
    !for_programs
        && request
            .headers()
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
}

/// Limits on headers, on the announced body and on time.
async fn limit(State(config): State<Arc<WebConfig>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if bytes > HEADER_BYTES || headers.len() > HEADER_COUNT {
        return Problem::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "headers-too-large",
            format!(
                "Headers may have {HEADER_BYTES} bytes together and be {HEADER_COUNT} at most."
            ),
        )
        .into_response();
    }
    let most = largest_body(request.uri().path(), &config);
    if announced_length(headers).is_some_and(|length| length > most as u64) {
        hear_out(request).await;
        return too_large(most).into_response();
    }
    match tokio::time::timeout(config.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "This took too long. Please try again in a few seconds.",
        )
        .after(std::time::Duration::from_secs(5))
        .into_response(),
    }
}

/// The largest body that is read at a path. Another channel's route knows what its provider
/// sends and may set a `DefaultBodyLimit` of its own above this channel's.
fn largest_body(path: &str, config: &WebConfig) -> usize {
    if path.starts_with(OTHERS) {
        LARGEST.max(config.body_limit)
    } else {
        config.body_limit
    }
}

/// Reads on for a moment and keeps nothing: whoever is still writing when the connection closes
/// never gets to read why (RFC 9112, section 9.6).
async fn hear_out(request: Request) {
    let mut body = request.into_body().into_data_stream();
    let mut left = HEARD_OUT;
    let reading = async {
        while let Some(Ok(bytes)) = body.next().await {
            match left.checked_sub(bytes.len()) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Whoever writes more slowly than that is not heard out.
    let _ = tokio::time::timeout(HEARD_OUT_FOR, reading).await;
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        format!("The request has more than {limit} bytes. Please send a shorter message."),
    )
}

/// A panic is a bug of ours: logged without its content, answered without its content.
#[allow(clippy::needless_pass_by_value)] // the layer's signature
fn caught(_panic: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// CORS of `/v1` for the configured origins. Bearer tokens only: no cookie crosses an origin.
fn cors(config: &WebConfig) -> CorsLayer {
    let origins: Vec<HeaderValue> = config
        .allowed_origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok())
        .collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, request| {
            request.uri.path().starts_with("/v1/") && origins.contains(origin)
        }))
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            HeaderName::from_static("last-event-id"),
            X_REQUEST_ID,
        ])
        .expose_headers([header::LOCATION, header::RETRY_AFTER, X_REQUEST_ID])
        .max_age(std::time::Duration::from_secs(3600))
}

struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    fn new(config: &WebConfig) -> Self {
        let frames = if config.frame_ancestors.is_empty() {
            "'none'".to_owned()
        } else {
            config.frame_ancestors.join(" ")
        };
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors {frames}"
        );
        let mut headers = vec![
            (
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ),
            (
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            ),
            (
                HeaderName::from_static("permissions-policy"),
                HeaderValue::from_static(
                    "camera=(), geolocation=(), microphone=(), payment=(), usb=(), \
                     interest-cohort=()",
                ),
            ),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin"),
            ),
        ];
        // The origins were checked when the state was made; a policy that cannot be written
        // closes everything rather than nothing.
        let policy = HeaderValue::from_str(&policy)
            .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        headers.push((header::CONTENT_SECURITY_POLICY, policy));
        if config.frame_ancestors.is_empty() {
            headers.push((header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")));
        }
        if config.is_https() {
            headers.push((
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000; includeSubDomains"),
            ));
        }
        Self(headers)
    }
}

async fn protect(
    State(security): State<Arc<SecurityHeaders>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &security.0 {
        if !response.headers().contains_key(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// The method as a label: an invented one must not become a new time series.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "PUT" => "PUT",
        _ => "other",
    }
}
