//! `scan` from its targets to its results and its exit status.

use netscan_testkit::{Act, FakeNmap};
use serde_json::json;

use super::desk::{Desk, finish, listener};

#[test]
fn a_scan_prints_what_it_found_and_ends_with_0() {
    let (desk, (_service, port)) = (Desk::new(), listener());

    let outcome = desk.netscan(&["scan", "127.0.0.1", "--nmap", &format!("-sT -p{port}")]);

    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("127.0.0.1 is up"), "{outcome:?}");
    assert!(outcome.stdout.contains(&format!("{port}/tcp")), "{outcome:?}");
    assert!(outcome.stdout.contains("1 address planned: 1 up"), "{outcome:?}");
}

#[test]
fn a_scan_as_json_is_the_scan_at_its_end() {
    let desk = Desk::new();

    let body =
        desk.json(&["scan", "127.0.0.1", "-p", "1-5", "--profile", "quick", "--name", "mine"]);

    let scan = &body["scan"];
    assert_eq!(scan["number"], 1);
    assert_eq!((&scan["name"], &scan["project"]), (&json!("mine"), &json!("default")));
    assert_eq!((&scan["status"], &scan["progress"]), (&json!("completed"), &json!(1.0)));
    for key in ["id", "created_at", "started_at", "completed_at"] {
        assert!(scan[key].is_string(), "{key}: {scan}");
    }
}

#[test]
fn a_format_takes_the_place_of_the_scan_and_a_file_stands_beside_it() {
    let (desk, (_service, port)) = (Desk::new(), listener());
    let nmap = format!("-sT -p{port}");

    let document = desk.json(&["scan", "127.0.0.1", "--nmap", &nmap, "--format", "json"]);
    let body = desk.json(&["scan", "127.0.0.1", "--nmap", &nmap, "-o", "found.csv"]);

    let found = &document["hosts"][0]["ports"][0];
    assert_eq!((&found["port"], &found["state"]), (&json!(port), &json!("open")));
    assert_eq!(body["scan"]["status"], "completed");
    let csv = std::fs::read_to_string(desk.path("found.csv")).unwrap();
    assert!(csv.contains("127.0.0.1,") && csv.contains(&port.to_string()), "{csv}");
}

#[test]
fn targets_come_from_arguments_files_and_standard_input_and_excludes_hold() {
    let desk = Desk::new();
    let file = desk.file("targets.txt", "127.0.0.2 # one\n\n127.0.0.3,127.0.0.4\n");
    let excludes = desk.file("not.txt", "127.0.0.4\n");
    let arguments = [
        "scan",
        "127.0.0.1",
        "-f",
        &file,
        "-f",
        "-",
        "--exclude",
        "127.0.0.2",
        "--exclude-file",
        &excludes,
        "--nmap",
        "-sT -p1",
        "--json",
    ];

    let outcome = desk.netscan_reading(&arguments, "127.0.0.8/31\n!127.0.0.9\n");

    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    let coverage = desk.json(&["coverage", "latest"])["coverage"].clone();
    assert_eq!(
        (&coverage["planned"], &coverage["up"], &coverage["excluded"]),
        (&json!(6), &json!(3), &json!(3))
    );
}

#[test]
fn a_bad_line_in_a_file_is_told_and_the_rest_is_scanned_unless_strict() {
    let desk = Desk::new();
    let file = desk.file("targets.txt", "127.0.0.1\n127.0.0.1/33\n");
    let arguments = ["scan", "-f", &file, "--nmap", "-sT -p1"];

    let lenient = desk.netscan(&arguments);
    let strict = desk.netscan(&[&arguments[..], &["--strict"]].concat());

    assert_eq!(lenient.status, Some(0), "{lenient:?}");
    let warning = format!("warning: {file}:2:1: \"127.0.0.1/33\" has a mask longer than 32 bits");
    assert!(lenient.stderr.contains(&warning), "{lenient:?}");
    strict.refused(1, "targets.txt:2:1");
}

#[test]
fn a_name_without_an_address_makes_a_scan_partial() {
    let desk = Desk::new();

    let outcome = desk.netscan(&["scan", "127.0.0.1", "nosuch.invalid", "--nmap", "-sT -p1"]);

    assert_eq!(outcome.status, Some(3), "{outcome:?}");
    assert!(
        outcome.stderr.contains("Scan 1 is partial: 1 of 2 addresses were not scanned to the end"),
        "{outcome:?}"
    );
    assert!(outcome.stderr.contains("\n\nhint: `netscan coverage 1` lists them"), "{outcome:?}");
}

// An nmap that fails was recorded as a completed scan by the seeds (B6).
#[test]
fn a_scan_of_which_nothing_worked_has_failed_and_says_why() {
    let desk = Desk::new();
    let nmap = FakeNmap::new().after(0, Act::Exit(1)).install(desk.directory());
    let arguments = ["scan", "127.0.0.1", "--nmap", "-sT -p1", "--attempts", "1"];

    let outcome = finish(desk.command(&arguments).env("NETSCAN_NMAP_PATH", nmap));

    assert_eq!(outcome.status, Some(4), "{outcome:?}");
    let status = desk.json(&["status", "1"]);
    assert_eq!(status["scans"][0]["status"], "failed");
    assert!(status["failures"][0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
}

// UDP could be asked for, and its results were thrown away (B23).
#[test]
fn udp_ports_are_scanned_and_kept() {
    let desk = Desk::new();
    if !nix::unistd::geteuid().is_root() {
        let refused = desk.netscan(&["scan", "127.0.0.1", "-p", "9", "--udp"]);
        refused.refused(1, "UDP scan (-sU) needs raw sockets");
        return;
    }

    let document = desk.json(&["scan", "127.0.0.1", "--nmap", "-sU -p9", "--format", "json"]);

    let host = &document["hosts"][0];
    let text = host.to_string();
    assert!(text.contains("udp") || text.contains("extra_ports"), "{host}");
}

#[test]
fn a_scan_over_the_limit_is_refused_at_once_with_the_count() {
    let desk = Desk::new();

    let outcome = desk.netscan(&["scan", "10.0.0.0/8"]);

    outcome.refused(1, "the targets hold 16777216 addresses, more than the limit of 65536");
    assert!(outcome.stderr.contains("NETSCAN_ADDRESS_LIMIT"), "{outcome:?}");
    assert!(!desk.data().exists());
}
