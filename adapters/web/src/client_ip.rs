//! Whose request it is, as far as the network says.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// Where the client's address is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ClientIp {
    /// From the connection itself: nothing stands in front.
    #[default]
    Peer,
    /// From `X-Forwarded-For`, if the connection comes from one of these networks: the entry
    /// furthest right that is not of them. Entries further left are the client's own claim and
    /// are never believed.
    Behind(Vec<IpNet>),
}

impl ClientIp {
    /// The key under which this client's sessions are counted. IPv6 is cut to /64, which is what
    /// one household is given (RFC 6177 section 2).
    pub(crate) fn key(&self, headers: &HeaderMap, peer: Option<SocketAddr>) -> String {
        let peer = peer.map(|peer| peer.ip().to_canonical());
        let ip = match (self, peer) {
            (Self::Behind(proxies), Some(peer)) => Some(forwarded(headers, peer, proxies)),
            (_, peer) => peer,
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

/// Walks back from the connection through every proxy of ours to the first stranger.
fn forwarded(headers: &HeaderMap, peer: IpAddr, proxies: &[IpNet]) -> IpAddr {
    let ours = |ip: &IpAddr| proxies.iter().any(|network| network.contains(ip));
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let mut client = peer;
    for entry in entries.into_iter().rev() {
        if !ours(&client) {
            break;
        }
        let socket = || entry.parse().ok().map(|socket: SocketAddr| socket.ip());
        match entry.parse().ok().or_else(socket) {
            Some(ip) => client = IpAddr::to_canonical(&ip),
            None => break,
        }
    }
    client
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
        let proxies = || vec!["10.0.0.0/8".parse().unwrap()];
        let behind = ClientIp::Behind(proxies());
        assert_eq!(behind.key(&claimed, peer), "203.0.113.9");
        let two_proxies = headers("6.6.6.6, 203.0.113.9, 10.0.0.2");
        assert_eq!(behind.key(&two_proxies, peer), "203.0.113.9");
        let stranger = Some("198.51.100.7:1".parse().unwrap());
        assert_eq!(behind.key(&claimed, stranger), "198.51.100.7");
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
