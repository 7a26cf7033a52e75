//! The same commands on a server and on its database: what they print, and how they end.

use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::desk::{Desk, Outcome, SLOW, Session, finish, finish_reading, wait_for};

/// A server on the data of a desk, and a token for it.
pub(super) struct Server<'a> {
    desk: &'a Desk,
    session: Session,
    url: String,
    token: String,
}

impl<'a> Server<'a> {
    pub(super) fn start(desk: &'a Desk) -> Self {
        let token = desk.json(&["token", "create", "test"])["token"].as_str().unwrap().to_owned();
        let session = desk.start(&["serve", "--listen", "127.0.0.1:0"]);
        let url = wait_for("the server to be ready", || {
            session.said("stdout").strip_suffix('\n').map(str::to_owned)
        });
        Self { desk, session, url, token }
    }

    /// A command on the server. The data directory leads nowhere, so that it is no other.
    pub(super) fn netscan(&self, arguments: &[&str]) -> Outcome {
        finish(&mut self.command(arguments))
    }

    pub(super) fn netscan_reading(&self, arguments: &[&str], input: &str) -> Outcome {
        finish_reading(self.command(arguments), input)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.desk.command(arguments);
        command.env("NETSCAN_SERVER", &self.url).env("NETSCAN_TOKEN", &self.token);
        command.env("NETSCAN_DATA_DIR", self.desk.path("nowhere"));
        command
    }

    /// Where it is, and a token for it.
    pub(super) fn place(&self) -> (&str, &str) {
        (&self.url, &self.token)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let outcome = self.netscan(&[arguments, &["--json"]].concat());
        assert_eq!(outcome.status, Some(0), "{arguments:?}: {outcome:?}");
        outcome.json()
    }

    pub(super) fn stop(self) {
        self.session.signal(Signal::SIGTERM);
        let ended = self.session.finish();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert!(!format!("{ended:?}").contains(&self.token), "{ended:?}");
    }
}

#[test]
fn what_is_read_from_a_server_is_what_is_read_from_its_database() {
    let desk = Desk::new();
    let targets = desk.file("targets.txt", "127.0.0.1\n!127.0.0.9\n127.0.0.2,nosuch.invalid\n");
    desk.file("mine.md", "{{ scan.title|md }}: {{ changes.sentences }} {{ hosts }} {{ method }}");
    desk.file("wrong.md", "{{ sca.title }}");
    let server = Server::start(&desk);
    let ingest = server.netscan(&["ingest", &targets]);
    let scanned = server.netscan(&["scan", "127.0.0.1-3", "--nmap", "-sT -p1", "--name", "one"]);
    let planned = server.netscan(&["plan", "--nmap", "-sT -p1"]);
    server.netscan(&["scope", "deny", "127.0.0.3", "--note", "not ours"]);
    let again = server.netscan(&["rerun", "1"]);
    let commands: [&[&str]; 37] = [
        &["targets", "list"],
        &["scope", "show"],
        &["status"],
        &["status", "1"],
        &["status", "2"],
        &["coverage", "1"],
        &["coverage", "3"],
        &["difficult"],
        &["results", "1"],
        &["results", "1", "--format", "csv"],
        &["results", "1", "--format", "xml"],
        &["results", "latest", "--format", "md"],
        &["results", "1", "--format", "jsonl"],
        &["results", "1", "--where", "net:127.0.0.2-127.0.0.9 -port:*", "--format", "txt"],
        &["results", "1", "--where", "port:x"],
        &["report", "1", "--format", "md"],
        &["report", "3"],
        &["report", "3", "--template", "mine.md"],
        &["report", "3", "--template", "wrong.md"],
        &["report", "9", "--template", "mine.md"],
        &["diff", "1", "3"],
        &["diff", "1", "3", "--only", "not_scanned", "--format", "html", "--exit-code"],
        &["diff", "1", "3", "--format", "md"],
        &["diff", "3", "--last"],
        &["diff", "1"],
        &["diff", "--from", "2001-01-01"],
        &["history", "127.0.0.1"],
        &["history", "127.0.0.1", "--summary"],
        &["project", "list"],
        &["limits", "show"],
        &["template", "list"],
        &["user", "list"],
        &["audit", "verify"],
        &["status", "9"],
        &["coverage", "latest", "--project", "nowhere"],
        &["targets", "list", "--project", "nowhere"],
        &["template", "show", "nothing"],
    ];

    let there = commands.map(|arguments| {
        let in_json = server.netscan(&[arguments, &["--json"]].concat());
        (arguments, server.netscan(arguments), in_json)
    });
    server.stop();

    assert_eq!((ingest.status, scanned.status, planned.status), (Some(0), Some(0), Some(0)));
    assert!(ingest.stdout.starts_with("4 targets new, 0 duplicate"), "{ingest:?}");
    assert!(scanned.stdout.contains("3 addresses planned: 3 up"), "{scanned:?}");
    assert_eq!(again.status, Some(0), "{again:?}");
    for (arguments, there, there_in_json) in there {
        // Of a scan that nobody runs it is said how it is run, which a server has no need to say.
        let is_waiting = arguments == ["status"] || arguments == ["status", "2"];
        let (here, here_in_json) =
            (desk.netscan(arguments), desk.netscan(&[arguments, &["--json"]].concat()));
        assert_eq!(there.status, here.status, "{arguments:?}: {there:?} {here:?}");
        if !is_waiting {
            assert_eq!(there.stdout, here.stdout, "{arguments:?}");
            assert_eq!(there.stderr, here.stderr, "{arguments:?}");
        }
        assert_eq!(there_in_json.stdout, here_in_json.stdout, "{arguments:?}");
    }
}

#[test]
fn artifacts_come_from_a_server_as_they_lie_on_its_machine() {
    let desk = Desk::new();
    let server = Server::start(&desk);
    server.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1"]);

    let there = server.json(&["artifacts", "1", "-o", "there"]);
    server.stop();
    let here = desk.json(&["artifacts", "1", "-o", "here"]);

    let (there, here) = (there.as_array().unwrap(), here.as_array().unwrap());
    assert!(here.len() > 2 && here.len() == there.len(), "{here:?} {there:?}");
    for (there, here) in there.iter().zip(here) {
        let read = |path: &Value| std::fs::read(desk.path(path.as_str().unwrap())).unwrap();
        assert_eq!(read(there), read(here), "{here}");
    }
}

#[test]
fn ctrl_c_pauses_the_scan_on_the_server_and_resume_goes_on_with_it() {
    let desk = Desk::new();
    let server = Server::start(&desk);
    let mut command = desk.command(&[&["scan", "127.0.0.1-3"], &SLOW[..]].concat());
    command.env("NETSCAN_SERVER", &server.url).env("NETSCAN_TOKEN", &server.token);
    let session = super::desk::start(command);
    session.wait_for_words("running");

    session.signal(Signal::SIGINT);
    let left = session.finish();
    let paused = server.json(&["status", "1"])["scans"][0]["status"].clone();
    let set = server.netscan(&["set", "1", "--concurrency", "3", "--max-rate", "none"]);
    let resumed = server.netscan(&["resume", "1"]);
    server.stop();

    assert_eq!(left.status, Some(0), "{left:?}");
    assert!(left.stderr.contains("Paused. Resume with: netscan resume 1\n"), "{left:?}");
    assert_eq!(paused, json!("paused"));
    assert_eq!(
        set.stdout,
        "Scan 1 runs with concurrency 3, packets per second: no limit, priority medium\n"
    );
    assert_eq!(resumed.status, Some(0), "{resumed:?}");
    assert!(resumed.stdout.contains("3 addresses planned: 3 up"), "{resumed:?}");
}

#[test]
fn a_detached_scan_is_stopped_and_retried_on_the_server() {
    let desk = Desk::new();
    let server = Server::start(&desk);

    let detached = server.netscan(&[&["scan", "127.0.0.1-3", "--detach"], &SLOW[..]].concat());
    let stopped = server.netscan(&["stop", "1"]);
    let retried = server.netscan(&["retry", "1", "--format", "txt"]);
    server.stop();

    assert_eq!(detached.status, Some(0), "{detached:?}");
    assert!(
        detached.stderr.contains("It runs on the server; netscan status 1 tells"),
        "{detached:?}"
    );
    assert_eq!(stopped.stdout, "Scan 1 is cancelled\n", "{stopped:?}");
    assert_eq!(retried.status, Some(0), "{retried:?}");
    assert!(retried.stderr.contains("Scan 1 takes up "), "{retried:?}");
}

#[test]
fn mistakes_are_told_by_a_server_as_they_are_here() {
    let desk = Desk::new();
    let server = Server::start(&desk);

    let options = server.netscan(&["scan", "127.0.0.1", "--nmap", "--bad"]);
    let ports = server.netscan(&["scan", "127.0.0.1", "-p", "99999"]);
    let many = server.netscan(&["scan", "10.0.0.0/8"]);
    let pause = server.netscan(&["scan", "127.0.0.1", "--project", "nowhere"]);
    server.stop();
    let options_here = desk.netscan(&["scan", "127.0.0.1", "--nmap", "--bad"]);
    let ports_here = desk.netscan(&["scan", "127.0.0.1", "-p", "99999"]);

    assert_eq!((options.status, options.stderr), (Some(2), options_here.stderr));
    assert_eq!((ports.status, ports.stderr), (Some(2), ports_here.stderr));
    many.refused(1, "the targets hold 16777216 addresses, more than the limit of 65536");
    pause.refused(1, "there is no project nowhere");
    assert!(
        pause.stderr.ends_with("hint: `netscan project create nowhere` makes it\n"),
        "{pause:?}"
    );
}

#[test]
fn who_is_not_let_in_gets_one_sentence_and_what_to_do() {
    let desk = Desk::new();
    let viewer = desk.json(&["token", "create", "eyes", "--role", "viewer"])["token"].clone();
    let server = Server::start(&desk);
    let with = |token: &str, arguments: &[&str]| {
        let mut command = desk.command(arguments);
        finish(command.env("NETSCAN_SERVER", &server.url).env("NETSCAN_TOKEN", token))
    };

    let wrong = with("nso_abcdefghijkl_wrong", &["status"]);
    let none = desk.netscan(&["status", "--server", &server.url]);
    let weak = with(viewer.as_str().unwrap(), &["scan", "127.0.0.1"]);
    let reading = with(viewer.as_str().unwrap(), &["status"]);
    let url = server.url.clone();
    server.stop();
    let gone = desk.netscan(&["status", "--server", &url]);

    wrong.refused(1, "the server does not accept the token");
    none.refused(1, "the server wants a token");
    assert!(none.stderr.contains("\n\nhint: `netscan token create NAME`"), "{none:?}");
    assert_eq!(weak.status, Some(1), "{weak:?}");
    assert!(weak.stderr.contains("hint: an admin can give you a token"), "{weak:?}");
    assert_eq!(reading.status, Some(0), "{reading:?}");
    gone.refused(1, &format!("cannot reach the server at {url}"));
    for outcome in [wrong, weak] {
        assert!(!outcome.stderr.contains("nso_"), "{outcome:?}");
    }
}

#[test]
fn a_scan_from_a_template_is_the_same_on_both_desks() {
    let desk = Desk::new();
    let text = "parameters:\n  net:\n    type: targets\n    required: true\ntargets: \"${net}\"\noptions: -sT -p1\nname: weekly\n";
    let file = desk.file("weekly.yaml", text);
    let made = desk.netscan(&["template", "create", "weekly", "-f", &file]);
    let server = Server::start(&desk);

    let there = server.json(&["scan", "--template", "weekly:net=127.0.0.1"]);
    let cost = server.netscan(&["template", "plan", "weekly:net=127.0.0.1"]);
    server.stop();
    // First: the forecast learns from every scan.
    let cost_here = desk.netscan(&["template", "plan", "weekly:net=127.0.0.1"]);
    let here = desk.json(&["scan", "--template", "weekly:net=127.0.0.1"]);

    assert_eq!(made.status, Some(0), "{made:?}");
    for key in ["name", "options", "targets", "template", "status", "modules", "batch_size"] {
        assert_eq!(there["scan"][key], here["scan"][key], "{key}");
    }
    assert_eq!(cost.stdout, cost_here.stdout);
}

#[test]
fn the_end_of_the_audit_log_that_a_server_logs_is_an_anchor_for_it() {
    let desk = Desk::new();
    let server = desk.start(&["serve", "--listen", "127.0.0.1:0", "-v"]);
    wait_for("the server to be ready", || server.said("stdout").strip_suffix('\n').map(drop));
    wait_for("the end to be told", || server.said("stderr").contains("log ends at").then_some(()));
    desk.json(&["token", "create", "late"]);
    server.signal(Signal::SIGTERM);
    let told = server.finish().stderr;
    let (_, last) = told.rsplit_once("the audit log ends at ").unwrap();
    let (anchor, _) = last.split_once([' ', '\n']).unwrap();

    let whole = desk.netscan(&["audit", "verify", "--anchor", anchor]);
    let (seq, hash) = anchor.split_once(':').unwrap();
    let later = format!("{}:{hash}", seq.parse::<u64>().unwrap() + 1);
    let cut = desk.netscan(&["audit", "verify", "--anchor", &later]);
    let wrong = desk.netscan(&["audit", "verify", "--anchor", hash]);

    assert_eq!(whole.status, Some(0), "{whole:?}");
    assert!(whole.stdout.trim_end().ends_with(anchor), "{whole:?}");
    assert_eq!(cut.status, Some(1), "{cut:?}");
    assert!(cut.stdout.contains("it is missing"), "{cut:?}");
    assert_eq!(wrong.status, Some(2), "{wrong:?}");
}
