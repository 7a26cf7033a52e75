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

fn fuzz(
    lab: &Lab,
    served: &Served<'_>,
    token: Option<&str>,
    most_examples: &str,
) -> (bool, String) {
    let mut command = lab.command(python());
    command
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(script("schemathesis.toml"))
        .args(["run", &format!("{}/openapi.json", served.url()), "--url"])
        .arg(format!("{}/api/v1", served.url()))
        .args(["--phases", "examples,coverage,fuzzing,stateful", "--seed", "20261121"])
        .args(["--max-examples", most_examples, "--exclude-checks", LEFT_OUT])
        .args(["--continue-on-failure", "--workers", "2", "--request-timeout", "120"])
        // How many of its own ideas it throws away says nothing of the server.
        .args(["--suppress-health-check", "filter_too_much,too_slow"])
        .current_dir(served.path("."));
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    let output = command.stdin(Stdio::null()).output().expect("`make test` installs schemathesis");
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), report)
}

#[test]
fn ten_thousand_requests_by_the_document_are_answered_by_the_document() {
    let lab = Lab::up("small", 7);
    let mut served = Served::start(&lab);
    let token = served.token("admin");

    let (is_good, report) = fuzz(&lab, &served, Some(&token), "60");
    let (is_good_without, report_without) = fuzz(&lab, &served, None, "20");

    assert!(is_good, "{report}\n{}", served.log());
    assert!(is_good_without, "{report_without}\n{}", served.log());
    let cases = cases(&report) + cases(&report_without);
    assert!(cases >= 10_000, "only {cases} cases were made\n{report}");
    assert!(served.is_alive(), "{}", served.log());
}
