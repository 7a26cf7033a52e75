//! Hosts to write about: a rich set for people to look at, and any that a stranger could make up.

use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use netscan_model::difference::{Change, Difference, Seen};
use netscan_model::observation::{
    ExtraPorts, ExtraReason, Hop, Host, HostDetails, HostStatus, Hostname, OsClass, OsMatch, Port,
    PortState, PortUsed, Protocol, ScanInfo, Script, ScriptNode, ScriptValue, Sequence, Service,
    Times, Trace, Uptime,
};
use netscan_model::scan::Scan;
use netscan_model::scope::Authorisation;
use netscan_report::{ChangesSince, Format, Method, ReportHead, ReportWriter, WriteOptions};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The whole report, as text.
pub(crate) fn report(
    format: Format,
    head: &ReportHead,
    hosts: &[Host],
    options: WriteOptions,
) -> String {
    String::from_utf8(bytes(format, head, hosts, options)).expect("reports are UTF-8")
}

/// The whole report.
pub(crate) fn bytes(
    format: Format,
    head: &ReportHead,
    hosts: &[Host],
    options: WriteOptions,
) -> Vec<u8> {
    let mut writer =
        ReportWriter::begin(format, head, &options, Vec::new()).expect("memory takes all");
    for host in hosts {
        writer.host(host).expect("memory takes all");
    }
    writer.finish().expect("memory takes all")
}

/// What a template is given.
pub(crate) fn material(head: &ReportHead, hosts: &[Host]) -> Vec<u8> {
    let mut writer = ReportWriter::begin_material(head, Vec::new()).expect("memory takes all");
    for host in hosts {
        writer.host(host).expect("memory takes all");
    }
    writer.finish().expect("memory takes all")
}

/// An office: one host with everything, one that timed out, one that is down, one over IPv6.
pub(crate) fn office() -> (ReportHead, Vec<Host>) {
    let unknown_ports = Host { ports: Vec::new(), ..Host::default() };
    let slow = Host {
        address: "10.0.0.7".parse().expect("an address"),
        reason: "echo-reply".to_owned(),
        reason_ttl: Some(64),
        timed_out: true,
        ..unknown_ports.clone()
    };
    let down = Host {
        address: "10.0.0.9".parse().expect("an address"),
        status: HostStatus::Down,
        reason: "no-response".to_owned(),
        ..unknown_ports.clone()
    };
    let over_ipv6 = Host {
        address: "fe80::1%eth0".parse().expect("an address"),
        reason: "nd-response".to_owned(),
        extra_ports: vec![ExtraPorts { state: PortState::Closed, count: 1, reasons: Vec::new() }],
        ..unknown_ports
    };
    (head(), vec![server(), slow, down, over_ipv6])
}

fn head() -> ReportHead {
    let counts = [
        (CoverageState::Up, 2),
        (CoverageState::Down, 240),
        (CoverageState::TimedOut, 1),
        (CoverageState::Unresolved, 1),
        (CoverageState::Failed, 4),
    ];
    let gap = |addresses: &str, state, reason: &str| CoverageRange {
        addresses: addresses.parse().expect("a range"),
        state,
        reason: reason.to_owned(),
    };
    ReportHead {
        scan: scan("office", "partial"),
        coverage: Coverage::of(counts),
        gaps: vec![
            gap("10.0.0.7", CoverageState::TimedOut, "host timeout of 30 s"),
            gap("10.0.0.12-10.0.0.15", CoverageState::Failed, "nmap crashed 3 times"),
        ],
        unresolved: vec![("nosuch.example".to_owned(), "no such name".to_owned())],
        method: Method {
            program_version: Some("7.93".to_owned()),
            arguments: "nmap -sS -sV --top-ports 1000 10.0.0.0/24".to_owned(),
            scan_infos: vec![ScanInfo {
                kind: "syn".to_owned(),
                protocol: Some(Protocol::Tcp),
                service_count: 1000,
                services: "1-1000".to_owned(),
                scan_flags: None,
            }],
            started_at: Some("2026-11-21T08:08:36Z".parse().expect("a time")),
            ended_at: Some("2026-11-21T08:10:06.25Z".parse().expect("a time")),
        },
        authorisation: Some(Authorisation {
            authorised_by: "Ines Roth, IT".to_owned(),
            ticket: Some("SEC-231".to_owned()),
            valid_from: None,
            valid_until: Some("2027-05-01T00:00:00Z".parse().expect("a time")),
        }),
        filter: None,
        changes: Some(changes("office")),
    }
}

/// What changed since last month, where something of this name was.
fn changes(name: &str) -> ChangesSince {
    let mut before = scan(name, "completed");
    before.number = 11;
    before.completed_at = Some("2026-10-21T08:12:00Z".parse().expect("a time"));
    let mut changes = ChangesSince::new(&before);
    let of_server = |number| {
        server_ports().into_iter().find(|port| port.port == number).expect("the server has it")
    };
    let smtp = Port { state: PortState::Closed, ..of_server(25) };
    let was_open = Port { state: PortState::Open, ..smtp.clone() };
    let port = |change, port: &Port, was, is| Difference {
        change,
        address: "10.0.0.5".parse().expect("an address"),
        port: Some(port.port),
        protocol: Some(port.protocol),
        before: was,
        after: is,
    };
    let host = |change, address: &str, was, is| Difference {
        change,
        address: address.parse().expect("an address"),
        port: None,
        protocol: None,
        before: Seen::Address(was),
        after: Seen::Address(is),
    };
    let mut https = of_server(443);
    https.service.iter_mut().for_each(|service| service.extra_info = Some(name.to_owned()));
    changes.add(port(Change::Closed, &smtp, Seen::from(Some(&was_open)), Seen::from(Some(&smtp))));
    changes.add(port(Change::Opened, &https, Seen::Nothing, Seen::from(Some(&https))));
    changes.add(host(Change::NotScanned, "10.0.0.7", CoverageState::Up, CoverageState::TimedOut));
    changes.add(host(Change::Gone, "10.0.0.9", CoverageState::Up, CoverageState::Down));
    changes
}

fn leaf(key: &str, text: &str) -> ScriptNode {
    let key = Some(key.to_owned()).filter(|key| !key.is_empty());
    ScriptNode { key, value: ScriptValue::Text(text.to_owned()) }
}

fn table(key: &str, rows: Vec<ScriptNode>) -> ScriptNode {
    let key = Some(key.to_owned()).filter(|key| !key.is_empty());
    ScriptNode { key, value: ScriptValue::Table(rows) }
}

/// A host with weaknesses, of both kinds of scripts, and a certificate that has expired.
pub(crate) fn weak() -> Host {
    let known = |id: &str, cvss: &str| table("", vec![leaf("id", id), leaf("cvss", cvss)]);
    let cpe = "cpe:/a:openbsd:openssh:7.4";
    let vulners = Script {
        id: "vulners".to_owned(),
        output: "CVE-2023-38408 9.8\nCVE-2018-15473 5.3".to_owned(),
        data: vec![table(
            cpe,
            vec![known("CVE-2023-38408", "9.8"), known("CVE-2018-15473", "5.3")],
        )],
        truncated: false,
    };
    let poodle = Script {
        id: "ssl-poodle".to_owned(),
        output: "VULNERABLE:\nSSL POODLE information leak\n  State: VULNERABLE".to_owned(),
        data: vec![table(
            "CVE-2014-3566",
            vec![
                leaf("title", "SSL POODLE [information](http://leak) {0}"),
                leaf("state", "VULNERABLE"),
                table("ids", vec![leaf("", "CVE:CVE-2014-3566"), leaf("", "BID:70574")]),
            ],
        )],
        truncated: false,
    };
    let certificate = Script {
        id: "ssl-cert".to_owned(),
        output: "Subject: commonName=old.lan".to_owned(),
        data: vec![
            table("subject", vec![leaf("commonName", "old.lan")]),
            table("issuer", vec![leaf("commonName", "old.lan")]),
            table("pubkey", vec![leaf("type", "rsa"), leaf("bits", "1024")]),
            table(
                "validity",
                vec![
                    leaf("notBefore", "2016-01-01T00:00:00"),
                    leaf("notAfter", "2026-11-09T00:00:00"),
                ],
            ),
            leaf("sig_algo", "sha1WithRSAEncryption"),
        ],
        truncated: false,
    };
    let mut host = server();
    host.address = "10.0.0.6".parse().expect("an address");
    "old.lan".clone_into(&mut host.hostnames[0].name);
    let port = |host: &mut Host, number: u16, scripts: Vec<Script>| {
        let port = host.ports.iter_mut().find(|port| port.port == number).expect("it is there");
        port.scripts = scripts;
    };
    port(&mut host, 22, vec![vulners]);
    port(&mut host, 443, vec![poodle, certificate]);
    host
}

/// An office in which every text is `payload`.
pub(crate) fn hostile(payload: &str) -> (ReportHead, Vec<Host>) {
    let text = || payload.to_owned();
    let mut head = head();
    for field in
        [&mut head.scan.name, &mut head.scan.notes, &mut head.scan.project, &mut head.scan.owner]
    {
        *field = text();
    }
    head.scan.options = text();
    head.scan.targets = vec![text()];
    head.scan.reason = Some(text());
    head.gaps.iter_mut().for_each(|gap| gap.reason = text());
    head.unresolved = vec![(text(), text())];
    head.method.arguments = text();
    head.method.program_version = Some(text());
    head.method.scan_infos.iter_mut().for_each(|info| {
        info.kind = text();
        info.services = text();
    });
    head.filter = Some(text());
    head.changes = Some(changes(payload));
    head.authorisation = head.authorisation.map(|authorisation| Authorisation {
        authorised_by: text(),
        ticket: Some(text()),
        ..authorisation
    });
    let mut hosts = vec![server(), weak()];
    for host in &mut hosts {
        host.reason = text();
        host.details.suspect = Some(text());
        host.mac = Some(text());
        host.vendor = Some(text());
        host.hostnames.iter_mut().for_each(|name| name.name = text());
        host.os.iter_mut().for_each(|os| os.name = text());
        let scripts = host.ports.iter_mut().flat_map(|port| &mut port.scripts);
        for script in scripts.chain(&mut host.scripts) {
            script.output = text();
            spoil(&mut script.data, payload);
        }
        for port in &mut host.ports {
            port.reason = text();
            port.service = Some(Service {
                name: text(),
                product: Some(text()),
                version: Some(text()),
                extra_info: Some(text()),
                tunnel: Some(text()),
                cpe: vec![text()],
                ..Service::default()
            });
        }
    }
    (head, hosts)
}

/// Makes each text `payload`, but for those that tell that there is something to report.
fn spoil(nodes: &mut [ScriptNode], payload: &str) {
    const KEPT: [&str; 4] = ["state", "id", "cvss", "notAfter"];
    for node in nodes {
        match &mut node.value {
            ScriptValue::Table(rows) => spoil(rows, payload),
            ScriptValue::Text(_) if KEPT.contains(&node.key.as_deref().unwrap_or_default()) => {}
            ScriptValue::Text(text) => payload.clone_into(text),
        }
    }
}

/// A scan that was planned, started and ended at fixed times.
pub(crate) fn scan(name: &str, status: &str) -> Scan {
    let scan = json!({
        "id": "018f0000-0000-7000-8000-000000000001", "number": 12, "name": name, "description": "",
        "notes": "", "owner": "local", "organisation": "default",
        "organisation_id": "018f0000-0000-7000-8000-000000000002", "project": "default",
        "project_id": "018f0000-0000-7000-8000-000000000003", "series": "018f0000-0000-7000-8000-000000000001",
        "status": status, "desired": "run", "progress": 1.0, "targets": ["10.0.0.0/24"],
        "modules": [{ "id": "nmap" }], "options": "-sS -sV", "recursion_depth": 0, "template": null,
        "batch_size": 256, "concurrency": 4, "max_rate": null,
        "host_timeout_ms": 30000, "batch_timeout_ms": null, "attempts": 3, "priority": "medium",
        "max_duration_ms": null, "max_results": null, "created_at": "2026-11-21T08:08:30Z",
        "updated_at": "2026-11-21T08:10:06Z", "started_at": "2026-11-21T08:08:36Z",
        "completed_at": "2026-11-21T08:10:06Z", "reason": null,
    });
    serde_json::from_value(scan).expect("a scan")
}

fn server() -> Host {
    Host {
        address: "10.0.0.5".parse().expect("an address"),
        reason: "arp-response".to_owned(),
        reason_ttl: Some(0),
        started_at: Some("2026-11-21T08:08:37Z".parse().expect("a time")),
        ended_at: Some("2026-11-21T08:08:59Z".parse().expect("a time")),
        hostnames: vec![Hostname { name: "www.lan".to_owned(), kind: "PTR".to_owned() }],
        mac: Some("52:54:00:12:34:56".to_owned()),
        vendor: Some("QEMU virtual NIC".to_owned()),
        os: vec![OsMatch {
            name: "Linux 5.0 - 6.2".to_owned(),
            accuracy: 100,
            cpe: vec!["cpe:/o:linux:linux_kernel:5".to_owned()],
            line: Some(68_062),
            classes: vec![OsClass {
                device_type: Some("general purpose".to_owned()),
                vendor: "Linux".to_owned(),
                family: "Linux".to_owned(),
                generation: Some("5.X".to_owned()),
                accuracy: 100,
                cpe: vec!["cpe:/o:linux:linux_kernel:5".to_owned()],
            }],
        }],
        ports: server_ports(),
        extra_ports: vec![ExtraPorts {
            state: PortState::Closed,
            count: 996,
            reasons: vec![ExtraReason {
                reason: "reset".to_owned(),
                count: 996,
                protocol: Some(Protocol::Tcp),
                ports: Some("1-21,23-79".to_owned()),
            }],
        }],
        scripts: vec![Script {
            id: "clock-skew".to_owned(),
            output: "mean: 2s".to_owned(),
            ..Script::default()
        }],
        details: server_details(),
        ..Host::default()
    }
}

/// A host that answers on more ports than a real one: `open` of the 1000 that were asked.
pub(crate) fn tarpit(open: u16) -> Host {
    let port = |port| Port {
        port,
        protocol: Protocol::Tcp,
        state: PortState::Open,
        reason: "syn-ack".to_owned(),
        reason_ttl: None,
        reason_address: None,
        service: None,
        scripts: Vec::new(),
    };
    let details = HostDetails {
        suspect: Some(format!("{open} of the 1000 ports that were asked are open")),
        ..HostDetails::default()
    };
    let address = "10.0.0.66".parse().expect("an address");
    Host { ports: (1..=open).map(port).collect(), details, ..Host::at(address) }
}

/// On purpose not in order.
fn server_ports() -> Vec<Port> {
    let port = |port, protocol, state, reason: &str, service| Port {
        port,
        protocol,
        state,
        reason: reason.to_owned(),
        reason_ttl: Some(64),
        reason_address: None,
        service,
        scripts: Vec::new(),
    };
    let https = Service {
        name: "http".to_owned(),
        product: Some("nginx".to_owned()),
        version: Some("1.22/deb".to_owned()),
        tunnel: Some("ssl".to_owned()),
        method: "probed".to_owned(),
        confidence: 10,
        cpe: vec!["cpe:/a:igor_sysoev:nginx:1.22".to_owned()],
        ..Service::default()
    };
    let ssh = Service {
        name: "ssh".to_owned(),
        product: Some("OpenSSH".to_owned()),
        version: Some("9.2p1 Debian 2".to_owned()),
        extra_info: Some("protocol 2.0".to_owned()),
        method: "probed".to_owned(),
        confidence: 10,
        os_type: Some("Linux".to_owned()),
        ..Service::default()
    };
    let smtp = Service {
        name: "smtp".to_owned(),
        method: "table".to_owned(),
        confidence: 3,
        ..Service::default()
    };
    let title = Script {
        id: "http-title".to_owned(),
        output: "=HYPERLINK(\"http://evil\") | <script>alert(1)</script>\n\x1b[2J `done`"
            .to_owned(),
        data: vec![
            ScriptNode { key: Some("title".to_owned()), value: ScriptValue::Text("<b>\n".into()) },
            ScriptNode {
                key: None,
                value: ScriptValue::Table(vec![ScriptNode {
                    key: None,
                    value: ScriptValue::Text("one".to_owned()),
                }]),
            },
        ],
        truncated: false,
    };
    vec![
        port(53, Protocol::Udp, PortState::OpenFiltered, "no-response", None),
        Port {
            scripts: vec![title],
            ..port(443, Protocol::Tcp, PortState::Open, "syn-ack", Some(https))
        },
        port(22, Protocol::Tcp, PortState::Open, "syn-ack", Some(ssh)),
        port(25, Protocol::Tcp, PortState::Filtered, "no-response", Some(smtp)),
    ]
}

fn server_details() -> HostDetails {
    HostDetails {
        suspect: None,
        uptime: Some(Uptime {
            seconds: 100_000,
            last_boot: Some("Fri Nov 20 04:22:00 2026".to_owned()),
        }),
        distance: Some(1),
        trace: Some(Trace {
            protocol: Some("tcp".to_owned()),
            port: Some(443),
            hops: vec![Hop {
                ttl: 1,
                address: Some("10.0.0.5".to_owned()),
                host: Some("www.lan".to_owned()),
                rtt_ms: Some("0.21".to_owned()),
            }],
        }),
        tcp_sequence: Some(Sequence {
            class: None,
            values: "459E6F7F,A216DE80".to_owned(),
            index: Some(261),
            difficulty: Some("Good luck!".to_owned()),
        }),
        ip_id_sequence: Some(Sequence {
            class: Some("All zeros".to_owned()),
            values: "0,0,0".to_owned(),
            ..Sequence::default()
        }),
        tcp_timestamp_sequence: Some(Sequence {
            class: Some("1000HZ".to_owned()),
            values: "E4F97602,2D5398FD".to_owned(),
            ..Sequence::default()
        }),
        times: Some(Times { srtt: 210, rttvar: 90, to: 100_000 }),
        os_ports_used: vec![PortUsed { state: PortState::Open, protocol: Protocol::Tcp, port: 22 }],
        os_fingerprints: vec!["OS:SCAN(V=7.93%E=4\nOS:)SEQ(SP=105)\n".to_owned()],
        smurf_responses: None,
        truncated: false,
    }
}

/// Text as a stranger would choose it.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -~]{0,6}",
        1 => any::<String>(),
        3 => prop::sample::select(&[
            "\x1b[2J", "\x1b]0;x\x07", "\u{9b}31m", "\0", "\r\n", "\n", "\t", "\u{202e}", "\u{2066}",
            "\u{2028}", "\u{feff}", "<script>alert(1)</script>", "]]>", "-->", "&amp;", "|", "`",
            "=1+1", "＝1", "\"", "'", ",", "/", "\u{ffff}", "é", "日", "👩", "\u{e0041}",
        ][..]).prop_map(str::to_owned),
    ];
    vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn maybe_text() -> impl Strategy<Value = Option<String>> {
    option::of(any_text())
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

prop_compose! {
    fn any_service()(
        name in any_text(), texts in [maybe_text(), maybe_text(), maybe_text(), maybe_text()],
        more in [maybe_text(), maybe_text(), maybe_text(), maybe_text(), maybe_text()],
        method in any_text(), confidence in 0..=12_u8, cpe in vec(any_text(), 0..3),
        rpc in option::of(any::<(u32, u32, u32)>()),
    ) -> Service {
        let [product, version, extra_info, tunnel] = texts;
        let [hostname, os_type, device_type, fingerprint, protocol] = more;
        Service {
            name, product, version, extra_info, tunnel, method, confidence, cpe,
            hostname, os_type, device_type, fingerprint, protocol,
            rpc_number: rpc.map(|rpc| rpc.0),
            rpc_low_version: rpc.map(|rpc| rpc.1),
            rpc_high_version: rpc.map(|rpc| rpc.2),
        }
    }
}

fn any_nodes() -> impl Strategy<Value = Vec<ScriptNode>> {
    let text = (maybe_text(), any_text())
        .prop_map(|(key, text)| ScriptNode { key, value: ScriptValue::Text(text) });
    let node = text.prop_recursive(3, 8, 3, |inner| {
        (maybe_text(), vec(inner, 0..3))
            .prop_map(|(key, rows)| ScriptNode { key, value: ScriptValue::Table(rows) })
    });
    vec(node, 0..3)
}

prop_compose! {
    fn any_script()(
        id in any_text(), output in any_text(), data in any_nodes(), truncated in any::<bool>(),
    ) -> Script {
        Script { id, output, data, truncated }
    }
}

prop_compose! {
    fn any_port()(
        port in any::<u16>(), protocol in any_of(Protocol::ALL), state in any_of(PortState::ALL),
        reason in any_text(), reason_ttl in any::<Option<u32>>(), reason_address in maybe_text(),
        service in option::of(any_service()), scripts in vec(any_script(), 0..2),
    ) -> Port {
        Port { port, protocol, state, reason, reason_ttl, reason_address, service, scripts }
    }
}

prop_compose! {
    fn any_extra_ports()(
        state in any_of(PortState::ALL), count in any::<u32>(), reason in any_text(),
        protocol in option::of(any_of(Protocol::ALL)), ports in maybe_text(),
    ) -> ExtraPorts {
        ExtraPorts { state, count, reasons: vec![ExtraReason { reason, count, protocol, ports }] }
    }
}

prop_compose! {
    fn any_os()(
        texts in [any_text(), any_text(), any_text(), any_text()], accuracy in 0..=100_u8,
        line in any::<Option<u32>>(), has_class in any::<bool>(), kind in maybe_text(),
    ) -> OsMatch {
        let [name, vendor, family, cpe] = texts;
        let class = OsClass {
            device_type: kind.clone(), vendor, family, generation: kind, accuracy,
            cpe: vec![cpe.clone()],
        };
        let classes = if has_class { vec![class] } else { Vec::new() };
        OsMatch { name, accuracy, cpe: vec![cpe], line, classes }
    }
}

prop_compose! {
    fn any_details()(
        texts in vec(any_text(), 8), numbers in any::<(u64, u32, i64, u16)>(),
        has in any::<[bool; 8]>(), state in any_of(PortState::ALL),
    ) -> HostDetails {
        let text = |place: usize| texts[place].clone();
        let (seconds, small, time, port) = numbers;
        let sequence = Sequence {
            class: Some(text(0)), values: text(1), index: Some(small), difficulty: Some(text(2)),
        };
        let hop = Hop {
            ttl: small, address: Some(text(3)), host: Some(text(4)), rtt_ms: Some(text(5)),
        };
        HostDetails {
            suspect: has[1].then(|| text(2)),
            uptime: has[0].then(|| Uptime { seconds, last_boot: Some(text(6)) }),
            distance: has[1].then_some(small),
            trace: has[2].then(|| Trace {
                protocol: Some(text(7)), port: Some(port), hops: vec![hop],
            }),
            tcp_sequence: has[3].then(|| sequence.clone()),
            ip_id_sequence: has[4].then(|| sequence.clone()),
            tcp_timestamp_sequence: has[5].then(|| sequence.clone()),
            times: has[6].then_some(Times { srtt: time, rttvar: time, to: time }),
            os_ports_used: vec![PortUsed { state, protocol: Protocol::Tcp, port }],
            os_fingerprints: vec![text(0)],
            smurf_responses: has[7].then_some(small),
            truncated: has[7],
        }
    }
}

fn any_time() -> impl Strategy<Value = Option<jiff::Timestamp>> {
    option::of((0..4_000_000_000_i64).prop_map(|second| {
        jiff::Timestamp::from_second(second).expect("within what a timestamp holds")
    }))
}

fn any_entity() -> impl Strategy<Value = Value> {
    (any_text(), any::<i64>()).prop_map(|(text, number)| json!({ "kind": text, "at": number }))
}

prop_compose! {
    fn host_basics()(
        address in prop::sample::select(&["10.0.0.1", "::1", "fe80::1%eth0"][..]),
        status in any_of(HostStatus::ALL), reason in any_text(),
        reason_ttl in any::<Option<u32>>(), timed_out in any::<bool>(),
        times in (any_time(), any_time()),
        hostnames in vec((any_text(), any_text()), 0..3),
        mac in maybe_text(), vendor in maybe_text(),
    ) -> Host {
        let hostnames = hostnames.into_iter().map(|(name, kind)| Hostname { name, kind }).collect();
        Host {
            address: address.parse().expect("an address"),
            status, reason, reason_ttl, timed_out,
            started_at: times.0, ended_at: times.1,
            hostnames, mac, vendor,
            ..Host::default()
        }
    }
}

prop_compose! {
    /// A host of which every part is there or not, and says anything.
    pub(crate) fn any_host()(
        basics in host_basics(), os in vec(any_os(), 0..2), ports in vec(any_port(), 0..4),
        extra_ports in vec(any_extra_ports(), 0..3), scripts in vec(any_script(), 0..2),
        details in any_details(), entities in vec(any_entity(), 0..2),
    ) -> Host {
        Host { os, ports, extra_ports, scripts, details, entities, ..basics }
    }
}

prop_compose! {
    /// A head whose every text says anything.
    pub(crate) fn any_head()(texts in vec(any_text(), 9)) -> ReportHead {
        let text = |place: usize| texts[place].clone();
        let mut head = head();
        head.scan.name = text(0);
        head.scan.notes = text(1);
        head.scan.project = text(2);
        head.scan.targets = vec![text(3)];
        head.scan.reason = Some(text(4));
        head.gaps[0].reason = text(5);
        head.unresolved = vec![(text(6), text(7))];
        head.method.arguments = text(8);
        head.method.program_version = Some(text(0));
        head.changes = Some(changes(&text(1)));
        head
    }
}
