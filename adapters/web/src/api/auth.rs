//! Who calls.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use crate::{
    problem::Problem,
    sessions::{Lookup, Token, Visitor},
    state::WebState,
};

/// The token of `Authorization: Bearer …`, if it has the shape of one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Token> {
    let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = sent.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| Token::parse(token.trim()))
        .flatten()
}

/// A caller with a session; 401 without one, 503 while the store cannot say.
pub(crate) struct Caller(pub Visitor);

impl FromRequestParts<WebState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &WebState,
    ) -> Result<Self, Self::Rejection> {
        let token = bearer(&parts.headers).ok_or_else(Problem::no_session)?;
        match state.desk().find(&token).await {
            Lookup::Known(visitor) => Ok(Self(visitor)),
            Lookup::Unknown => Err(Problem::no_session()),
            Lookup::StoreDown(_) => Err(Problem::store_down()),
        }
    }
}
