//! A scan that runs: Ctrl-C, control from a second process, the lock, the background.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::desk::{Desk, SLOW};

fn scan<'a>(targets: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    [&["scan", targets], &SLOW[..], options].concat()
}

fn is_running(scan: &Value) -> bool {
    scan["status"] == "running"
}

fn has_status(status: &'static str) -> impl Fn(&Value) -> bool {
    move |scan| scan["status"] == status
}

// Ctrl-C left scans running forever and nmap orphaned (B18).
#[test]
fn ctrl_c_pauses_says_how_to_resume_and_the_scan_goes_on_to_its_end() {
    let desk = Desk::new();
    let session = desk.start(&scan("127.0.0.1-3", &[]));
    desk.wait_for_scan("1", is_running);

    session.signal(Signal::SIGINT);
    let paused = session.finish();
    let state = desk.scan("1")["status"].clone();
    let resumed = desk.netscan(&["resume", "1"]);

    assert_eq!(paused.status, Some(0), "{paused:?}");
    assert!(paused.stderr.contains("Paused. Resume with: netscan resume 1\n"), "{paused:?}");
    assert_eq!((state, paused.stdout.as_str()), (json!("paused"), ""));
    assert_eq!(resumed.status, Some(0), "{resumed:?}");
    assert!(resumed.stdout.contains("3 addresses planned: 3 up"), "{resumed:?}");
}

#[test]
fn sigterm_pauses_like_ctrl_c() {
    let desk = Desk::new();
    let session = desk.start(&scan("127.0.0.1-3", &["--json"]));
    desk.wait_for_scan("1", is_running);

    session.signal(Signal::SIGTERM);
    let paused = session.finish();

    assert_eq!((paused.status, &paused.json()["scan"]["status"]), (Some(0), &json!("paused")));
}

#[test]
fn a_second_ctrl_c_leaves_at_once_with_1_and_loses_nothing() {
    let desk = Desk::new();
    let slower = ["--nmap", "-sT -Pn -p1-6000 --max-rate 100"];
    let session = desk.start(&[&["scan", "127.0.0.1"], &slower[..]].concat());
    desk.wait_for_scan("1", is_running);

    session.signal(Signal::SIGINT);
    desk.wait_for_scan("1", |scan| scan["desired"] == "pause");
    session.signal(Signal::SIGINT);
    let left = session.finish();

    assert_eq!((left.status, left.stdout.as_str()), (Some(1), ""), "{left:?}");
    let end = "error: scan 1 was interrupted\n\nhint: `netscan resume 1` goes on with it\n";
    assert!(left.stderr.ends_with(end), "{left:?}");
    assert_eq!(desk.json(&["coverage", "1"])["coverage"]["pending"], 1);
}

#[test]
fn a_pause_from_elsewhere_holds_the_session_until_a_resume() {
    let desk = Desk::new();
    let session = desk.start(&scan("127.0.0.1-3", &[]));
    desk.wait_for_scan("1", is_running);

    let pause = desk.netscan(&["pause", "latest"]);
    session.wait_for_words("Scan 1 was paused from elsewhere");
    let held = desk.scan("1");
    let waiting = desk.json(&["status", "1"])["waiting"].clone();
    let resume = desk.netscan(&["resume", "1"]);
    let ended = session.finish();

    assert_eq!((pause.status, pause.stdout.as_str()), (Some(0), "Scan 1 is paused\n"));
    assert_eq!(held["status"], "paused");
    assert_eq!(waiting[0]["reason"], "the operator paused it: go on with `netscan resume 1`");
    assert_eq!(resume.status, Some(0), "{resume:?}");
    assert!(resume.stderr.contains("Scan 1 goes on in process"), "{resume:?}");
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn a_stop_from_elsewhere_ends_the_session_with_5() {
    let desk = Desk::new();
    let session = desk.start(&scan("127.0.0.1-9", &[]));
    desk.wait_for_scan("1", is_running);

    let stop = desk.netscan(&["stop", "1"]);
    let ended = session.finish();

    assert_eq!((stop.status, stop.stdout.as_str()), (Some(0), "Scan 1 is cancelled\n"));
    assert_eq!(ended.status, Some(5), "{ended:?}");
    assert!(ended.stderr.contains("hint: `netscan retry 1` takes them up again"), "{ended:?}");
    let coverage = &desk.json(&["coverage", "1"])["coverage"];
    assert_eq!(coverage["pending"], 0);
    assert!(coverage["cancelled"].as_u64().is_some_and(|count| count > 0), "{coverage}");
}

#[test]
fn a_second_scan_on_a_database_that_is_taken_gets_one_sentence_and_is_not_stored() {
    let desk = Desk::new();
    let session = desk.start(&scan("127.0.0.1-3", &[]));
    desk.wait_for_scan("1", is_running);

    let second = desk.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1"]);

    second.refused(1, "another netscan (process ");
    assert_eq!(second.stderr.lines().count(), 1, "{second:?}");
    assert_eq!(desk.json(&["status"])["scans"].as_array().unwrap().len(), 1);
    session.signal(Signal::SIGINT);
    session.finish();
}

#[test]
fn a_detached_scan_goes_on_by_itself_and_waits_for_its_turn() {
    let desk = Desk::new();
    let session = desk.start(&scan("127.0.0.1-2", &[]));
    desk.wait_for_scan("1", is_running);

    let detached = desk.json(&["scan", "127.0.0.1", "--nmap", "-sT -p1", "--detach"]);
    let first = session.finish();
    let second = desk.wait_for_scan("2", has_status("completed"));

    assert_eq!(detached["scan"]["number"], 2);
    assert_eq!(first.status, Some(0), "{first:?}");
    assert_eq!(second["progress"], 1.0);
}

#[test]
fn without_a_terminal_progress_is_lines_and_quiet_is_silent() {
    let desk = Desk::new();

    let told = desk.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1"]);
    let quiet = desk.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1", "-q"]);
    let verbose = desk.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1", "-v"]);

    assert!(told.stderr.starts_with("scan 1: "), "{told:?}");
    assert!(!told.stderr.contains('\r') && !told.stderr.contains('\x1b'), "{told:?}");
    assert_eq!((quiet.status, quiet.stderr.as_str()), (Some(0), ""));
    assert!(verbose.stderr.contains("batch 1: "), "{verbose:?}");
}

#[test]
fn a_killed_session_leaves_a_scan_that_status_explains_and_run_finishes() {
    let desk = Desk::new();
    let session = desk.start(&scan("127.0.0.1-2", &[]));
    desk.wait_for_scan("1", is_running);

    session.signal(Signal::SIGKILL);
    session.finish();
    let waiting = desk.json(&["status", "1"])["waiting"].clone();
    let run = desk.netscan(&["run", "1"]);

    assert_eq!(waiting[0]["reason"], "nobody runs it: start it with `netscan run 1`");
    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(run.stdout.contains("2 addresses planned: 2 up"), "{run:?}");
}

#[test]
fn a_scan_that_nobody_runs_is_paused_and_stopped_at_once() {
    let desk = Desk::new();
    let session = desk.start(&scan("127.0.0.1-2", &[]));
    desk.wait_for_scan("1", is_running);
    session.signal(Signal::SIGKILL);
    session.finish();

    let pause = desk.json(&["pause", "1"]);
    let stop = desk.json(&["stop", "1"]);
    let again = desk.json(&["stop", "1"]);

    assert_eq!(pause["scan"]["status"], "paused");
    assert_eq!(
        (&stop["scan"]["status"], &again["scan"]["status"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
}

#[test]
fn a_scan_queued_behind_another_says_so() {
    let desk = Desk::new();
    let targets = desk.file("targets.txt", "127.0.0.7\n");
    desk.netscan(&["ingest", &targets]);
    desk.netscan(&["plan", "--nmap", "-sT -p1"]);
    let session = desk.start(&scan("127.0.0.1-4", &[]));
    desk.wait_for_scan("2", is_running);

    let run = desk.netscan(&["run", "1"]);
    session.signal(Signal::SIGINT);
    session.finish();

    assert_eq!((run.status, run.stdout.as_str()), (Some(0), "Scan 1 is queued\n"));
    assert!(run.stderr.contains("netscan run 1 --wait"), "{run:?}");
}

#[test]
fn status_watches_until_everything_has_ended() {
    let desk = Desk::new();
    let session = desk.start(&scan("127.0.0.1-2", &[]));
    desk.wait_for_scan("1", is_running);

    let watched = desk.netscan(&["status", "1", "--watch", "--json"]);

    let last: Value = serde_json::from_str(watched.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["scans"][0]["status"], "completed");
    assert!(watched.stdout.lines().count() > 1, "{watched:?}");
    assert_eq!(session.finish().status, Some(0));
}
