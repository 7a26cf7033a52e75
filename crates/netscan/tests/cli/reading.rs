//! What can be read of scans: `status`, `results`, `report`, `coverage`, `difficult`, `artifacts`, `diff`,
//! `history`.

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
fn a_workbook_and_findings_are_written_to_the_file_that_is_named() {
    let desk = scanned(9);

    for name in ["found.xlsx", "found.sarif"] {
        let outcome = desk.netscan(&["results", "1", "-o", name]);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), ""), "{outcome:?}");
    }

    let workbook = std::fs::read(desk.path("found.xlsx")).unwrap();
    assert!(workbook.starts_with(b"PK"));
    let sarif = std::fs::read(desk.path("found.sarif")).unwrap();
    let sarif: serde_json::Value = serde_json::from_slice(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(names_in(desk.directory()), ["data", "found.sarif", "found.xlsx"]);
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

/// Two scans of two addresses, of which one has got a port open meanwhile.
fn scanned_twice() -> (Desk, std::net::TcpListener, u16) {
    let (service, port) = listener();
    drop(service);
    let desk = Desk::new();
    let nmap = format!("-sT -p{port},1");
    let scan = ["scan", "127.0.0.1-2", "--nmap", &nmap];
    assert_eq!(desk.netscan(&scan).status, Some(0));
    let service = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    assert_eq!(desk.netscan(&scan).status, Some(0));
    (desk, service, port)
}

#[test]
fn a_port_that_opened_is_told_and_told_by_the_exit_status() {
    let (desk, _service, port) = scanned_twice();

    let diff = desk.netscan(&["diff", "1", "2", "--exit-code"]);

    assert_eq!(diff.status, Some(10), "{diff:?}");
    let line = diff.stdout.lines().find(|line| line.starts_with("opened")).unwrap();
    let words: Vec<_> = line.split_whitespace().take(3).collect();
    assert_eq!(words, ["opened", "127.0.0.1", &format!("{port}/tcp")], "{diff:?}");
    assert!(diff.stdout.ends_with("\nFrom scan 1 to scan 2: 1 opened\n"), "{diff:?}");
    for (arguments, status) in [
        (&["diff", "1", "2"][..], 0),
        (&["diff", "2", "2", "--exit-code"], 0),
        (&["diff", "1", "2", "--only", "closed,gone", "--exit-code"], 0),
        (&["diff", "2", "--last", "--exit-code"], 10),
        (&["diff", "latest", "--exit-code"], 10),
    ] {
        assert_eq!(desk.netscan(arguments).status, Some(status), "{arguments:?}");
    }
}

#[test]
fn a_host_that_answers_everywhere_is_left_out_of_a_diff_and_counted_unless_it_is_wanted() {
    let desk = Desk::new();
    let listen = |port| std::net::TcpListener::bind(("127.0.0.77", port)).unwrap();
    let mut services: Vec<_> = (20_001..=20_140).map(listen).collect();
    let scan = ["scan", "127.0.0.77", "--nmap", "-sT -Pn -p20001-20150"];
    let table = desk.netscan(&scan);
    services.pop();
    desk.netscan(&scan);

    let diff = desk.netscan(&["diff", "1", "2", "--exit-code"]);
    let compared = desk.netscan(&["diff", "1", "2", "--suspects", "--exit-code"]);
    let found = desk.json(&["results", "2", "--where", "suspect:*"]);

    let evidence = "140 of the 150 ports that were asked are open";
    assert!(table.stdout.contains(&format!("\nSuspect: {evidence}\n")), "{table:?}");
    assert!(table.stdout.contains("\n… and 130 more\n"), "{table:?}");
    assert_eq!(diff.status, Some(0), "{diff:?}");
    assert!(diff.stdout.contains("\n1 host is left out, because"), "{diff:?}");
    assert_eq!(compared.status, Some(10), "{compared:?}");
    assert!(compared.stdout.ends_with("\nFrom scan 1 to scan 2: 1 closed\n"), "{compared:?}");
    assert_eq!(found["hosts"].as_array().unwrap().len(), 1, "{found}");
}

#[test]
fn what_was_not_scanned_in_both_is_no_change_and_not_the_same_either() {
    let (desk, _service, _) = scanned_twice();
    desk.netscan(&["scan", "127.0.0.1", "--nmap", "-sT -p1"]);

    let diff = desk.netscan(&["diff", "2", "3", "--exit-code"]);
    let only = ["diff", "2", "3", "--only", "closed,opened,gone,new", "--exit-code"];

    assert_eq!(diff.status, Some(3), "{diff:?}");
    assert!(diff.stdout.contains("nothing differs where both looked, 2 not scanned"), "{diff:?}");
    assert_eq!(desk.netscan(&only).status, Some(0));
}

#[test]
fn changes_come_in_every_format_and_in_a_file() {
    let (desk, _service, port) = scanned_twice();

    let body = desk.json(&["diff", "1", "2"]);
    let page = desk.netscan(&["diff", "1", "2", "-o", "changes.html"]);

    assert_eq!((&body["from"], &body["to"]), (&json!(1), &json!(2)));
    assert_eq!(body["summary"]["opened"], 1);
    let change = &body["changes"][0];
    assert_eq!((&change["change"], &change["port"]), (&json!("opened"), &json!(port)));
    assert_eq!(change["after"]["state"], "open");
    for (format, beginning) in
        [("text", "From: Scan 1"), ("json", "{"), ("jsonl", "{"), ("md", "# "), ("html", "<!")]
    {
        let outcome = desk.netscan(&["diff", "1", "2", "--format", format]);
        assert!(outcome.stdout.starts_with(beginning), "{outcome:?}");
        assert!(outcome.stdout.contains(&port.to_string()), "{outcome:?}");
    }
    assert_eq!((page.status, page.stdout.as_str()), (Some(0), ""), "{page:?}");
    assert!(std::fs::read_to_string(desk.path("changes.html")).unwrap().starts_with("<!"));
}

#[test]
fn scans_are_compared_by_the_times_they_were_completed_at() {
    let (desk, _service, _) = scanned_twice();
    let first = desk.scan("1")["completed_at"].as_str().unwrap().to_owned();

    let body = desk.json(&["diff", "--from", &first]);

    assert_eq!((&body["from"], &body["to"]), (&json!(1), &json!(2)));
    let none = desk.netscan(&["diff", "--from", "2001-01-01", "--to", "2001-01-02"]);
    none.refused(1, "no scan of the project was completed by 2001-01-01 00:00 UTC");
    desk.netscan(&["diff", "1", "--last"])
        .refused(1, "no scan before scan 1 had the same addresses");
    desk.netscan(&["diff"]).refused(2, "required");
}

#[test]
fn a_report_is_written_in_every_form_and_tells_what_changed() {
    let (desk, _service, port) = scanned_twice();

    let written: Vec<_> = ["r.html", "r.md", "r.pdf", "r.json"]
        .map(|name| desk.netscan(&["report", "2", "-o", name]))
        .into_iter()
        .chain([desk.netscan(&["report", "2", "--format", "pdf", "-o", "other"])])
        .collect();
    let page = desk.netscan(&["report", "2"]).stdout;
    let material = desk.json(&["report", "2"]);

    for outcome in written {
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), ""), "{outcome:?}");
    }
    let read = |name: &str| std::fs::read(desk.path(name)).unwrap();
    assert!(read("r.html") == page.as_bytes() && page.starts_with("<!DOCTYPE html>"));
    assert!(read("r.pdf").starts_with(b"%PDF-") && read("other").starts_with(b"%PDF-"));
    let markdown = String::from_utf8(read("r.md")).unwrap();
    let row = format!("| opened | 127.0.0.1 | {port}/tcp |");
    assert!(markdown.contains(&row) && page.contains("1 opened."), "{markdown}");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&read("r.json")).unwrap(), material);
    assert_eq!(
        (&material["changes"]["since"], &material["scan"]["number"]),
        (&json!(1), &json!(2))
    );
}

#[test]
fn a_report_by_a_template_of_ones_own_is_what_the_template_says() {
    let (desk, _service, port) = scanned_twice();
    desk.file(
        "mine.html",
        "{% for host in hosts %}{{ host.address }} {{ host.open_ports|join(' ') }}<br>\n{% endfor %}",
    );
    desk.file("wrong.txt", "first\n{{ scan.nothing }}\n");

    let mine = desk.netscan(&["report", "2", "--template", "mine.html"]);
    let in_file = desk.netscan(&["report", "2", "--template", "mine.html", "-o", "out.html"]);

    assert_eq!(mine.stdout, format!("127.0.0.1 {port}&#x2f;tcp<br>\n127.0.0.2 <br>\n"));
    assert_eq!(in_file.status, Some(0), "{in_file:?}");
    assert_eq!(std::fs::read_to_string(desk.path("out.html")).unwrap(), mine.stdout);
    let report = |template: &str, file: &str| {
        desk.netscan(&["report", "2", "--template", template, "-o", file])
    };
    report("wrong.txt", "out.html")
        .refused(1, "wrong.txt, line 2: undefined value: `scan.nothing` is undefined");
    report("none.txt", "out.html").refused(1, "cannot read the template none.txt");
    report("mine.html", "out.pdf").refused(2, "a template cannot make a PDF");
    desk.file("large.html", &" ".repeat(4 * 1024 * 1024 + 1));
    report("large.html", "out.html").refused(1, "large.html is no template: it has more than");
    assert_eq!(std::fs::read_to_string(desk.path("out.html")).unwrap(), mine.stdout);
}

#[test]
fn without_chromium_a_report_is_not_printed_and_the_rest_goes_on() {
    let desk = scanned(9);
    let without = |arguments: &[&str]| {
        super::desk::finish(
            desk.command(arguments).env("NETSCAN_CHROMIUM_PATH", "/nowhere/chromium"),
        )
    };

    let printed = without(&["report", "1", "--format", "pdf", "-o", "r.pdf"]);

    printed.refused(1, "there is no Chromium at /nowhere/chromium: set chromium_path right");
    assert!(!desk.path("r.pdf").exists());
    assert_eq!(without(&["report", "1", "-o", "r.html"]).status, Some(0));
    let doctor = without(&["doctor"]);
    assert_eq!(doctor.status, Some(0), "{doctor:?}");
    let line = doctor.stdout.lines().find(|line| line.starts_with("chromium")).unwrap();
    assert!(line.contains("warning") && line.contains("/nowhere/chromium"), "{line}");
}

#[test]
fn history_says_when_an_address_and_its_ports_were_seen_first_and_last() {
    let (desk, _service, port) = scanned_twice();
    let time =
        |value: &serde_json::Value| -> jiff::Timestamp { value.as_str().unwrap().parse().unwrap() };
    let end_of_first = time(&desk.scan("1")["completed_at"]);

    let record = desk.json(&["history", "127.0.0.1", "--summary"]);
    let text = desk.netscan(&["history", "127.0.0.1"]).stdout;

    assert_eq!((&record["scans"], &record["scans_up"]), (&json!(2), &json!(2)));
    assert!(time(&record["first_seen"]) <= end_of_first, "{record}");
    assert!(time(&record["last_seen"]) > end_of_first, "{record}");
    let open = &record["ports"][0];
    assert_eq!((&open["port"], &open["scans"]), (&json!(format!("{port}/tcp")), &json!(1)));
    assert!(time(&open["first_open"]) > end_of_first, "{record}");
    assert!(text.starts_with("127.0.0.1 was up in 2 of 2 scans that reached it: first "), "{text}");
    assert_eq!(desk.json(&["history", "127.0.0.1"]).as_array().map(Vec::len), Some(2));
}

#[test]
fn results_are_of_the_hosts_that_a_query_means() {
    let (_listener, port) = listener();
    let desk = Desk::new();
    desk.netscan(&["scan", "127.0.0.1-2", "--nmap", &format!("-sT -p{port}")]);
    let open = format!("port:{port} 127.0.0.0/8");

    let found = desk.json(&["results", "1", "--where", &open]);
    let nothing =
        desk.netscan(&["results", "1", "--where", &format!("-({open})"), "--format", "jsonl"]);
    let table = desk.netscan(&["results", "1", "--where", &open]).stdout;

    let addresses: Vec<_> =
        found["hosts"].as_array().unwrap().iter().map(|it| &it["address"]).collect();
    assert_eq!(addresses, ["127.0.0.1"]);
    assert_eq!(found["where"], json!(format!("port:{port} net:127.0.0.0/8")));
    assert_eq!(nothing.stdout.lines().count(), 1, "{nothing:?}");
    assert!(
        table.contains(&format!("\nOnly hosts that match: port:{port} net:127.0.0.0/8\n")),
        "{table}"
    );
}

#[test]
fn a_query_that_cannot_be_read_is_shown_with_the_place_of_the_mistake() {
    let outcome = Desk::new().netscan(&["results", "1", "--where", "port:443 prot:tcp"]);

    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert!(
        lines[0].ends_with(
            "column 10: there is no field \"prot\": did you mean protocol? Text goes in quotes"
        ),
        "{outcome:?}"
    );
    assert_eq!(lines[1..4], ["", "  port:443 prot:tcp", "           ^^^^"], "{outcome:?}");
}
