//! What can be read of a scan: `status`, `results`, `coverage`, `difficult`, `artifacts`.

use serde_json::json;

use super::desk::{Desk, listener, names_in};

fn scanned(port: u16) -> Desk {
    let desk = Desk::new();
    let nmap = format!("-sT -p{port},1");
    let outcome =
        desk.netscan(&["scan", "127.0.0.1", "--nmap", &nmap, "--name", "first, \"light\""]);
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    desk
}

#[test]
fn status_tells_scans_batches_and_what_waits_as_json_and_csv() {
    let desk = scanned(9);

    let outcome =
        desk.netscan(&["status", "1", "--json-out", "s.json", "--csv-out", "s.csv", "--json"]);

    let body = outcome.json();
    let keys: Vec<_> = body.as_object().unwrap().keys().collect();
    let expected = [
        "batches",
        "batches_total",
        "counts",
        "failures",
        "failures_total",
        "scans",
        "slowest",
        "waiting",
    ];
    assert_eq!(&keys[..], expected);
    assert_eq!((&body["batches_total"], &body["counts"][0]["succeeded"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&body["batches"][0]["status"], &body["waiting"]),
        (&json!("succeeded"), &json!([]))
    );
    let file = std::fs::read_to_string(desk.path("s.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&file).unwrap()["scans"], body["scans"]);
    let csv = std::fs::read_to_string(desk.path("s.csv")).unwrap();
    assert!(csv.contains("\"first, \"\"light\"\"\",default,completed,1.000,"), "{csv}");
}

#[test]
fn status_shows_some_of_many_batches_and_counts_them_all() {
    let desk = Desk::new();
    desk.netscan_reading(&["ingest", "-"], "10.0.0.0/20");
    desk.netscan(&["plan", "--batch-size", "1"]);

    let text = desk.netscan(&["status", "1"]).stdout;
    let all = desk.json(&["status"]);
    let named = desk.json(&["status", "1"]);

    assert!(text.contains("Waiting  Leased"), "{text}");
    assert!(text.lines().any(|line| line.trim_start().starts_with("1    4,096")), "{text}");
    assert!(text.lines().count() < 20, "{text}");
    let counts = |body: &serde_json::Value| {
        (body["batches"].as_array().map(Vec::len), body["batches_total"].clone())
    };
    assert_eq!(counts(&all), (Some(1_000), json!(4_096)));
    assert_eq!(counts(&named), (Some(4_096), json!(4_096)));
}

#[test]
fn status_of_nothing_says_what_to_do_first() {
    let outcome = Desk::new().netscan(&["status"]);

    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("netscan scan TARGET"), "{outcome:?}");
}

// Pending work was reported as failed (B21).
#[test]
fn a_plan_that_waits_has_not_failed() {
    let desk = Desk::new();
    desk.netscan_reading(&["ingest", "-"], "127.0.0.1");
    desk.netscan(&["plan"]);

    let body = desk.json(&["status"]);

    assert_eq!((&body["failures"], &body["scans"][0]["status"]), (&json!([]), &json!("created")));
    assert_eq!(
        body["waiting"][0]["reason"],
        "it has not been started: start it with `netscan run 1`"
    );
}

#[test]
fn results_come_in_every_format_by_number_id_prefix_and_latest() {
    let (_service, port) = listener();
    let desk = scanned(port);
    let id = desk.scan("1")["id"].as_str().unwrap().to_owned();

    for (format, beginning) in [
        ("table", "127.0.0.1"),
        ("json", "{"),
        ("jsonl", "{"),
        ("csv", "address"),
        ("md", "# "),
        ("html", "<!"),
        ("txt", ""),
        ("xml", "<?xml"),
        ("gnmap", "# Nmap"),
    ] {
        for reference in ["1", &id, &id[..13], "latest"] {
            let outcome = desk.netscan(&["results", reference, "--format", format]);
            assert_eq!(outcome.status, Some(0), "{format}: {outcome:?}");
            let text = outcome.stdout.to_lowercase();
            assert!(text.starts_with(&beginning.to_lowercase()), "{format}: {outcome:?}");
            assert!(text.contains(&port.to_string()), "{format}: {outcome:?}");
        }
    }
}

#[test]
fn results_in_json_are_the_contract() {
    let (_service, port) = listener();
    let desk = scanned(port);

    let body = desk.json(&["results", "1"]);

    let host = &body["hosts"][0];
    assert_eq!((&host["address"], &host["status"]), (&json!("127.0.0.1"), &json!("up")));
    let open =
        host["ports"].as_array().unwrap().iter().find(|found| found["port"] == port).unwrap();
    assert_eq!((&open["protocol"], &open["state"]), (&json!("tcp"), &json!("open")));
    assert_eq!(
        body["coverage"],
        json!({
            "planned": 1, "up": 1, "down": 0, "timed_out": 0, "unresolved": 0, "excluded": 0,
            "out_of_scope": 0, "failed": 0, "cancelled": 0, "pending": 0
        })
    );
}

#[test]
fn a_file_of_results_is_told_its_format_by_its_name_and_written_whole() {
    let desk = scanned(9);

    let outcome = desk.netscan(&["results", "1", "-o", "found.xml"]);

    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), ""));
    let xml = std::fs::read_to_string(desk.path("found.xml")).unwrap();
    assert!(xml.trim_end().ends_with("</nmaprun>"), "{xml}");
    assert_eq!(names_in(desk.directory()), ["data", "found.xml"]);
}

#[test]
fn coverage_accounts_for_every_address() {
    let desk = Desk::new();
    let scan =
        ["scan", "127.0.0.1-4", "nosuch.invalid", "--exclude", "127.0.0.4", "--nmap", "-sT -p1"];
    desk.netscan(&scan);

    let body = desk.json(&["coverage", "1"]);
    let text = desk.netscan(&["coverage", "1"]).stdout;

    assert_eq!(body["coverage"]["planned"], 5);
    assert_eq!(body["unresolved"][0]["name"], "nosuch.invalid");
    assert!(
        body["ranges"].as_array().unwrap().contains(&json!({
            "addresses": "127.0.0.4", "state": "excluded", "reason": "excluded"
        })),
        "{body}"
    );
    assert!(text.starts_with("5 addresses planned: 3 up"), "{text}");
    assert!(text.contains("nosuch.invalid"), "{text}");
}

#[test]
fn nothing_difficult_is_an_empty_list() {
    let desk = scanned(9);

    assert_eq!(desk.json(&["difficult"]), json!([]));
    assert_eq!(desk.netscan(&["difficult", "1"]).stderr, "No address resists\n");
}

#[test]
fn artifacts_are_nmaps_own_files() {
    let desk = scanned(9);

    let written = desk.json(&["artifacts", "1", "1", "-o", "raw"]);

    let directory = desk.path("raw/batch-1/attempt-1");
    let names = names_in(&directory);
    assert_eq!(
        names,
        ["argv.json", "nmap.gnmap", "nmap.txt", "nmap.xml", "stderr.log", "stdout.log"]
    );
    assert_eq!(written.as_array().map(Vec::len), Some(6));
    let xml = std::fs::read_to_string(directory.join("nmap.xml")).unwrap();
    assert!(xml.contains("<nmaprun") && xml.trim_end().ends_with("</nmaprun>"), "{xml}");
    let argv = std::fs::read_to_string(directory.join("argv.json")).unwrap();
    assert!(argv.contains("nmap"), "{argv}");
}
