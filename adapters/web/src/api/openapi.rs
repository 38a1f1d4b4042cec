//! GET /v1/openapi.json

use axum::{Router, body::Bytes, http::header, response::IntoResponse, routing::get};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder,
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};

use crate::state::WebState;

/// The document before any route is in it.
pub(crate) fn frame() -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token of POST /v1/sessions."))
        .build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("muykol")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Write to muykol and read its replies. Errors are problem details \
                     (RFC 9457); every response carries x-request-id.",
                ))
                .build(),
        )
        .components(Some(
            ComponentsBuilder::new()
                .security_scheme("session", SecurityScheme::Http(bearer))
                .build(),
        ))
        .security(Some([SecurityRequirement::new(
            "session",
            Vec::<String>::new(),
        )]))
        .build()
}

/// The document at its address, written once.
pub(crate) fn route(document: &OpenApi) -> Router<WebState> {
    let json = document.to_json().unwrap_or_else(|_| "{}".to_owned());
    let json = Bytes::from(json);
    Router::new().route(
        "/v1/openapi.json",
        get(move || {
            let json = json.clone();
            async move {
                (
                    [
                        (header::CONTENT_TYPE, "application/json"),
                        (header::CACHE_CONTROL, "public, max-age=300"),
                    ],
                    json,
                )
                    .into_response()
            }
        }),
    )
}
