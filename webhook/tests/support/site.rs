//! A program that speaks muykol's HTTP interface.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::binary::Muykol;

/// The interface of a running muykol.
#[derive(Clone)]
pub struct Site {
    pub http: Client,
    pub url: String,
}

impl Site {
    pub fn of(muykol: &Muykol) -> Self {
        Self {
            http: Client::new(),
            url: muykol.url.clone(),
        }
    }

    /// A new session's token.
    pub async fn session(&self) -> String {
        let response = self.post("/v1/sessions").send().await.unwrap();
        assert_eq!(response.status(), 201);
        let session: Value = response.json().await.unwrap();
        session["token"].as_str().unwrap().to_owned()
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    pub fn get(&self, path: &str, token: &str) -> RequestBuilder {
        self.http
            .get(format!("{}{path}", self.url))
            .bearer_auth(token)
    }

    /// Sends a message under a new id.
    pub async fn send(&self, token: &str, text: &str) -> Response {
        self.send_as(token, text, &Uuid::new_v4().to_string()).await
    }

    /// Sends a message under this id.
    pub async fn send_as(&self, token: &str, text: &str, client_id: &str) -> Response {
        self.post("/v1/chat/messages")
            .bearer_auth(token)
            .json(&json!({"text": text, "client_id": client_id}))
            .send()
            .await
            .unwrap()
    }

    /// Sends a message and reads its reply.
    pub async fn ask(&self, token: &str, text: &str) -> Value {
        let response = self.send(token, text).await;
        let status = response.status();
        let body = response.text().await.unwrap();
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// What was said, newest first.
    pub async fn history(&self, token: &str) -> Vec<Value> {
        let page: Value = self
            .get("/v1/chat/messages?limit=100", token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        page["messages"].as_array().unwrap().clone()
    }
}

/// The kinds of a reply's blocks, in order.
pub fn kinds(reply: &Value) -> Vec<&str> {
    reply["blocks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| block["type"].as_str().unwrap())
        .collect()
}
