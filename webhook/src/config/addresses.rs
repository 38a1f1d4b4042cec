//! URLs, origins and networks as they are written in a configuration. Objections never quote
//! them: a URL may hold a password.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

use super::reader::Objection;

/// A server's address.
pub(super) fn http_url(text: &str) -> Result<Url, Objection> {
    let objection = |what: &str| {
        Err((
            what.to_owned(),
            "Write it like \"https://example.org\"".to_owned(),
        ))
    };
    let Ok(url) = Url::parse(text) else {
        return objection("is not a web address");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return objection("does not begin with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err((
            "holds a name or password".to_owned(),
            "Take them out: keys and tokens have keys of their own".to_owned(),
        ));
    }
    if url.fragment().is_some() {
        return objection("holds a #");
    }
    Ok(url)
}

/// A website as a browser names it: scheme, host and port, and nothing after.
pub(super) fn web_origin(text: &str) -> Result<String, Objection> {
    if text == "*" {
        return Err((
            "cannot be \"*\"".to_owned(),
            "Name each website, like [\"https://www.example.org\"]".to_owned(),
        ));
    }
    let url = http_url(text)?;
    if url.path() != "/" || url.query().is_some() {
        return Err((
            "holds something after the host".to_owned(),
            format!("Write \"{}\"", url.origin().ascii_serialization()),
        ));
    }
    Ok(url.origin().ascii_serialization())
}

/// An address or a network.
pub(super) fn network(text: &str) -> Result<IpNet, Objection> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| {
            (
                "holds something that is no address or network".to_owned(),
                "Write them like [\"10.0.0.0/8\", \"192.0.2.1\"]".to_owned(),
            )
        })
}

/// Whether only this machine is there.
pub(super) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Scheme, host and port: as much of an address as may be shown.
pub(super) fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}
