//! `[server]`: where muykol listens and who is believed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use url::Url;

use super::{
    addresses::{http_url, network, web_origin},
    reader::{Objection, Reader},
    secret::Secret,
};

/// The fewest characters of a token that guards something: 16 random letters are 75 bits.
const SHORTEST_TOKEN: usize = 16;

/// Where muykol listens and who is believed.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where it listens.
    pub bind: SocketAddr,
    /// The address the world reaches it by, if configured; see [`Server::public_base`].
    pub public_url: Option<Url>,
    /// Websites that may call from a browser, as browsers name them in `Origin`.
    pub allowed_origins: Vec<String>,
    /// Networks whose `X-Forwarded-For` is believed; see [`Server::trusts`].
    pub trusted_proxies: Vec<IpNet>,
    /// Where `/metrics` is served besides, without a token.
    pub metrics_bind: Option<SocketAddr>,
    /// Who may read `/metrics` from anywhere.
    pub metrics_token: Option<Secret>,
}

impl Server {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let metrics_token = reader.secret(("server", "metrics_token"));
        if metrics_token
            .as_ref()
            .is_some_and(|token| token.reveal().len() < SHORTEST_TOKEN)
        {
            reader.object(
                ("server", "metrics_token"),
                "is short enough to be guessed",
                format!("Take at least {SHORTEST_TOKEN} random characters"),
            );
        }
        let localhost = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let bind = reader.parsed(("server", "bind"), socket);
        if bind.is_none() && reader.text(("server", "bind")).is_empty() {
            reader.object(
                ("server", "bind"),
                "is empty",
                format!("Write it like \"{localhost}\""),
            );
        }
        Self {
            bind: bind.unwrap_or(localhost),
            public_url: reader.parsed(("server", "public_url"), http_url),
            allowed_origins: reader.list(("server", "allowed_origins"), web_origin),
            trusted_proxies: reader.list(("server", "trusted_proxies"), network),
            metrics_bind: reader.parsed(("server", "metrics_bind"), socket),
            metrics_token,
        }
    }

    /// The address the world reaches muykol by, without a slash at its end: the configured one, or
    /// `http://` and where it listens (this machine, if it listens everywhere).
    pub fn public_base(&self) -> String {
        let address = match (&self.public_url, self.bind.ip()) {
            (Some(url), _) => return url.as_str().trim_end_matches('/').to_owned(),
            (None, IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => {
                SocketAddr::from((Ipv4Addr::LOCALHOST, self.bind.port()))
            }
            (None, IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => {
                SocketAddr::from((Ipv6Addr::LOCALHOST, self.bind.port()))
            }
            (None, _) => self.bind,
        };
        format!("http://{address}")
    }

    /// Whether this peer is a proxy of ours, whose `X-Forwarded-For` is believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        // A socket for both families shows IPv4 peers as ::ffff:a.b.c.d.
        let peer = peer.to_canonical();
        self.trusted_proxies
            .iter()
            .any(|network| network.contains(&peer))
    }
}

fn socket(text: &str) -> Result<SocketAddr, Objection> {
    text.parse().map_err(|_| {
        (
            format!("cannot be {text:?}"),
            "Write an IP address and a port, like \"127.0.0.1:8080\"".to_owned(),
        )
    })
}
