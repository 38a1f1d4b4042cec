//! The page's session cookie, and the token that proves a form came from the page.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::{config::WebConfig, sessions::Token};

/// The session token the browser sent, if it sent one.
pub(crate) fn read(headers: &HeaderMap, config: &WebConfig) -> Option<Token> {
    let name = name(config);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .and_then(|(_, token)| Token::parse(token))
}

/// `Set-Cookie` for a session. `Lax`, because `Strict` would show an empty page, and begin a new
/// conversation, to whoever comes by the link on their church's site.
pub(crate) fn keep(token: &Token, config: &WebConfig) -> Option<HeaderValue> {
    set(token.as_str(), config.session_lifetime.as_secs(), config)
}

/// The headers that end the session in this browser and empty its cache of it.
pub(crate) fn gone(config: &WebConfig) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(cleared) = set("", 0, config) {
        headers.insert(header::SET_COOKIE, cleared);
    }
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    headers
}

fn set(value: &str, seconds: u64, config: &WebConfig) -> Option<HeaderValue> {
    let name = name(config);
    let secure = if config.is_https() { "; Secure" } else { "" };
    HeaderValue::try_from(format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
    ))
    .ok()
}

/// With `__Host-` a browser takes the cookie from this very host only, over TLS.
fn name(config: &WebConfig) -> &'static str {
    if config.is_https() {
        "__Host-muykol"
    } else {
        "muykol"
    }
}

/// The form token of a session: an HMAC keyed with the session's own token, so that it holds on
/// every instance and across restarts, and says nothing about the token.
pub(crate) fn form_token(session: &Token) -> String {
    URL_SAFE_NO_PAD.encode(mac(session, &[b"form"]).finalize().into_bytes())
}

/// Whether a form came from a page shown in this session. Constant time.
pub(crate) fn is_form_token(session: &Token, sent: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(sent)
        .is_ok_and(|sent| mac(session, &[b"form"]).verify_slice(&sent).is_ok())
}

/// The client id of what a form says. The same form sent twice says one thing; the form found
/// again with the back button and filled with other words says another.
pub(crate) fn client_id(session: &Token, form: &str, saying: &str) -> String {
    let mac = mac(session, &[b"say", form.as_bytes(), saying.as_bytes()]);
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

fn mac(session: &Token, parts: &[&[u8]]) -> Hmac<Sha256> {
    #[allow(clippy::expect_used)] // HMAC takes a key of any length (RFC 2104 section 2)
    let mut mac =
        Hmac::<Sha256>::new_from_slice(session.as_str().as_bytes()).expect("HMAC takes any key");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

/// Whether the browser says that another site sent this form.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "same-origin" && site != "none")
}

/// Whether the browser says that this site's own page sent this form.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    let same_host = origin.is_some_and(|(_, host)| text(header::HOST) == Some(host));
    !is_foreign(headers) && same_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_belongs_to_one_session() {
        let (mine, other) = (Token::random().unwrap(), Token::random().unwrap());
        let token = form_token(&mine);
        assert!(is_form_token(&mine, &token));
        assert!(!is_form_token(&other, &token));
        assert!(!is_form_token(&mine, ""));
        assert!(!is_form_token(&mine, &token[1..]));
    }

    #[test]
    fn cookies_are_found_among_others() {
        let config = WebConfig::new("x");
        let token = Token::random().unwrap();
        let mut headers = HeaderMap::new();
        let sent = format!("a=b; muykol={}; c", token.as_str());
        headers.insert(header::COOKIE, sent.parse().unwrap());
        assert!(read(&headers, &config).is_some_and(|found| found == token));
        headers.insert(header::COOKIE, "muykol=short".parse().unwrap());
        assert!(read(&headers, &config).is_none());
    }
}
