//! The document and the routes say the same.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::World;

async fn document(world: &World) -> Value {
    let response = world
        .http
        .get(world.at_path("/v1/openapi.json"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}

/// Holds `value` against a schema of the document.
fn holds(document: &Value, schema: &str, value: &Value) {
    let mut root = document.clone();
    root["$ref"] = json!(format!("#/components/schemas/{schema}"));
    let validator = jsonschema::draft202012::new(&root).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{schema}: {errors:?} in {value}");
}

/// What the design promises, as it stands there.
const PROMISED: &[(&str, &str)] = &[
    ("post", "/v1/sessions"),
    ("post", "/v1/chat/messages"),
    ("get", "/v1/chat/messages"),
    ("get", "/v1/chat/events"),
    ("post", "/v1/chat/messages/{id}/feedback"),
    ("get", "/v1/me"),
    ("patch", "/v1/me"),
    ("get", "/v1/privacy/export"),
    ("delete", "/v1/privacy/data"),
    ("get", "/v1/scripture/{reference}"),
];

#[tokio::test]
async fn every_promised_route_is_documented_and_every_documented_route_exists() {
    let world = World::new().await;
    let document = document(&world).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            documented.insert((method.clone(), path.clone()));
            let real = path
                .replace("{id}", "x")
                .replace("{reference}", "John%203:16");
            let name = method.to_uppercase().parse().unwrap();
            let response = world
                .http
                .request(name, world.at_path(&real))
                .send()
                .await
                .unwrap();
            let status = response.status().as_u16();
            assert_ne!(status, 405, "{method} {path}");
            assert!(
                operation["responses"].get(status.to_string()).is_some(),
                "{method} {path} answered {status}, which is not documented"
            );
            if status >= 400 {
                holds(&document, "Problem", &response.json().await.unwrap());
            }
        }
    }
    let promised = PROMISED
        .iter()
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(documented, promised);
}

#[tokio::test]
async fn real_responses_fit_their_schemas() {
    let world = World::new().await;
    let document = document(&world).await;
    let session: Value = world
        .http
        .post(world.at_path("/v1/sessions"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    holds(&document, "Session", &session);
    let token = session["token"].as_str().unwrap();
    let reply: Value = world.say(token, "Hello", "1").await.json().await.unwrap();
    holds(&document, "Reply", &reply);
    let crisis: Value = world
        .say(token, "I want to kill myself", "2")
        .await
        .json()
        .await
        .unwrap();
    holds(&document, "Reply", &crisis);
    let get = |path: &'static str| {
        let request = world.get(token, path);
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let page = get("/v1/chat/messages").await;
    holds(&document, "Page", &page);
    for message in page["messages"].as_array().unwrap() {
        holds(&document, "Message", message);
    }
    holds(&document, "Me", &get("/v1/me").await);
    holds(&document, "Export", &get("/v1/privacy/export").await);
    holds(&document, "Block", &get("/v1/scripture/John%203:16").await);
    let problem: Value = world
        .say("x", "I want to kill myself", "3")
        .await
        .json()
        .await
        .unwrap();
    holds(&document, "Problem", &problem);
    let erased = world
        .http
        .delete(world.at_path("/v1/privacy/data"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    holds(&document, "Receipt", &erased.json().await.unwrap());

    let wrong = std::panic::catch_unwind(|| holds(&document, "Reply", &json!({ "id": 7 })));
    assert!(wrong.is_err(), "a check that cannot fail is none");
}
