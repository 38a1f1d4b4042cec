//! The layers every route stands behind.

use std::time::Duration;

use axum::{Router, routing::get};
use serde_json::Value;

use crate::support::World;

#[tokio::test]
async fn every_response_says_how_it_may_be_used() {
    let world = World::new().await;
    for path in ["/", "/v1/openapi.json", "/nowhere", "/v1/me"] {
        let response = world.http.get(world.at_path(path)).send().await.unwrap();
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert!(headers.contains_key("permissions-policy"), "{path}");
        assert!(headers.contains_key("x-request-id"), "{path}");
        assert!(!headers.contains_key("strict-transport-security"), "{path}");
    }
}

#[tokio::test]
async fn over_tls_browsers_are_told_to_stay_there() {
    let world = World::with(|config| {
        config.public_url = Some("https://care.example.org".to_owned());
        config.frame_ancestors = vec!["https://example.org".to_owned()];
    })
    .await;
    let response = world.http.get(world.at_path("/")).send().await.unwrap();
    let headers = response.headers();
    assert!(
        headers["strict-transport-security"]
            .to_str()
            .unwrap()
            .starts_with("max-age=31536000")
    );
    assert!(
        headers["content-security-policy"]
            .to_str()
            .unwrap()
            .ends_with("frame-ancestors https://example.org")
    );
    assert!(
        !headers.contains_key("x-frame-options"),
        "it would overrule the policy"
    );
}

#[tokio::test]
async fn a_request_id_is_kept_if_it_is_one() {
    let world = World::new().await;
    let with = |id: &str| {
        world
            .http
            .get(world.at_path("/v1/openapi.json"))
            .header("x-request-id", id)
            .send()
    };
    let response = with("trace-1234.5").await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "trace-1234.5");
    for wrong in ["short", "has space in it", &"x".repeat(65), "text=secret!"] {
        let response = with(wrong).await.unwrap();
        assert_ne!(response.headers()["x-request-id"], *wrong);
        assert_eq!(response.headers()["x-request-id"].len(), 32);
    }
}

#[tokio::test]
async fn what_no_route_answers_is_a_problem_too() {
    let world = World::new().await;
    let response = world
        .http
        .get(world.at_path("/v1/nowhere"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let response = world
        .http
        .put(world.at_path("/v1/me"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    assert!(
        response.headers()["allow"]
            .to_str()
            .unwrap()
            .contains("PATCH")
    );
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["type"], "urn:muykol:problem:method-not-allowed");

    let page = world
        .http
        .get(world.at_path("/nowhere"))
        .header("accept", "text/html")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 404);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(
        page.text().await.unwrap().contains("href=\"tel:988\""),
        "help at hand"
    );
}

#[tokio::test]
async fn headers_have_a_limit() {
    let world = World::new().await;
    let request = world
        .http
        .get(world.at_path("/"))
        .header("x-much", "a".repeat(17 * 1024));
    assert_eq!(request.send().await.unwrap().status(), 431);
    let mut request = world.http.get(world.at_path("/"));
    for index in 0..70 {
        request = request.header(format!("x-{index}"), "1");
    }
    assert_eq!(request.send().await.unwrap().status(), 431);
}

#[tokio::test]
async fn only_named_origins_may_call_from_a_browser() {
    let world =
        World::with(|config| config.allowed_origins = vec!["https://example.org".to_owned()]).await;
    let preflight = |origin: &'static str, path: &str| {
        world
            .http
            .request(reqwest::Method::OPTIONS, world.at_path(path))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            )
            .send()
    };
    let allowed = preflight("https://example.org", "/v1/chat/messages")
        .await
        .unwrap();
    assert_eq!(
        allowed.headers()["access-control-allow-origin"],
        "https://example.org"
    );
    assert!(
        !allowed
            .headers()
            .contains_key("access-control-allow-credentials")
    );
    let other = preflight("https://evil.example", "/v1/chat/messages")
        .await
        .unwrap();
    assert!(!other.headers().contains_key("access-control-allow-origin"));
    let page = preflight("https://example.org", "/chat").await.unwrap();
    assert!(!page.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn other_routers_stand_behind_the_same_layers() {
    async fn panics() -> &'static str {
        panic!("a secret in a panic")
    }
    async fn sleeps() -> &'static str {
        tokio::time::sleep(Duration::from_secs(60)).await;
        ""
    }
    async fn takes(body: axum::body::Bytes) -> String {
        body.len().to_string()
    }
    let state = World::state(|config| {
        config.reply_wait = Duration::from_millis(10);
        config.request_timeout = Duration::from_millis(100);
        config.body_limit = 2048;
    });
    let others = Router::new()
        .route("/webhooks/panics", get(panics))
        .route("/webhooks/sleeps", get(sleeps))
        .route("/webhooks/takes", axum::routing::post(takes))
        .route(
            "/webhooks/roomy",
            axum::routing::post(takes).layer(axum::extract::DefaultBodyLimit::max(8192)),
        );
    let router = muykol_web::harden(muykol_web::routes(state.clone()).merge(others), &state);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let response = reqwest::get(format!("{url}/webhooks/panics"))
        .await
        .unwrap();
    assert_eq!(response.status(), 500);
    let text = response.text().await.unwrap();
    assert!(text.contains("urn:muykol:problem:unavailable"), "{text}");
    assert!(!text.contains("secret"));

    let response = reqwest::get(format!("{url}/webhooks/sleeps"))
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));

    let http = reqwest::Client::new();
    let response = http
        .post(format!("{url}/webhooks/takes"))
        .body(vec![0; 4096])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 413);
    for (path, bytes, status) in [
        ("/webhooks/roomy", 4096, 200),
        ("/webhooks/roomy", 8193, 413),
        ("/webhooks/roomy", (2 << 20) + 1, 413),
        ("/v1/sessions", 4096, 413),
    ] {
        let request = http.post(format!("{url}{path}")).body(vec![0; bytes]);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{bytes} bytes to {path}");
    }
    // Without a length in front: the body is cut off while it is read.
    let chunks =
        futures_util::stream::iter((0..4).map(|_| Ok::<_, std::io::Error>(vec![0_u8; 1024])));
    let response = http
        .post(format!("{url}/webhooks/takes"))
        .body(reqwest::Body::wrap_stream(chunks))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
}
