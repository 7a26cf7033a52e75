//! A scan that runs: Ctrl-C, control from a second process, the lock, the background.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::desk::{Desk, SLOW, finish};

fn scan<'a>(targets: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    [&["scan", targets], &SLOW[..], options].concat()
}

fn is_running(scan: &Value) -> bool {
    scan["status"] == "running"
}

fn has_status(status: &'static str) -> impl Fn(&Value) -> bool {
    move |scan| scan["status"] == status
}

/// Scan 1 of one address, which is not started.
fn plan_one(desk: &Desk, options: &[&str]) {
    let targets = desk.file("targets.txt", "127.0.0.7\n");
    desk.netscan(&["ingest", &targets]);
    let plan = desk.netscan(&[&["plan"], options].concat());
    assert_eq!(plan.status, Some(0), "{plan:?}");
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
fn the_end_of_the_system_or_the_terminal_pauses_like_ctrl_c() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let desk = Desk::new();
        let session = desk.start(&scan("127.0.0.1-3", &["--json"]));
        desk.wait_for_scan("1", is_running);

        session.signal(signal);
        let paused = session.finish();

        let status = &paused.json()["scan"]["status"];
        assert_eq!((paused.status, status), (Some(0), &json!("paused")), "{signal}");
    }
}

#[test]
fn a_session_under_nohup_outlives_its_terminal() {
    let desk = Desk::new();
    let netscan = desk.command(&[]).get_program().to_string_lossy().into_owned();
    let words = [&[netscan.as_str()], &scan("127.0.0.1-2", &[])[..]].concat();
    let session = desk.start_program("nohup", &words);
    desk.wait_for_scan("1", is_running);

    session.signal(Signal::SIGHUP);
    let ended = session.finish();

    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(desk.scan("1")["status"], "completed");
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
    let hint = "hint: `--detach` queues it behind, and so do `netscan plan` and `netscan run`\n";
    assert!(second.stderr.ends_with(hint), "{second:?}");
    assert_eq!(desk.json(&["status"])["scans"].as_array().unwrap().len(), 1);
    session.signal(Signal::SIGINT);
    session.finish();
}

#[test]
fn a_detached_scan_is_run_by_the_process_of_another_scan() {
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
fn a_rerun_is_refused_like_a_scan_and_detached_like_one() {
    let desk = Desk::new();
    desk.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1"]);
    let session = desk.start(&scan("127.0.0.1-3", &[]));
    desk.wait_for_scan("2", is_running);

    let refused = desk.netscan(&["rerun", "1"]);
    let detached = desk.json(&["rerun", "1", "--detach"]);
    let ended = desk.wait_for_scan("3", has_status("completed"));

    refused.refused(1, "another netscan (process ");
    assert_eq!((&detached["scan"]["number"], &ended["number"]), (&json!(3), &json!(3)));
    assert_eq!(session.finish().status, Some(0));
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

// A second scan had to wait for the first to end, and nobody said so.
#[test]
fn run_follows_a_scan_that_the_process_of_another_scan_runs() {
    let desk = Desk::new();
    plan_one(&desk, &["--nmap", "-sT -p1"]);
    let session = desk.start(&scan("127.0.0.1-3", &[]));
    desk.wait_for_scan("2", is_running);

    let run = desk.netscan(&["run", "1"]);
    let first = session.finish();

    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(run.stderr.contains("Scan 1 is left to another netscan (process "), "{run:?}");
    assert!(run.stderr.contains(", started for scan 2), which takes it up"), "{run:?}");
    assert!(run.stdout.contains("1 address planned: 1 up"), "{run:?}");
    assert_eq!(first.status, Some(0), "{first:?}");
    assert!(first.stdout.contains("3 addresses planned: 3 up"), "{first:?}");
}

#[test]
fn who_follows_a_scan_takes_it_over_when_its_process_is_killed() {
    let desk = Desk::new();
    plan_one(&desk, &SLOW);
    let session = desk.start(&scan("127.0.0.1-9", &["--priority", "high"]));
    desk.wait_for_scan("2", is_running);
    let follower = desk.start(&["run", "1"]);
    desk.wait_for_scan("1", is_running);

    session.signal(Signal::SIGKILL);
    session.finish();
    let ended = follower.finish();
    let interrupted = desk.scan("2");

    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("scan 1 goes on here"), "{ended:?}");
    assert!(ended.stdout.contains("1 address planned: 1 up"), "{ended:?}");
    assert_eq!(interrupted["status"], "paused");
    let waiting = &desk.json(&["status", "2"])["waiting"];
    assert_eq!(
        waiting[0]["reason"],
        "it is paused: the program that ran it has ended; resume it to go on (`netscan resume 2`)"
    );
}

#[test]
fn ctrl_c_pauses_the_scan_that_is_followed_and_no_other() {
    let desk = Desk::new();
    let targets = desk.file("targets.txt", "127.0.0.7-20\n");
    desk.netscan(&["ingest", &targets]);
    desk.netscan(&[&["plan"], &SLOW[..]].concat());
    let session = desk.start(&scan("127.0.0.1-3", &[]));
    desk.wait_for_scan("2", is_running);
    let follower = desk.start(&["run", "1"]);
    follower.wait_for_words("Scan 1 is left to another netscan");

    follower.signal(Signal::SIGINT);
    let left = follower.finish();
    let first = session.finish();

    assert_eq!(left.status, Some(0), "{left:?}");
    assert!(left.stderr.contains("Paused. Resume with: netscan resume 1\n"), "{left:?}");
    assert_eq!(desk.scan("1")["status"], "paused");
    assert_eq!(first.status, Some(0), "{first:?}");
}

#[test]
fn where_nmap_is_missing_nothing_is_started() {
    let desk = Desk::new();
    plan_one(&desk, &["--nmap", "-sT -p1"]);

    let mut run = desk.command(&["run", "1"]);
    let outcome = finish(run.env("NETSCAN_NMAP_PATH", desk.path("nothing")));

    outcome.refused(1, "this machine cannot run scans");
    assert_eq!(desk.scan("1")["status"], "created");
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
