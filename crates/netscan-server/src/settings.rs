//! How a server behaves, as far as somebody configured it.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// How a server behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address under which people reach it, such as `https://scan.example.com`, if that is not
    /// the one that it listens on. Its origin may open WebSockets and send forms.
    pub public_url: Option<String>,
    /// Names, besides `localhost` and literal addresses, under which a browser may reach it. The host
    /// of `public_url` is one of them anyway.
    pub allowed_hosts: Vec<String>,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// A session ends when it was not used for so long.
    pub session_idle: Duration,
    /// A session ends after so long, however much it is used.
    pub session_lifetime: Duration,
    /// More addresses than this in one scan are refused at once.
    pub address_limit: u128,
    /// The fastest scan in packets per second that an operator may ask for.
    pub max_rate_limit: NonZeroU32,
    /// Where attempts leave their files.
    pub artifacts: PathBuf,
    /// The largest body of a request that is not streamed, in bytes: a list of targets. Operations
    /// that take none take less.
    pub body_limit: usize,
    /// Whether `/metrics` is for everyone who can reach the server, and not only for callers who may
    /// read.
    pub has_open_metrics: bool,
    /// Who else vouches for people, by OpenID Connect.
    pub oidc: Option<Oidc>,
    /// The Chromium that prints reports; without it, the one in the usual places.
    pub chromium: Option<PathBuf>,
}

/// A provider of OpenID Connect.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// Its issuer, such as `https://id.example.com/realms/main`.
    pub issuer: String,
    /// The id under which it knows this server.
    pub client_id: String,
    /// The secret that goes with it.
    pub client_secret: String,
    /// What people are in the default organisation when they come for the first time; nobody who is
    /// new is let in without it.
    pub default_role: Option<netscan_model::access::Role>,
}

impl Settings {
    /// The usual behaviour, with files of attempts below `artifacts`.
    #[must_use]
    pub fn new(artifacts: PathBuf) -> Self {
        Self {
            public_url: None,
            allowed_hosts: Vec::new(),
            trusted_proxies: vec![
                std::net::Ipv4Addr::LOCALHOST.into(),
                std::net::Ipv6Addr::LOCALHOST.into(),
            ],
            session_idle: Duration::from_mins(30),
            session_lifetime: Duration::from_hours(12),
            address_limit: 65_536,
            max_rate_limit: NonZeroU32::new(100_000).expect("not zero"),
            artifacts,
            body_limit: 16 * 1024 * 1024,
            has_open_metrics: true,
            oidc: None,
            chromium: None,
        }
    }
}
