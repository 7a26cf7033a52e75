//! The file with settings: `netscan.toml`.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use netscan_model::access::Role;
use serde::{Deserialize, Deserializer};

use super::places::{Environment, Places};
use super::serving::{LogFormat, Secret, Words};
use crate::arguments::{Global, Span};
use crate::ending::Fault;

/// What may stand in the file. Anything else is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) data_dir: Option<PathBuf>,
    pub(super) database: Option<String>,
    pub(super) artifacts_dir: Option<PathBuf>,
    pub(super) project: Option<String>,
    pub(super) nmap_path: Option<PathBuf>,
    pub(super) chromium_path: Option<PathBuf>,
    pub(super) address_limit: Option<u64>,
    pub(super) batch_size: Option<NonZeroU32>,
    pub(super) concurrency: Option<NonZeroU32>,
    pub(super) max_rate: Option<NonZeroU32>,
    #[serde(default, deserialize_with = "span")]
    pub(super) host_timeout: Option<Span>,
    #[serde(default, deserialize_with = "span")]
    pub(super) batch_timeout: Option<Span>,
    pub(super) attempts: Option<NonZeroU32>,
    #[serde(default, deserialize_with = "span")]
    pub(super) pause_grace: Option<Span>,
    pub(super) log: Option<String>,
    pub(super) log_format: Option<LogFormat>,
    pub(super) otlp_endpoint: Option<String>,
    pub(super) server: Option<String>,
    pub(super) token: Option<Secret>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) public_url: Option<String>,
    pub(super) allowed_hosts: Option<Words>,
    pub(super) trusted_proxies: Option<Words>,
    #[serde(default, deserialize_with = "span")]
    pub(super) session_idle: Option<Span>,
    #[serde(default, deserialize_with = "span")]
    pub(super) session_lifetime: Option<Span>,
    pub(super) max_rate_limit: Option<NonZeroU32>,
    pub(super) places: Option<NonZeroU32>,
    pub(super) oidc_issuer: Option<String>,
    pub(super) oidc_client_id: Option<String>,
    pub(super) oidc_client_secret: Option<Secret>,
    pub(super) oidc_default_role: Option<Role>,
}

fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Span>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// A file and where it lies: relative paths in it start from there.
#[derive(Debug)]
pub(super) struct Located {
    pub(super) path: PathBuf,
    pub(super) content: Content,
}

impl Located {
    pub(super) fn resolve(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

/// The file that is named, or else the one in the data directory, or else the one in the
/// directory for configuration, if there is one.
pub(super) fn find(
    flags: &Global,
    environment: &Environment,
    places: &Places,
) -> anyhow::Result<Option<Located>> {
    if let Some(path) = flags.config.clone().or_else(|| environment.path("NETSCAN_CONFIG")) {
        return read(&path).map(Some);
    }
    let usual = [Some(places.data_dir.value.clone()), environment.configuration_dir()];
    for path in usual.into_iter().flatten().map(|directory| directory.join("netscan.toml")) {
        if path.is_file() {
            return read(&path).map(Some);
        }
    }
    Ok(None)
}

fn read(path: &Path) -> anyhow::Result<Located> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the settings in {}", path.display()))?;
    let content = toml::from_str(&text).map_err(|error| explain(&error, path, &text))?;
    Ok(Located { path: path.to_owned(), content })
}

fn explain(error: &toml::de::Error, path: &Path, text: &str) -> Fault {
    let place = error.span().map(|span| place(text, span.start)).unwrap_or_default();
    let message = error.message().lines().collect::<Vec<_>>().join("; ");
    Fault::new(format!("cannot use the settings in {}{place}: {message}", path.display()))
        .hint("`netscan config show` lists the settings that there are, with their values")
}

fn place(text: &str, offset: usize) -> String {
    let before = &text[..offset.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!(", line {line}, column {column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let error = toml::from_str::<Content>(text).unwrap_err();
        explain(&error, Path::new("n.toml"), text).to_string()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place() {
        let told = fault("project = \"lab\"\nconcurency = 4\n");

        assert!(
            told.starts_with(
                "cannot use the settings in n.toml, line 2, column 1: unknown field `concurency`"
            ),
            "{told}"
        );
    }

    #[test]
    fn a_time_without_a_unit_is_refused() {
        assert!(
            fault("host_timeout = \"90\"").contains("a unit"),
            "{}",
            fault("host_timeout = \"90\"")
        );
        assert!(
            fault("batch_size = 0").contains("line 1, column 14"),
            "{}",
            fault("batch_size = 0")
        );
    }
}
