//! schemathesis holds the server to its own document: whatever it is sent, it answers what it
//! says it does, and never fails.

use std::process::Stdio;

use netscan_testkit::lab::Lab;

use super::served::{Served, python, script};

/// What is not held against the server: that it refuses what the document allows, because a target,
/// an option or a template has rules that no schema can tell.
const LEFT_OUT: &str = "positive_data_acceptance";

/// The cases that schemathesis says it made.
fn cases(report: &str) -> u64 {
    let line = report.lines().find(|line| line.contains("generated,"));
    let number =
        line.and_then(|line| line.split_whitespace().next()?.replace(',', "").parse().ok());
    number.unwrap_or_default()
}

/// What waits for nmap, and what slows all scans down: each is sent requests to by itself, on a server
/// of its own, so that it does not wait for scans that other requests have started.
const ALONE: [&str; 2] = ["/nmap/run", "/settings/limits"];

/// Requests that schemathesis makes up.
struct Fuzz<'a> {
    /// As whom; as nobody without one.
    role: Option<&'a str>,
    /// Only to this path, or to all but those of [`ALONE`].
    path: Option<&'a str>,
    phases: &'a str,
    most_examples: &'a str,
}

impl Fuzz<'_> {
    /// Sends them, and returns how many there were. Whatever is wrong with an answer is told.
    fn send(&self, lab: &Lab) -> u64 {
        let mut served = Served::start(lab);
        // Requests start many scans, which are not what is tested here.
        served.run(&["limits", "set", "--max-batches", "1"]);
        let mut command = lab.command(python());
        command
            .args(["-m", "schemathesis.cli", "--config-file"])
            .arg(script("schemathesis.toml"))
            .args(["run", &format!("{}/openapi.json", served.url()), "--url"])
            .arg(format!("{}/api/v1", served.url()))
            .args(["--phases", self.phases, "--seed", "20261121"])
            .args(["--max-examples", self.most_examples, "--exclude-checks", LEFT_OUT])
            // With more threads, Python 3.11 fails now and then (python/cpython issue 106905).
            .args(["--continue-on-failure", "--workers", "1", "--request-timeout", "120"])
            // How many of its own ideas it throws away says nothing of the server.
            .args(["--suppress-health-check", "filter_too_much,too_slow"])
            .current_dir(served.path("."));
        match self.path {
            Some(path) => command.args(["--include-path", path]),
            None => command.args(ALONE.iter().flat_map(|path| ["--exclude-path", path])),
        };
        if let Some(role) = self.role {
            let token = served.token(role);
            command.args(["--header", &format!("Authorization: Bearer {token}")]);
        }
        let output =
            command.stdin(Stdio::null()).output().expect("`make test` installs schemathesis");
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{report}\n{}", served.log());
        assert!(served.is_alive(), "{}", served.log());
        cases(&report)
    }
}

const ALL: &str = "examples,coverage,fuzzing,stateful";

#[test]
fn ten_thousand_requests_by_the_document_are_answered_by_the_document() {
    let lab = Lab::up("small", 7);

    let sent =
        Fuzz { role: Some("admin"), path: None, phases: ALL, most_examples: "70" }.send(&lab);

    assert!(sent >= 10_000, "only {sent} requests were made");
}

#[test]
fn requests_of_nobody_are_answered_by_the_document() {
    let lab = Lab::up("small", 7);

    let sent = Fuzz { role: None, path: None, phases: ALL, most_examples: "20" }.send(&lab);

    assert!(sent >= 1_000, "only {sent} requests were made");
}

#[test]
fn requests_to_what_is_slow_are_answered_by_the_document() {
    let lab = Lab::up("small", 7);
    for path in ALONE {
        let phases = "examples,coverage,fuzzing";

        let sent =
            Fuzz { role: Some("admin"), path: Some(path), phases, most_examples: "10" }.send(&lab);

        assert!(sent >= 10, "only {sent} requests were made to {path}");
    }
}
