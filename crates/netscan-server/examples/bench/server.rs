//! A server for one measurement: the real program, in a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::Value;

/// `netscan serve` on a data directory and any free port; killed when dropped.
pub(crate) struct Server {
    process: Child,
    url: String,
    token: String,
}

impl Server {
    /// A server that says where it is. It runs `nmap`, if that is said.
    pub(crate) fn start(program: &Path, data: &Path, nmap: Option<&Path>) -> Self {
        let mut command = netscan(program, data);
        if let Some(nmap) = nmap {
            command.env("NETSCAN_NMAP_PATH", nmap);
        }
        let log = fs::File::create(data.with_extension("log")).expect("there is room");
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program is built");
        let mut url = String::new();
        let stdout = process.stdout.take().expect("it is a pipe");
        BufReader::new(stdout).read_line(&mut url).expect("the server says where it is");
        let token = token(program, data);
        Self { process, url: url.trim().to_owned(), token }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What an administrator writes into the header `Authorization`.
    pub(crate) fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// A client that is an administrator.
    pub(crate) fn client(&self) -> Client {
        // Another client may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        let authorization = HeaderValue::from_str(&self.authorization());
        headers.insert(AUTHORIZATION, authorization.expect("a token is plain text"));
        let client = Client::builder().default_headers(headers).timeout(Duration::from_mins(1));
        client.no_proxy().build().expect("nothing is missing for a client")
    }

    /// Memory in use now, in MiB.
    pub(crate) fn resident(&self) -> f64 {
        self.memory("VmRSS:")
    }

    /// The most memory that was in use, in MiB.
    pub(crate) fn peak(&self) -> f64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> f64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = fs::read_to_string(path).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.expect("Linux tells of memory") / 1024.0
    }

    /// Seconds of CPU that the server has used, what it started left out.
    pub(crate) fn cpu(&self) -> f64 {
        let path = format!("/proc/{}/stat", self.process.id());
        let stat = fs::read_to_string(path).expect("the server runs");
        // The name in brackets may hold anything; user and system time are the 12th and 13th behind it.
        let (_, rest) = stat.rsplit_once(')').expect("Linux writes it so");
        let times = rest.split_whitespace().skip(11).take(2);
        times.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which a measurement would have noticed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A new token of an administrator, made at the database itself.
fn token(program: &Path, data: &Path) -> String {
    let made = netscan(program, data)
        .args(["token", "create", "bench", "--role", "admin", "--json"])
        .output()
        .expect("the program is built");
    let answer: Value = serde_json::from_slice(&made.stdout).expect("it prints JSON");
    answer["token"].as_str().expect("there is a token").to_owned()
}

/// The program on the data in `data`, with none of the caller's settings.
fn netscan(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("NETSCAN_") {
            command.env_remove(name);
        }
    }
    command.env("NETSCAN_DATA_DIR", data);
    command
}

/// The value at that part of the way through `sorted`, such as 0.99.
pub(crate) fn quantile<T: Copy + Default>(sorted: &[T], part: f64) -> T {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "there are far fewer than 2^52 of them"
    )]
    let index = (sorted.len() as f64 * part).ceil() as usize;
    sorted
        .get(index.saturating_sub(1).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}
