//! Everything that nmap writes arrives where it belongs.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use netscan_model::Host;
use netscan_model::observation::{ExtraReason, HostStatus, PortState, Protocol};
use netscan_modules::nmap::xml::{Limits, RunStats, XmlEvent, XmlReader};

fn events(document: &str) -> Vec<XmlEvent> {
    let mut reader = XmlReader::new(document.as_bytes(), Limits::default());
    let mut events = Vec::new();
    loop {
        match reader.next_event() {
            XmlEvent::End(end) => {
                assert!(end.is_complete(), "{end}");
                return events;
            }
            event => events.push(event),
        }
    }
}

fn hosts(document: &str) -> Vec<Host> {
    let host = |event| match event {
        XmlEvent::Host(host) => Some(*host),
        _ => None,
    };
    events(document).into_iter().filter_map(host).collect()
}

fn stats(document: &str) -> RunStats {
    let stats = |event| match event {
        XmlEvent::Finished(stats) => Some(stats),
        _ => None,
    };
    events(document).into_iter().find_map(stats).unwrap()
}

/// A host with every element of nmap's DTD, each attribute with a value of its own.
const ONE_OF_EACH: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="nmap -&#45;x &quot;y&quot;" start="1700000000" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" scanflags="SYN" protocol="tcp" numservices="2" services="22,80"/>
<verbose level="1"/><debugging level="0"/>
<taskbegin task="NSE" time="1700000001" extrainfo="e"/>
<taskprogress task="NSE" time="1700000002" percent="12.50" remaining="7" etc="1700000009"/>
<taskend task="NSE" time="1700000003"/>
<prescript><script id="pre" output="a"/></prescript>
<hosthint><status state="up" reason="r" reason_ttl="0"/><address addr="10.0.0.9" addrtype="ipv4"/></hosthint>
<output type="interactive">&lt;host&gt;</output>
<host starttime="1700000004" endtime="1700000005" timedout="true"><status state="up" reason="arp-response" reason_ttl="64"/>
<address addr="10.0.0.1" addrtype="ipv4"/><address addr="00:11:22:33:44:55" addrtype="mac" vendor="Maker &amp; Co"/>
<hostnames><hostname name="a.example" type="user"/><hostname name="b.example" type="PTR"/></hostnames>
<smurf responses="3"/>
<ports><extraports state="closed" count="997"><extrareasons reason="reset" count="997" proto="tcp" ports="1-21,23-79"/><extrareasons reason="net-unreach" count="1" proto="n/a"/></extraports>
<port protocol="tcp" portid="22"><state state="open|filtered" reason="no-response" reason_ttl="63" reason_ip="10.0.0.254"/><owner name="root"/>
<service name="rpcbind" product="P" version="V" extrainfo="X" tunnel="ssl" method="probed" conf="10" hostname="H" ostype="O" devicetype="D" servicefp="F" proto="rpc" rpcnum="100000" lowver="2" highver="4"><cpe>cpe:/a:x&amp;y:1</cpe><cpe>cpe:/o:z</cpe></service>
<script id="s" output="line&#xa;two"><table key="t"><elem key="k">v&lt;</elem><table><elem>deep</elem></table></table><elem>last</elem></script></port>
<port protocol="sctp" portid="80"><state state="closed" reason="abort" reason_ttl="0"/></port></ports>
<os><portused state="open" proto="tcp" portid="22"/><osmatch name="Linux 5.0" accuracy="96" line="67000"><osclass type="router" vendor="Linux" osfamily="Linux" osgen="5.X" accuracy="96"><cpe>cpe:/o:linux:linux_kernel:5</cpe></osclass></osmatch><osfingerprint fingerprint="OS:SCAN(&#xa;"/></os>
<uptime seconds="12345" lastboot="Tue"/><distance value="2"/>
<tcpsequence index="261" difficulty="Good luck!" values="A,B"/><ipidsequence class="All zeros" values="0,0"/><tcptssequence class="1000HZ" values="1,2"/>
<hostscript><script id="h" output="o"/></hostscript>
<trace port="443" proto="tcp"><hop ttl="1" ipaddr="10.0.0.254" rtt="0.12" host="gw"/><hop ttl="2" ipaddr="10.0.0.1" rtt="--"/></trace>
<times srtt="46" rttvar="-5" to="100000"/></host>
<postscript><script id="post" output="b"/></postscript>
<runstats><finished time="1700000006" timestr="T" summary="S" elapsed="1.50" exit="error" errormsg="E"/><hosts up="1" down="2" total="3"/></runstats>
</nmaprun>"#;

#[test]
fn every_element_of_a_host_arrives() {
    let json = serde_json::to_value(&hosts(ONE_OF_EACH)[0]).unwrap();

    let text = |key: &str, text: &str| serde_json::json!({ "key": key, "text": text });
    assert_eq!(
        json,
        serde_json::json!({
            "address": "10.0.0.1", "status": "up", "reason": "arp-response", "reason_ttl": 64,
            "timed_out": true,
            "started_at": "2023-11-14T22:13:24Z", "ended_at": "2023-11-14T22:13:25Z",
            "hostnames": [
                { "name": "a.example", "kind": "user" }, { "name": "b.example", "kind": "PTR" },
            ],
            "mac": "00:11:22:33:44:55", "vendor": "Maker & Co",
            "os": [{
                "name": "Linux 5.0", "accuracy": 96, "line": 67000,
                "cpe": ["cpe:/o:linux:linux_kernel:5"],
                "classes": [{
                    "device_type": "router", "vendor": "Linux", "family": "Linux",
                    "generation": "5.X", "accuracy": 96, "cpe": ["cpe:/o:linux:linux_kernel:5"],
                }],
            }],
            "ports": [
                {
                    "port": 22, "protocol": "tcp", "state": "open|filtered",
                    "reason": "no-response", "reason_ttl": 63, "reason_address": "10.0.0.254",
                    "service": {
                        "name": "rpcbind", "product": "P", "version": "V", "extra_info": "X",
                        "tunnel": "ssl", "method": "probed", "confidence": 10,
                        "cpe": ["cpe:/a:x&y:1", "cpe:/o:z"], "hostname": "H", "os_type": "O",
                        "device_type": "D", "fingerprint": "F", "protocol": "rpc",
                        "rpc_number": 100_000, "rpc_low_version": 2, "rpc_high_version": 4,
                    },
                    "scripts": [{
                        "id": "s", "output": "line\ntwo",
                        "data": [
                            { "key": "t", "table": [
                                text("k", "v<"), { "table": [{ "text": "deep" }] },
                            ] },
                            { "text": "last" },
                        ],
                    }],
                },
                {
                    "port": 80, "protocol": "sctp", "state": "closed", "reason": "abort",
                    "reason_ttl": 0, "service": null, "scripts": [],
                },
            ],
            "extra_ports": [{
                "state": "closed", "count": 997,
                "reasons": [
                    { "reason": "reset", "count": 997, "protocol": "tcp", "ports": "1-21,23-79" },
                    { "reason": "net-unreach", "count": 1 },
                ],
            }],
            "scripts": [{ "id": "h", "output": "o" }],
            "uptime": { "seconds": 12345, "last_boot": "Tue" },
            "distance": 2,
            "trace": { "protocol": "tcp", "port": 443, "hops": [
                { "ttl": 1, "address": "10.0.0.254", "host": "gw", "rtt_ms": "0.12" },
                { "ttl": 2, "address": "10.0.0.1", "rtt_ms": "--" },
            ] },
            "tcp_sequence": { "values": "A,B", "index": 261, "difficulty": "Good luck!" },
            "ip_id_sequence": { "class": "All zeros", "values": "0,0" },
            "tcp_timestamp_sequence": { "class": "1000HZ", "values": "1,2" },
            "times": { "srtt": 46, "rttvar": -5, "to": 100_000 },
            "os_ports_used": [{ "state": "open", "protocol": "tcp", "port": 22 }],
            "os_fingerprints": ["OS:SCAN(\n"],
            "smurf_responses": 3,
            "entities": [],
        })
    );
}

#[test]
fn every_event_of_a_run_arrives_in_its_order() {
    let told: Vec<String> = events(ONE_OF_EACH)
        .into_iter()
        .map(|event| match event {
            XmlEvent::Start(start) => {
                format!("{} {} {}", start.scanner, start.version, start.arguments)
            }
            XmlEvent::ScanInfo(info) => format!("{info:?}"),
            XmlEvent::TaskBegin(task) => format!("begin {} {:?}", task.task, task.extra_info),
            XmlEvent::Progress(progress) => format!("{progress:?}"),
            XmlEvent::TaskEnd(task) => format!("end {}", task.task),
            XmlEvent::Script(script) => format!("{} {}", script.is_postscript, script.script.id),
            XmlEvent::Host(host) => host.address.to_string(),
            XmlEvent::Finished(stats) => format!("{stats:?}"),
            XmlEvent::End(end) => end.to_string(),
        })
        .collect();

    assert_eq!(
        told,
        [
            "nmap 7.93 nmap --x \"y\"",
            "ScanInfo { kind: \"syn\", protocol: Some(Tcp), service_count: 2, services: \"22,80\", scan_flags: Some(\"SYN\") }",
            "begin NSE Some(\"e\")",
            "Progress { task: \"NSE\", percent: 12.5, remaining_seconds: Some(7), ends_at: Some(2023-11-14T22:13:29Z) }",
            "end NSE",
            "false pre",
            "10.0.0.1",
            "true post",
            "RunStats { exit: Some(\"error\"), error_message: Some(\"E\"), elapsed: Some(1.5s), ended_at: Some(2023-11-14T22:13:26Z), summary: Some(\"S\"), up: 1, down: 2, total: 3 }",
        ]
    );
}

#[test]
fn a_scan_with_everything_on_is_read() {
    let hosts = hosts(include_str!("fixtures/everything.xml"));

    let states: Vec<_> = hosts.iter().map(|host| (host.address.to_string(), host.status)).collect();
    assert_eq!(
        states,
        [
            ("10.203.77.3".to_owned(), HostStatus::Down),
            ("10.203.77.2".to_owned(), HostStatus::Up),
            ("10.203.77.11".to_owned(), HostStatus::Down),
            ("10.203.77.10".to_owned(), HostStatus::Up),
        ]
    );
    for host in hosts.iter().filter(|host| host.status == HostStatus::Up) {
        let tls = host.ports.iter().find(|port| port.port == 443).unwrap();
        assert_eq!(tls.service.as_ref().unwrap().tunnel.as_deref(), Some("ssl"));
        let certificate = tls.scripts.iter().find(|script| script.id == "ssl-cert").unwrap();
        assert!(!certificate.data.is_empty() && !certificate.truncated);
        assert!(host.details.trace.is_some() && host.details.times.is_some());
    }
    let total = stats(include_str!("fixtures/everything.xml"));
    assert_eq!(
        (total.exit.as_deref(), total.up, total.down, total.total),
        (Some("success"), 2, 2, 4)
    );
}

#[test]
fn a_host_that_timed_out_says_so() {
    let hosts = hosts(include_str!("fixtures/timed-out.xml"));

    assert!(!hosts.is_empty() && hosts.iter().all(|host| host.timed_out && host.ports.is_empty()));
}

#[test]
fn a_scan_of_ip_protocols_is_read() {
    let host = &hosts(include_str!("fixtures/ip-protocols.xml"))[0];

    assert!(host.ports.iter().all(|port| port.protocol == Protocol::Ip));
    assert_eq!(host.extra_ports[0].state, PortState::OpenFiltered);
    let ExtraReason { protocol, ports, .. } = &host.extra_ports[0].reasons[0];
    assert!(protocol.is_none() && ports.as_ref().unwrap().starts_with("0,2-5,"));
}

#[test]
fn scans_of_sctp_and_ipv6_and_lists_are_read() {
    let sctp = hosts(include_str!("fixtures/sctp.xml"));
    let ipv6 = hosts(include_str!("fixtures/ipv6.xml"));
    let list = hosts(include_str!("fixtures/list.xml"));

    assert!(sctp[0].ports.iter().all(|port| port.protocol == Protocol::Sctp));
    assert_eq!(ipv6[1].address.to_string(), "::1");
    assert_eq!((list.len(), list[0].status), (8, HostStatus::Unknown));
}

#[test]
fn an_error_of_nmap_arrives_with_its_line_breaks() {
    let stats = stats(include_str!("fixtures/failed.xml"));

    assert_eq!(stats.exit.as_deref(), Some("error"));
    assert!(stats.error_message.unwrap().contains("engine:\n/usr/bin/"));
}
