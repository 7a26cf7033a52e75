//! What nmap's own tools, and other readers of its XML, make of ours.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;

use netscan_model::observation::{Host, OsClass, Script, Service};
use netscan_modules::nmap::xml::{DocumentEnd, Limits, RunStart, XmlEvent, XmlReader};
use netscan_report::{Format, ReportHead, WriteOptions};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::programs::{DTD, run, run_python, said};
use crate::samples::{any_head, any_host, office, report};

fn xml(head: &ReportHead, hosts: &[Host]) -> String {
    report(Format::Xml, head, hosts, WriteOptions::default())
}

fn file(directory: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, text).expect("a temporary directory can be written to");
    path
}

/// What a document says: its head and its hosts, read to the end.
fn read(document: &str) -> (RunStart, Vec<Host>) {
    let mut reader = XmlReader::new(document.as_bytes(), Limits::default());
    let (mut start, mut hosts) = (RunStart::default(), Vec::new());
    loop {
        match reader.next_event() {
            XmlEvent::Start(head) => start = head,
            XmlEvent::Host(host) => hosts.push(*host),
            XmlEvent::End(end) => {
                assert_eq!(end, DocumentEnd::Complete);
                return (start, hosts);
            }
            _ => {}
        }
    }
}

/// What ndiff says of two documents, with its exit status: 0 same, 1 different, 2 error.
fn ndiff(directory: &TempDir, one: &str, other: &str) -> (Option<i32>, String) {
    let paths = [file(directory, "one.xml", one), file(directory, "other.xml", other)];
    let paths = paths.each_ref().map(|path| path.to_str().expect("a UTF-8 path"));
    let output = run("ndiff", &paths);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn ndiff_sees_no_difference_between_equal_reports() {
    let directory = tempfile::tempdir().unwrap();
    let (head, hosts) = office();

    let (status, text) = ndiff(&directory, &xml(&head, &hosts), &xml(&head, &hosts));

    assert_eq!((status, text.as_str()), (Some(0), ""));
}

#[test]
fn ndiff_sees_the_port_that_was_closed() {
    let directory = tempfile::tempdir().unwrap();
    let (head, before) = office();
    let mut after = before.clone();
    after[0].ports.retain(|port| port.port != 443);

    let (status, text) = ndiff(&directory, &xml(&head, &before), &xml(&head, &after));

    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("\n-443/tcp open  ssl/http nginx 1.22/deb\n"), "{text}");
}

#[test]
fn libnmap_reads_what_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let (head, hosts) = office();
    let path = file(&directory, "report.xml", &xml(&head, &hosts));

    let output = run_python("read_with_libnmap.py", &[path.to_str().unwrap()]);
    let read: Value = serde_json::from_str(&said(&output)).unwrap();

    assert_eq!(read["counts"], json!([3, 240, 243]));
    assert_eq!(
        read["summary"],
        "Nmap done at Sat Nov 21 08:10:06 2026; 243 IP addresses (3 hosts up) scanned in 90.25 seconds"
    );
    assert_eq!(read["version"], "7.93");
    assert_eq!(read["commandline"], head.method.arguments);
    assert_eq!(read["started"], 1_795_248_516);
    assert_eq!(read["ended"], 1_795_248_606);
    assert_eq!(
        read["hosts"][0],
        json!({
            "address": "10.0.0.5", "status": "up", "names": ["www.lan"],
            "mac": "52:54:00:12:34:56", "vendor": "QEMU virtual NIC", "os": ["Linux 5.0 - 6.2"],
            "uptime": 100_000,
            "services": [
                [22, "tcp", "open", "ssh", "",
                 "product: OpenSSH version: 9.2p1 Debian 2 extrainfo: protocol 2.0 ostype: Linux", []],
                [25, "tcp", "filtered", "smtp", "", "", []],
                [443, "tcp", "open", "http", "ssl", "product: nginx version: 1.22/deb", ["http-title"]],
                [53, "udp", "open|filtered", "", "", "", []],
            ],
            "extra_ports": read["hosts"][0]["extra_ports"],
            "scripts": ["clock-skew"],
        })
    );
    assert_eq!(read["hosts"][1]["address"], "10.0.0.7");
}

/// The host as nmap can say it: what its XML has no place for is gone, and what it must say is
/// there.
fn as_nmap_says(host: &Host) -> Host {
    let text = serde_json::to_value(host).expect("hosts are JSON");
    let mut host: Host = serde_json::from_value(without_forbidden(text)).expect("a host again");
    host.entities.clear();
    host.reason_ttl.get_or_insert(0);
    host.vendor = host.vendor.filter(|_| host.mac.is_some());
    for hostname in &mut host.hostnames {
        if !["user", "PTR"].contains(&hostname.kind.as_str()) {
            hostname.kind.clear();
        }
    }
    host.ports.sort_by_key(|port| (port.protocol, port.port));
    for port in &mut host.ports {
        port.reason_ttl.get_or_insert(0);
        port.service = port.service.take().map(as_nmap_says_service);
    }
    let of_ports = host.ports.iter_mut().flat_map(|port| &mut port.scripts);
    of_ports.chain(&mut host.scripts).for_each(|script| script.truncated = false);
    for os in &mut host.os {
        os.line.get_or_insert(0);
        if os.classes.is_empty() && !os.cpe.is_empty() {
            let (accuracy, cpe) = (os.accuracy, os.cpe.clone());
            os.classes.push(OsClass { accuracy, cpe, ..OsClass::default() });
        }
    }
    let details = &mut host.details;
    details.truncated = false;
    // nmap suspects nobody: a script says it.
    let (id, doubt) = ("netscan-suspect".to_owned(), details.suspect.take());
    host.scripts.extend(doubt.map(|output| Script { id, output, ..Script::default() }));
    if let Some(sequence) = &mut details.tcp_sequence {
        sequence.class = None;
        sequence.index.get_or_insert(0);
        sequence.difficulty.get_or_insert_default();
    }
    let others = [&mut details.ip_id_sequence, &mut details.tcp_timestamp_sequence];
    for sequence in others.into_iter().flatten() {
        sequence.class.get_or_insert_default();
        (sequence.index, sequence.difficulty) = (None, None);
    }
    host
}

fn as_nmap_says_service(service: Service) -> Service {
    Service {
        method: if service.method == "probed" { "probed" } else { "table" }.to_owned(),
        confidence: service.confidence.min(10),
        tunnel: service.tunnel.filter(|tunnel| tunnel == "ssl"),
        protocol: service.protocol.filter(|protocol| protocol == "rpc"),
        ..service
    }
}

/// The value with texts that XML 1.0 can hold.
fn without_forbidden(value: Value) -> Value {
    let is_legal = |character: &char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    match value {
        Value::String(text) => Value::String(text.chars().filter(is_legal).collect()),
        Value::Array(items) => items.into_iter().map(without_forbidden).collect(),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| (name, without_forbidden(value))).collect(),
        ),
        other => other,
    }
}

#[test]
fn the_office_reads_back_the_same() {
    let (head, hosts) = office();
    let hosts: Vec<_> = hosts.iter().map(as_nmap_says).collect();

    let (start, read) = read(&xml(&head, &hosts));

    assert_eq!(start.arguments, head.method.arguments);
    assert_eq!(start.started_at, head.method.started_at);
    assert_eq!(read, hosts);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_report_is_valid_by_the_dtd(head in any_head(), hosts in vec(any_host(), 0..12)) {
        let directory = tempfile::tempdir().unwrap();
        let path = file(&directory, "report.xml", &xml(&head, &hosts));

        said(&run_python("validate.py", &[DTD, path.to_str().unwrap()]));
    }
}

proptest! {
    #[test]
    fn every_host_reads_back_the_same(hosts in vec(any_host(), 0..4)) {
        let hosts: Vec<_> = hosts.iter().map(as_nmap_says).collect();

        let (_, read) = read(&xml(&office().0, &hosts));

        prop_assert_eq!(read, hosts);
    }
}

/// A real scan of this machine, where something that says it is OpenSSH listens.
fn real_scan() -> String {
    const GREETING: &[u8] = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n";
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let ports = format!("{},1-40", listener.local_addr().expect("it is bound").port());
    std::thread::spawn(move || {
        for mut guest in listener.incoming().flatten() {
            // A guest that has left already is no concern of ours.
            let _ = guest.write_all(GREETING);
        }
    });
    let how = ["-sT", "-sV", "--script", "banner", "-T4", "-p", &ports, "-oX", "-"];
    said(&run("nmap", &[&how[..], &["127.0.0.1"]].concat()))
}

#[test]
fn a_real_scan_is_written_as_nmap_wrote_it() {
    let directory = tempfile::tempdir().unwrap();
    let real = real_scan();
    let (start, hosts) = read(&real);
    let mut head = office().0;
    head.method.arguments = start.arguments;
    head.method.started_at = start.started_at;

    let ours = xml(&head, &hosts);

    assert_eq!(hosts.len(), 1);
    assert!(real.contains("OpenSSH"), "{real}");
    assert_eq!(read(&ours).1, hosts);
    let host = |document: &str| {
        let (from, to) = (document.find("<host ").unwrap(), document.find("</host>").unwrap());
        document[from..to].to_owned()
    };
    assert_eq!(host(&ours), host(&real));
    assert_eq!(ndiff(&directory, &real, &ours), (Some(0), String::new()));
}
