//! The settings of a server, and of whoever asks one.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::str::FromStr;

use netscan_model::access::Role;
use netscan_model::named;
use serde::Deserialize;

use super::layers::Layers;
use super::{Setting, or, row};
use crate::arguments::Span;
use crate::ending::Fault;

/// How log records look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

named!(LogFormat, "log format", { Text = "text", Json = "json" });

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(crate) String);

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(set, not shown)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Words with commas between them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Words(pub(crate) Vec<String>);

impl From<String> for Words {
    fn from(text: String) -> Self {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        Self(words.map(str::to_owned).collect())
    }
}

impl FromStr for Words {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.to_owned().into())
    }
}

impl fmt::Display for Words {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join(", "))
    }
}

/// How `netscan serve` behaves.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) listen: Setting<SocketAddr>,
    pub(crate) public_url: Setting<Option<String>>,
    pub(crate) allowed_hosts: Setting<Option<Words>>,
    pub(crate) trusted_proxies: Setting<Option<Words>>,
    pub(crate) session_idle: Setting<Option<Span>>,
    pub(crate) session_lifetime: Setting<Option<Span>>,
    pub(crate) max_rate_limit: Setting<Option<NonZeroU32>>,
    pub(crate) places: Setting<Option<NonZeroU32>>,
    pub(crate) oidc_issuer: Setting<Option<String>>,
    pub(crate) oidc_client_id: Setting<Option<String>>,
    pub(crate) oidc_client_secret: Setting<Option<Secret>>,
    pub(crate) oidc_default_role: Setting<Option<Role>>,
}

impl Serving {
    pub(super) fn load(layers: &Layers<'_>) -> Result<Self, Fault> {
        let usual = SocketAddr::from(([127, 0, 0, 1], 8080));
        Ok(Self {
            listen: layers.choose(None, "listen", |file| &file.listen)?.or(usual),
            public_url: layers.choose(None, "public_url", |file| &file.public_url)?,
            allowed_hosts: layers.choose(None, "allowed_hosts", |file| &file.allowed_hosts)?,
            trusted_proxies: layers
                .choose(None, "trusted_proxies", |file| &file.trusted_proxies)?,
            session_idle: layers.choose(None, "session_idle", |file| &file.session_idle)?,
            session_lifetime: layers
                .choose(None, "session_lifetime", |file| &file.session_lifetime)?,
            max_rate_limit: layers.choose(None, "max_rate_limit", |file| &file.max_rate_limit)?,
            places: layers.choose(None, "places", |file| &file.places)?,
            oidc_issuer: layers.choose(None, "oidc_issuer", |file| &file.oidc_issuer)?,
            oidc_client_id: layers.choose(None, "oidc_client_id", |file| &file.oidc_client_id)?,
            oidc_client_secret: layers
                .choose(None, "oidc_client_secret", |file| &file.oidc_client_secret)?,
            oidc_default_role: layers
                .choose(None, "oidc_default_role", |file| &file.oidc_default_role)?,
        })
    }

    /// Each of them in words.
    pub(super) fn rows(&self) -> Vec<[String; 3]> {
        vec![
            row("listen", &self.listen, ToString::to_string),
            row("public_url", &self.public_url, or("none")),
            row("allowed_hosts", &self.allowed_hosts, or("none but this machine")),
            row("trusted_proxies", &self.trusted_proxies, or("127.0.0.1, ::1")),
            row("session_idle", &self.session_idle, or("30m")),
            row("session_lifetime", &self.session_lifetime, or("12h")),
            row("max_rate_limit", &self.max_rate_limit, or("100000")),
            row("places", &self.places, or("16")),
            row("oidc_issuer", &self.oidc_issuer, or("none")),
            row("oidc_client_id", &self.oidc_client_id, or("none")),
            row("oidc_client_secret", &self.oidc_client_secret, or("none")),
            row(
                "oidc_default_role",
                &self.oidc_default_role,
                or("none: only who is known gets in"),
            ),
        ]
    }
}
