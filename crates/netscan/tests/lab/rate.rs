//! The packets of a scan, counted as they leave.

use std::fs;

use serde_json::Value;

use super::site::{NETWORK, Site};

/// Packets per second.
const MOST: u64 = 400;

#[test]
fn no_second_has_more_packets_than_a_scan_may_send() {
    let site = Site::up(7);
    let report = site.path("packets.json");
    let meter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../lab/meter.py");
    let meter = ["python3", meter, "eth0", report.to_str().unwrap()];
    let most = MOST.to_string();
    // Four batches at a time, which ask a link of dead addresses, ports, and services.
    let how = ["--profile", "default", "-p", "1-16", "--batch-size", "16", "--concurrency", "4"];

    let scan = [&["scan", "-q", NETWORK], &how[..], &["--max-rate", &most]].concat();
    let scanned = site.netscan_behind(&meter, &scan);

    assert_eq!(scanned.status, Some(0), "{scanned:?}");
    let counted: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    let (packets, busiest) = (&counted["packets"], &counted["most_in_a_second"]);
    assert!(packets.as_u64() > Some(3 * MOST), "{counted}");
    assert!(busiest.as_u64() <= Some(MOST * 105 / 100), "{counted}");
}
