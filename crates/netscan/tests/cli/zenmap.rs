//! What zenmap reads of a scan that was written as XML is what is stored of it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::desk::{Desk, finish, listener, python};
use super::importing::NMAP;

/// What zenmap's own parser reads of the scan as nmap's XML.
fn read_by_zenmap(desk: &Desk, scan: &str) -> Value {
    let written = desk.netscan(&["results", scan, "--format", "xml", "-o", "scan.xml"]);
    assert_eq!(written.status, Some(0), "{written:?}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let zenmap = root.join("../../target/zenmap/usr/lib/python3/dist-packages");
    assert!(zenmap.join("zenmapCore").exists(), "scripts/install test brings zenmap's parser");
    let mut command = Command::new(python());
    command.arg(root.join("tests/cli/read_with_zenmap.py")).arg(zenmap).arg(desk.path("scan.xml"));
    let outcome = finish(&mut command);
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    outcome.json()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A stored host in zenmap's words, which say of a service nothing as the empty text.
fn as_zenmap_says(host: &Value) -> Value {
    let said = |service: &Value, key: &str| service[key].as_str().unwrap_or_default().to_owned();
    let service = |service: &Value| {
        let keys = ["name", "product", "version", "extra_info"];
        service.is_object().then(|| keys.map(|key| said(service, key)))
    };
    let port = |port: &Value| {
        json!([port["port"], port["protocol"], port["state"], service(&port["service"])])
    };
    let pairs = |name: &str, keys: [&str; 2]| -> Vec<Value> {
        list(&host[name]).iter().map(|entry| json!(keys.map(|key| &entry[key]))).collect()
    };
    json!({
        "address": host["address"],
        "status": host["status"],
        "mac": host["mac"],
        "names": pairs("hostnames", ["name", "kind"]),
        "ports": list(&host["ports"]).iter().map(port).collect::<Vec<_>>(),
        "other_ports": pairs("extra_ports", ["state", "count"]),
        "os": pairs("os", ["name", "accuracy"]),
    })
}

/// Compares what zenmap reads of a scan with what is stored of it, and gives it.
fn compare(desk: &Desk, scan: &str) -> Value {
    let read = read_by_zenmap(desk, scan);

    let stored = desk.json(&["results", scan]);
    let hosts: Vec<_> = list(&stored["hosts"]).iter().map(as_zenmap_says).collect();
    assert!(!hosts.is_empty(), "scan {scan} found nothing");
    assert_eq!(read["hosts"], json!(hosts), "scan {scan}");
    // To nmap, a host at its time limit is up: it answered.
    let count = |state: &str| stored["coverage"][state].as_u64().unwrap();
    assert_eq!(read["hosts_up"], count("up") + count("timed_out"), "scan {scan}");
    read
}

#[test]
fn zenmap_reads_of_a_real_scan_what_is_stored() {
    let desk = Desk::new();
    let (_service, port) = listener();
    let nmap = format!("-sT -p{port},1-1000");
    let scanned = desk.netscan(&["scan", "127.0.0.1-2", "--nmap", &nmap]);
    assert_eq!(scanned.status, Some(0), "{scanned:?}");

    let read = compare(&desk, "1");

    assert_eq!(read["open_ports"], 1, "{read}");
    assert_eq!(read["hosts"][1]["other_ports"][0][0], "closed", "{read}");
}

#[test]
fn zenmap_reads_of_imported_scans_what_is_stored() {
    let desk = Desk::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../netscan-modules/tests/fixtures");
    let names = ["everything", "udp-and-scripts", "ipv6", "sctp", "timed-out"];
    let fixtures = names.map(|name| fixtures.join(name).with_extension("xml"));
    let fixtures = fixtures.each_ref().map(|path| path.to_str().expect("a UTF-8 path"));
    let small = desk.file("small.xml", NMAP);
    let imported = desk.netscan(&[&["import", &small], &fixtures[..]].concat());
    assert_eq!(imported.status, Some(0), "{imported:?}");

    let small = compare(&desk, "1");
    let everything = compare(&desk, "2");
    for scan in ["3", "4", "5", "6"] {
        compare(&desk, scan);
    }

    assert_eq!(small["hosts"][0]["names"], json!([["www.example.com", "PTR"]]));
    assert_eq!(
        small["hosts"][0]["ports"][1],
        json!([80, "tcp", "open", ["http", "nginx", "1.25", ""]])
    );
    assert_eq!(everything["hosts"][0]["os"][0], json!(["Linux 5.3 - 5.4", 96]));
}
