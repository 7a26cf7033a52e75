//! A server for one test, in a lab's namespace: whatever it is told to scan, nothing leaves there.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use netscan_testkit::lab::Lab;
use serde_json::Value;
use tempfile::TempDir;

/// `netscan serve` on a data directory of its own and any free port; killed when dropped.
pub(crate) struct Served<'a> {
    lab: &'a Lab,
    directory: TempDir,
    process: Child,
    url: String,
}

impl<'a> Served<'a> {
    /// A server that is ready.
    pub(crate) fn start(lab: &'a Lab) -> Self {
        let directory = TempDir::new().expect("a temporary directory can be made");
        let log = std::fs::File::create(directory.path().join("server.log"));
        let mut process = netscan(lab, directory.path())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("a file of the test can be made"))
            .spawn()
            .expect("the program is built");
        let mut url = String::new();
        let stdout = process.stdout.take().expect("it is a pipe");
        BufReader::new(stdout).read_line(&mut url).expect("the server says where it is");
        Self { lab, directory, process, url: url.trim().to_owned() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A new token with that role.
    pub(crate) fn token(&self, role: &str) -> String {
        let made = self.run(&["token", "create", "test", "--role", role]);
        made["token"].as_str().expect("there is a token").to_owned()
    }

    /// What a command of the program answers that goes to the database itself.
    pub(crate) fn run(&self, words: &[&str]) -> Value {
        let run = netscan(self.lab, self.directory.path()).args(words).arg("--json").output();
        let run = run.expect("the program is built");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        serde_json::from_slice(&run.stdout).expect("it prints JSON")
    }

    /// What the server logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("server.log")).unwrap_or_default()
    }

    /// Whether it is still there.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.process.try_wait().expect("it is our child").is_none()
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        // It may have ended by itself, which a test that cares has seen.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program, on the data below `directory`, with none of the caller's settings.
fn netscan(lab: &Lab, directory: &Path) -> Command {
    let mut command = lab.command(env!("CARGO_BIN_EXE_netscan"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("NETSCAN_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", directory).env("NETSCAN_DATA_DIR", directory.join("data"));
    command
}

/// The Python that `make test` has installed, with other people's clients in it.
pub(crate) fn python() -> PathBuf {
    let python = std::env::var_os("NETSCAN_TEST_PYTHON").map(PathBuf::from);
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/python");
    python.unwrap_or_else(usual)
}

/// A file beside this one.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http").join(name)
}
