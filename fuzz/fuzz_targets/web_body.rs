//! Any body at the web's routes gets an answer that is nobody's fault but the sender's.
#![no_main]

#[path = "../../adapters/web/tests/support/mod.rs"]
mod support;

use std::{net::SocketAddr, sync::LazyLock};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request, Response},
};
use libfuzzer_sys::fuzz_target;
use support::World;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const JSON: &str = "application/json";
const ROUTES: [(Method, &str, &str); 5] = [
    (Method::POST, "/v1/chat/messages", JSON),
    (Method::PATCH, "/v1/me", JSON),
    (Method::POST, "/v1/chat/messages/none/feedback", JSON),
    (Method::POST, "/v1/sessions", JSON),
    (Method::POST, "/chat", "application/x-www-form-urlencoded"),
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

struct Web {
    routes: Router,
    token: String,
}

static WEB: LazyLock<Web> = LazyLock::new(|| {
    let state = World::state(|config| config.session_quota.burst = 1);
    let routes = muykol_web::router(state);
    let token = RUNTIME.block_on(async {
        let response = ask(&routes, &ROUTES[3], "", Vec::new()).await;
        let body = to_bytes(response.into_body(), 1 << 20)
            .await
            .expect("a body");
        let session: serde_json::Value = serde_json::from_slice(&body).expect("a session");
        session["token"].as_str().expect("a token").to_owned()
    });
    Web { routes, token }
});

async fn ask(
    routes: &Router,
    (method, path, kind): &(Method, &str, &str),
    token: &str,
    body: Vec<u8>,
) -> Response<Body> {
    let peer: SocketAddr = ([127, 0, 0, 1], 1).into();
    let request = Request::builder()
        .method(method)
        .uri(*path)
        .header("content-type", *kind)
        .header("authorization", format!("Bearer {token}"))
        .extension(ConnectInfo(peer))
        .body(Body::from(body))
        .expect("a request");
    routes.clone().oneshot(request).await.expect("an answer")
}

fuzz_target!(|data: &[u8]| {
    let Some((which, body)) = data.split_first() else {
        return;
    };
    let web = &*WEB;
    let route = &ROUTES[usize::from(*which) % ROUTES.len()];
    let status = RUNTIME.block_on(async {
        let response = ask(&web.routes, route, &web.token, body.to_vec()).await;
        let status = response.status();
        drop(to_bytes(response.into_body(), 1 << 22).await);
        status
    });
    assert!(
        !status.is_server_error(),
        "{} {}: {status}",
        route.0,
        route.1
    );
});
