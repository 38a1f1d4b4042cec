//! The HTTP side: one accept loop that can also hang up without an answer.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use hyper::body::Incoming as RequestBody;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{net::TcpListener, sync::Notify};
use tower::ServiceExt as _;

use crate::{
    Options,
    answer::{Answer, Refusal, respond},
    args::Args,
    control,
    fault::{self, Fault},
    methods, updates,
    world::World,
};

/// Marks a response in whose stead the connection is closed.
#[derive(Clone)]
struct HangUp;

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) bot_id: i64,
    world: Mutex<World>,
    /// Updates have come, or the way they are fetched has changed.
    pub(crate) woken: Notify,
    /// Something visible has changed.
    pub(crate) changed: Notify,
    started: Instant,
    client: reqwest::Client,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        let bot_id = options
            .token
            .split(':')
            .next()
            .and_then(|id| id.parse().ok())
            .unwrap_or(0);
        let world = World {
            last_update_id: options.first_update_id - 1,
            commands: json!([]),
            ..World::default()
        };
        Self {
            options,
            bot_id,
            world: Mutex::new(world),
            woken: Notify::new(),
            changed: Notify::new(),
            started: Instant::now(),
            client: reqwest::Client::new(),
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn elapsed_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Wakes every waiter; the long poll that has just begun sees its own number and goes on.
    pub(crate) fn wake_others(&self) {
        self.woken.notify_waiters();
    }

    pub(crate) fn count_error<T>(&self, answer: &Result<T, Refusal>) {
        if let Err(refusal) = answer {
            let kind = format!("{} {}", refusal.code, refusal.description);
            *self.world().counters.errors.entry(kind).or_default() += 1;
        }
    }

    /// Posts an update to a webhook; gives the status and the body.
    pub(crate) async fn post(
        &self,
        url: &str,
        secret: Option<&str>,
        body: &str,
        timeout: Duration,
    ) -> Result<(u16, String), ()> {
        let mut request = self
            .client
            .post(url)
            .timeout(timeout)
            .header("content-type", "application/json")
            .body(body.to_owned());
        if let Some(secret) = secret {
            request = request.header("x-telegram-bot-api-secret-token", secret);
        }
        let response = request.send().await.map_err(|_| ())?;
        let status = response.status().as_u16();
        Ok((status, response.text().await.unwrap_or_default()))
    }
}

/// Seconds since the Unix epoch.
pub(crate) fn unix_time() -> u64 {
    UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .nest("/_control", control::router())
        .route("/{bot}/{method}", any(call))
        .fallback(|| async { respond(Err(Refusal::new(404, "Not Found"))) })
        .with_state(shared)
}

/// Serves until the future is dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let router = router(shared);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        tokio::spawn(async move {
            let service =
                hyper::service::service_fn(move |request| answer(router.clone(), request));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// An error here makes hyper close the connection without a word.
async fn answer(
    router: Router,
    request: hyper::Request<RequestBody>,
) -> Result<Response, std::io::Error> {
    let Ok(response) = router.oneshot(request.map(Body::new)).await;
    if response.extensions().get::<HangUp>().is_some() {
        return Err(std::io::Error::other("hung up as told"));
    }
    Ok(response)
}

fn hang_up() -> Response {
    let mut response = ().into_response();
    response.extensions_mut().insert(HangUp);
    response
}

async fn call(
    State(shared): State<Arc<Shared>>,
    Path((bot, method)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some(token) = bot.strip_prefix("bot") else {
        return respond(Err(Refusal::new(404, "Not Found")));
    };
    if token != shared.options.token {
        let words = if token.contains(':') {
            "Unauthorized"
        } else {
            "Unauthorized: invalid token specified"
        };
        return refuse(&shared, Refusal::new(401, words));
    }
    let method = method.to_ascii_lowercase();
    if !methods::is_known(&method) {
        return refuse(&shared, Refusal::new(404, "Not Found: method not found"));
    }
    let args = match Args::read(request).await {
        Ok(args) => args,
        Err(problem) => return refuse(&shared, Refusal::bad(problem)),
    };
    let fault = fault::strike(&mut shared.world().rules, &method, args.int("chat_id"));
    if let Some(refusal) = fault.as_ref().and_then(Fault::refusal) {
        return refuse(&shared, refusal);
    }
    match fault {
        Some(Fault::Drop) => return hang_up(),
        Some(Fault::Hang { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        _ => {}
    }
    let response = carry_out(&shared, &method, &args).await;
    match fault {
        Some(Fault::LoseAnswer) => return hang_up(),
        Some(Fault::SlowAnswer { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        _ => {}
    }
    response
}

async fn carry_out(shared: &Arc<Shared>, method: &str, args: &Args) -> Response {
    let answer: Answer = match method {
        "getupdates" => {
            return match updates::get_updates(shared, args).await {
                Ok(updates) => axum::Json(json!({"ok": true, "result": updates})).into_response(),
                Err(refusal) => refuse(shared, refusal),
            };
        }
        "setwebhook" => updates::set_webhook(shared, args, false),
        "deletewebhook" => updates::set_webhook(shared, args, true),
        "getwebhookinfo" => Ok(updates::webhook_info(shared)),
        _ => methods::call(shared, method, args),
    };
    shared.count_error(&answer);
    respond(answer)
}

fn refuse(shared: &Shared, refusal: Refusal) -> Response {
    let answer: Answer = Err(refusal);
    shared.count_error(&answer);
    respond(answer)
}
