//! A project's targets and scope: `ingest`, `targets`, `scope`.

use serde_json::{Value, json};

use super::desk::Desk;

#[test]
fn ingest_tells_new_duplicate_and_rejected_with_their_places() {
    let desk = Desk::new();
    let file = desk.file("t.txt", "10.0.0.1, 10.0.0.2 # two\nweb.lan\n10.0.0.1/40\n010.0.0.1\n");

    let first = desk.json(&["ingest", &file]);
    let second = desk.netscan(&["ingest", &file]);

    assert_eq!((&first["new"], &first["duplicate"]), (&json!(3), &json!(0)));
    assert_eq!(
        first["rejected"][0],
        json!({
            "line": 3, "column": 1, "text": "10.0.0.1/40", "reason": "has a mask longer than 32 bits"
        })
    );
    assert_eq!(first["rejected"][1]["line"], 4);
    assert_eq!(
        (second.status, second.stdout.as_str()),
        (Some(0), "0 targets new, 3 duplicate, 2 rejected\n")
    );
    assert!(second.stderr.contains("t.txt:3:1: \"10.0.0.1/40\""), "{second:?}");
}

#[test]
fn strict_ingest_adds_nothing_when_something_is_rejected() {
    let desk = Desk::new();
    let file = desk.file("t.txt", "10.0.0.1\n-oN=/etc/passwd\n");

    let strict = desk.netscan(&["ingest", &file, "--strict"]);

    strict.refused(1, "begins with \"-\"");
    assert_eq!(desk.json(&["targets", "list"]), json!([]));
}

#[test]
fn a_rejected_exclude_always_stops() {
    let desk = Desk::new();
    let file = desk.file("t.txt", "10.0.0.1\n!10.0.0.1/99\n");

    desk.netscan(&["ingest", &file]).refused(1, "t.txt:2:1");

    assert_eq!(desk.json(&["targets", "list"]), json!([]));
}

// Names and ranges were dropped in silence (B7).
#[test]
fn every_form_of_target_is_kept() {
    let desk = Desk::new();
    let text =
        "10.0.0.0/24 10.0.1.1-50 10.0.2-3.1,5 host-[1-20].lan https://a.example/ 2001:db8::/64";

    let counts = desk.netscan_reading(&["ingest", "-", "--json"], text).json();

    assert_eq!((&counts["new"], &counts["rejected"]), (&json!(6), &json!([])));
    let listed = desk.json(&["targets", "list"]);
    let mut kinds: Vec<_> =
        listed.as_array().unwrap().iter().map(|target| target["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["cidr", "cidr", "hostname", "octets", "range", "url"]);
}

#[test]
fn targets_are_tagged_listed_by_tag_and_removed() {
    let desk = Desk::new();
    desk.netscan_reading(&["ingest", "-"], "10.0.0.1 10.0.0.2");

    let tagged = desk.json(&["targets", "tag", "10.0.0.1/32", "web", "dmz"]);
    let of_tag = desk.json(&["targets", "list", "--tag", "dmz"]);
    let removed = desk.netscan(&["targets", "remove", "10.0.0.1"]);
    let again = desk.netscan(&["targets", "remove", "10.0.0.1"]);

    assert_eq!(tagged["tags"], json!(["web", "dmz"]));
    assert_eq!(of_tag.as_array().map(Vec::len), Some(1));
    assert_eq!(removed.stdout, "Removed 10.0.0.1\n");
    again.refused(1, "there is no target 10.0.0.1 in project default");
}

#[test]
fn projects_do_not_see_each_others_targets_and_scans() {
    let desk = Desk::new();
    desk.netscan_reading(&["ingest", "-", "--project", "lab"], "10.0.0.1");
    desk.netscan(&["--project", "lab", "scan", "127.0.0.1", "--nmap", "-sT -p1"]);

    assert_eq!(desk.json(&["targets", "list"]), json!([]));
    desk.netscan(&["results", "1"]).refused(1, "there is no scan 1 in project default");
    assert_eq!(desk.json(&["status", "--project", "lab"])["scans"][0]["project"], "lab");
}

#[test]
fn nothing_outside_the_scope_is_scanned() {
    let desk = Desk::new();
    desk.netscan(&["scope", "allow", "127.0.0.0/30"]);
    let denied = desk.json(&["scope", "deny", "127.0.0.2", "--note", "fragile"]);

    desk.json(&["scan", "127.0.0.0/29", "--nmap", "-sT -p1"]);
    let outside = desk.netscan(&["scan", "127.0.0.9", "--nmap", "-sT -p1"]);

    assert_eq!(
        denied["rules"][1],
        json!({"effect": "deny", "subject": "127.0.0.2", "note": "fragile"})
    );
    let coverage = desk.json(&["coverage", "1"])["coverage"].clone();
    let counts = ["planned", "up", "excluded", "out_of_scope"].map(|key| coverage[key].clone());
    assert_eq!(counts, [8, 3, 1, 4].map(Value::from));
    outside.refused(1, "the scope of project default does not allow any of the 1 addresses");
    assert!(outside.stderr.contains("hint: `netscan scope show`"), "{outside:?}");
}

#[test]
fn rules_are_taken_away_again() {
    let desk = Desk::new();
    desk.netscan(&["scope", "allow", "10.0.0.0/8", "*.example.com"]);

    let left = desk.json(&["scope", "remove", "10.0.0.0/8"]);
    let missing = desk.netscan(&["scope", "remove", "10.0.0.0/8"]);

    assert_eq!(left["rules"].as_array().map(Vec::len), Some(1));
    missing.refused(1, "there is no rule about 10.0.0.0/8");
}
