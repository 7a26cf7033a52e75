//! What becomes of a scan where raw sockets may not be opened.

use netscan_model::observation::Protocol;

use super::site::{self, Site};

/// Runs a program that can never open a raw socket, whoever it is.
const WITHOUT_RAW_SOCKETS: [&str; 3] =
    ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];

#[test]
fn without_raw_sockets_a_syn_scan_becomes_a_connect_scan_and_says_so() {
    const FALLBACK: &str = "SYN scan (-sS) needs raw sockets; connect scan (-sT) was used";
    let site = Site::up(31);
    let ordinary = site.truth().hosts.iter().find(|host| {
        host.manner == "ordinary" && host.address.is_ipv4() && !host.tcp.open.is_empty()
    });
    let ordinary = ordinary.expect("every scenario has one");
    let target = ordinary.address.to_string();
    let options = format!("-sS -T4 -p {}", site.truth().survey.tcp);

    let outcome = site.netscan_behind(&WITHOUT_RAW_SOCKETS, &["scan", &target, "--nmap", &options]);

    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert!(outcome.stderr.starts_with(FALLBACK), "{outcome:?}");
    let attempt = site.json(&["status", "latest"])["slowest"][0].take();
    assert_eq!(attempt["fallbacks"], serde_json::json!([FALLBACK]));
    assert_eq!(attempt["scan_infos"][0]["kind"], "connect");
    let of_tcp = |port| (ordinary.address, port, Protocol::Tcp);
    let true_ports = ordinary.tcp.open.iter().map(|open| of_tcp(open.port)).collect();
    assert_eq!(site::open(&site.hosts()), true_ports);
}

#[test]
fn without_raw_sockets_a_udp_scan_is_refused_with_what_to_do() {
    let site = Site::up(32);
    let arguments = ["scan", "10.77.0.0", "--nmap", "-sU -p 53"];

    let outcome = site.netscan_behind(&WITHOUT_RAW_SOCKETS, &arguments);

    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    let refused = "error: UDP scan (-sU) needs raw sockets, which netscan does not have here: run \
                   it as root or with the ambient capability CAP_NET_RAW, or leave these options \
                   out\n";
    assert!(outcome.stderr.starts_with(refused), "{outcome:?}");
    assert!(!site.path("data/netscan.db").exists());
}
