//! Whose request it is, as far as the network says.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;

/// Where the client's address is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientIp {
    /// From the connection itself: nothing stands in front.
    #[default]
    Peer,
    /// From `X-Forwarded-For`, this many entries from its end: the number of proxies in front
    /// that each append the address they were called from. At least 1. Entries further left are
    /// the client's own claim and are never believed.
    Forwarded {
        /// How many proxies stand in front.
        proxies: usize,
    },
}

impl ClientIp {
    /// The key under which this client's sessions are counted. IPv6 is cut to /64, which is what
    /// one household is given (RFC 6177 section 2).
    pub(crate) fn key(self, headers: &HeaderMap, peer: Option<SocketAddr>) -> String {
        let ip = match self {
            Self::Peer => peer.map(|peer| peer.ip()),
            Self::Forwarded { proxies } => forwarded(headers, proxies).or(peer.map(|p| p.ip())),
        };
        match ip.map(|ip| ip.to_canonical()) {
            Some(IpAddr::V4(ip)) => ip.to_string(),
            Some(IpAddr::V6(ip)) => {
                let [a, b, c, d, ..] = ip.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
            None => "unknown".to_owned(),
        }
    }
}

fn forwarded(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let entry = entries.get(entries.len().checked_sub(proxies.max(1))?)?;
    entry
        .parse()
        .ok()
        .or_else(|| entry.parse().ok().map(|socket: SocketAddr| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(forwarded: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        headers
    }

    #[test]
    fn a_client_cannot_choose_its_own_address() {
        let peer = Some("10.0.0.1:1".parse().unwrap());
        let claimed = headers("6.6.6.6, 203.0.113.9");
        assert_eq!(ClientIp::Peer.key(&claimed, peer), "10.0.0.1");
        let one = ClientIp::Forwarded { proxies: 1 };
        assert_eq!(one.key(&claimed, peer), "203.0.113.9");
        let three = ClientIp::Forwarded { proxies: 3 };
        assert_eq!(three.key(&claimed, peer), "10.0.0.1");
    }

    #[test]
    fn one_household_is_one_client() {
        let peer = |ip: &str| Some(SocketAddr::new(ip.parse().unwrap(), 1));
        let key = |ip| ClientIp::Peer.key(&HeaderMap::new(), peer(ip));
        assert_eq!(key("2001:db8:1:2:3::4"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::"), key("2001:db8:1:3::"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
