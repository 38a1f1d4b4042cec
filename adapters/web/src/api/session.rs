//! POST /v1/sessions

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, FromRequestParts, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use muykol_core::seams::Decision;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::schema, problem::Problem, state::WebState, time};

/// A new session.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct NewSession {
    /// The bearer token. It is shown once and cannot be had again.
    token: String,
}

/// Where the connection comes from; `None` where the server does not say.
pub(crate) struct Peer(pub Option<SocketAddr>);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map(|ConnectInfo(address)| *address)))
    }
}

/// Counts a session that is about to be opened against its client's quota.
pub(crate) async fn admit(
    state: &WebState,
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
) -> Result<(), Problem> {
    let config = state.config();
    let key = format!("web-session:{}", config.client_ip.key(headers, peer));
    match state
        .seams()
        .limiter
        .check(&key, config.session_quota)
        .await
    {
        Decision::Allowed => Ok(()),
        Decision::Denied { retry_after } => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-sessions",
            format!(
                "Many conversations were opened from your network just now. Please try again in {}.",
                time::wait(retry_after)
            ),
        )
        .after(retry_after)),
    }
}

/// Opens an anonymous session. Nothing is asked of the person; the token stands for them.
#[utoipa::path(
    post,
    path = "/v1/sessions",
    tag = "sessions",
    security(()),
    responses(
        (status = 201, description = "The session's token", body = NewSession),
        (status = 429, description = "Too many sessions from this network", body = schema::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot be reached", body = schema::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn open(
    State(state): State<WebState>,
    Peer(peer): Peer,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    admit(&state, &headers, peer).await?;
    let (token, _) = state
        .desk()
        .open()
        .await
        .map_err(|_| Problem::store_down())?;
    let session = NewSession {
        token: token.as_str().to_owned(),
    };
    Ok((
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, "no-store")],
        Json(session),
    ))
}
