//! The settings in force: flags over environment over file over what is built in.
//!
//! Each setting has one name in three spellings: `batch_size` in `netscan.toml`,
//! `NETSCAN_BATCH_SIZE` in the environment and `--batch-size` on the command line.

mod file;
mod layers;
mod places;
mod serving;

use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::arguments::{Global, Span};
use layers::Layers;
use places::{Environment, Places};
pub(crate) use serving::{LogFormat, Secret, Serving, Words};

/// Every setting, with where it comes from.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) data_dir: Setting<PathBuf>,
    pub(crate) database: Setting<PathBuf>,
    pub(crate) artifacts_dir: Setting<PathBuf>,
    pub(crate) project: Setting<String>,
    pub(crate) nmap_path: Setting<Option<PathBuf>>,
    pub(crate) chromium_path: Setting<Option<PathBuf>>,
    pub(crate) address_limit: Setting<u64>,
    pub(crate) batch_size: Setting<Option<NonZeroU32>>,
    pub(crate) concurrency: Setting<Option<NonZeroU32>>,
    pub(crate) max_rate: Setting<Option<NonZeroU32>>,
    pub(crate) host_timeout: Setting<Option<Span>>,
    pub(crate) batch_timeout: Setting<Option<Span>>,
    pub(crate) attempts: Setting<Option<NonZeroU32>>,
    pub(crate) pause_grace: Setting<Span>,
    pub(crate) log: Setting<Option<String>>,
    pub(crate) log_format: Setting<LogFormat>,
    pub(crate) otlp_endpoint: Setting<Option<String>>,
    pub(crate) server: Setting<Option<String>>,
    pub(crate) token: Setting<Option<Secret>>,
    pub(crate) serving: Serving,
}

/// A value and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag on the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(String),
    /// The file with settings.
    File(PathBuf),
    /// It follows from another setting.
    Follows(&'static str),
    /// Nobody said anything.
    BuiltIn,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => out.write_str(flag),
            Self::Variable(name) => out.write_str(name),
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Follows(key) => write!(out, "follows from {key}"),
            Self::BuiltIn => out.write_str("built in"),
        }
    }
}

impl Configuration {
    /// Reads all layers.
    pub(crate) fn load(flags: &Global) -> anyhow::Result<Self> {
        let environment = Environment::of_process();
        let mut places = Places::new(flags, &environment)?;
        let file = file::find(flags, &environment, &places)?;
        let layers = Layers { environment: &environment, file: file.as_ref() };
        places.heed(&layers)?;
        let database = places.database;
        let artifacts_dir = places::artifacts_dir(
            layers.path("artifacts_dir", |file| &file.artifacts_dir),
            &places.data_dir,
            &database,
        );
        let flag = flags.project.clone().map(|name| (name, "--project"));
        let server = flags.server.clone().map(|url| (url, "--server"));
        let token = flags.token.clone().map(|token| (Secret(token), "--token"));
        Ok(Self {
            project: layers.choose(flag, "project", |file| &file.project)?.or("default".into()),
            nmap_path: layers.path("nmap_path", |file| &file.nmap_path),
            chromium_path: layers.path("chromium_path", |file| &file.chromium_path),
            address_limit: layers
                .choose(None, "address_limit", |file| &file.address_limit)?
                .or(65_536),
            batch_size: layers.choose(None, "batch_size", |file| &file.batch_size)?,
            concurrency: layers.choose(None, "concurrency", |file| &file.concurrency)?,
            max_rate: layers.choose(None, "max_rate", |file| &file.max_rate)?,
            host_timeout: layers.choose(None, "host_timeout", |file| &file.host_timeout)?,
            batch_timeout: layers.choose(None, "batch_timeout", |file| &file.batch_timeout)?,
            attempts: layers.choose(None, "attempts", |file| &file.attempts)?,
            pause_grace: layers
                .choose(None, "pause_grace", |file| &file.pause_grace)?
                .or(Span::from_secs(const { NonZeroU32::new(5).unwrap() })),
            log: layers.choose(None, "log", |file| &file.log)?,
            log_format: layers
                .choose(None, "log_format", |file| &file.log_format)?
                .or(LogFormat::Text),
            otlp_endpoint: layers.choose(None, "otlp_endpoint", |file| &file.otlp_endpoint)?,
            server: layers.choose(server, "server", |file| &file.server)?,
            token: layers.choose(token, "token", |file| &file.token)?,
            serving: Serving::load(&layers)?,
            data_dir: places.data_dir,
            database,
            artifacts_dir,
        })
    }

    /// Every setting in words: its name, its value, where it comes from. Of a secret it is said that
    /// there is one.
    pub(crate) fn rows(&self) -> Vec<[String; 3]> {
        let path = |path: &PathBuf| path.display().to_string();
        let program = |value: &Option<PathBuf>| {
            value.as_ref().map_or_else(|| "found in the usual places".into(), path)
        };
        let mut rows = vec![
            row("data_dir", &self.data_dir, path),
            row("database", &self.database, path),
            row("artifacts_dir", &self.artifacts_dir, path),
            row("project", &self.project, Clone::clone),
            row("nmap_path", &self.nmap_path, program),
            row("chromium_path", &self.chromium_path, program),
            row("address_limit", &self.address_limit, ToString::to_string),
            row("batch_size", &self.batch_size, or("fitted to the scan")),
            row("concurrency", &self.concurrency, or("4")),
            row("max_rate", &self.max_rate, or("none")),
            row("host_timeout", &self.host_timeout, or("none")),
            row("batch_timeout", &self.batch_timeout, or("none")),
            row("attempts", &self.attempts, or("3")),
            row("pause_grace", &self.pause_grace, ToString::to_string),
            row("log", &self.log, or("off")),
            row("log_format", &self.log_format, ToString::to_string),
            row("otlp_endpoint", &self.otlp_endpoint, or("none")),
            row("server", &self.server, or("none, this machine's database")),
            row("token", &self.token, or("none")),
        ];
        rows.extend(self.serving.rows());
        rows
    }
}

/// A setting in words.
fn row<T>(key: &str, setting: &Setting<T>, value: impl Fn(&T) -> String) -> [String; 3] {
    [key.to_owned(), value(&setting.value), setting.origin.to_string()]
}

fn or<T: std::fmt::Display>(otherwise: &str) -> impl Fn(&Option<T>) -> String {
    move |value| value.as_ref().map_or_else(|| otherwise.to_owned(), ToString::to_string)
}

impl<T> Setting<Option<T>> {
    fn or(self, built_in: T) -> Setting<T> {
        Setting { value: self.value.unwrap_or(built_in), origin: self.origin }
    }
}
