//! A scan finds what is there and what plain nmap finds, however it is cut and however many batches
//! run at a time.

use std::collections::BTreeSet;

use netscan_model::address::{Address, AddressSet};
use netscan_model::coverage::CoverageState;
use netscan_model::observation::Protocol;

use super::site::{self, NETWORK, NETWORK_6, Site};

/// Scans `targets` once for each of `cuts`, (batch size, concurrency), and compares each with the truth
/// and with plain nmap.
fn compare_tcp(seed: u64, technique: &str, targets: &[&str], cuts: &[(u32, u32)]) {
    let site = Site::up(seed);
    let options = format!("{technique} -T4 -p {}", site.truth().survey.tcp);
    let true_ports = site.open_tcp(targets);
    assert!(!true_ports.is_empty());
    let plain = plain_nmap(&site, &options, targets);
    assert_eq!(plain.1, true_ports, "plain nmap and the truth");

    for cut in cuts {
        site.scan(targets, &options, *cut);

        let hosts = site.hosts();
        assert_eq!(site::open(&hosts), true_ports, "open ports, {cut:?}");
        assert_eq!(site::up(&hosts), plain.0, "hosts that are up, {cut:?}");
        check_coverage(&site, targets, &site.living(targets));
    }
}

/// What plain nmap calls up and open. It takes one family at a time.
fn plain_nmap(
    site: &Site,
    options: &str,
    targets: &[&str],
) -> (AddressSet, BTreeSet<site::OpenPort>) {
    let (ipv6, ipv4): (Vec<_>, Vec<_>) = targets.iter().partition(|text| text.contains(':'));
    let mut hosts = Vec::new();
    for (family, targets) in [("", ipv4), ("-6 ", ipv6)] {
        if !targets.is_empty() {
            hosts.extend(site::read(&site.nmap(&format!("{family}{options}"), &targets)));
        }
    }
    (site::up(&hosts), site::open(&hosts))
}

/// Every address of `targets` is accounted for: up, or else down.
fn check_coverage(site: &Site, targets: &[&str], up: &AddressSet) {
    let all = site::addresses(targets);
    assert_eq!(&site.covered(CoverageState::Up), up);
    assert_eq!(site.covered(CoverageState::Down), all.subtract(up));
    let planned = site.json(&["coverage", "latest"])["coverage"]["planned"].as_u64();
    assert_eq!(planned.map(u128::from), Some(all.count()));
}

#[test]
fn a_syn_scan_finds_the_truth_however_it_is_cut() {
    compare_tcp(11, "-sS", &[NETWORK], &[(1, 8), (5, 6), (128, 1)]);
}

#[test]
fn a_connect_scan_finds_the_truth_however_it_is_cut() {
    compare_tcp(12, "-sT", &[NETWORK], &[(3, 8), (16, 3)]);
}

#[test]
fn a_scan_of_both_families_finds_the_truth_of_both() {
    compare_tcp(13, "-sS", &[NETWORK_6, "10.77.0.64/28"], &[(50, 4), (272, 2)]);
}

#[test]
fn a_udp_scan_finds_what_answers() {
    let site = Site::up(14);
    let options = format!("-sU -T4 -p {}", site.truth().survey.udp);
    let in_network = site::addresses(&[NETWORK]);
    let answering = site.truth().open_udp().into_iter();
    let answering = answering.filter(|(address, _)| in_network.contains((*address).into()));
    let true_ports: BTreeSet<_> =
        answering.map(|(address, port)| (address, port, Protocol::Udp)).collect();
    assert!(!true_ports.is_empty());

    site.scan(&[NETWORK], &options, (32, 3));

    let hosts = site.hosts();
    assert_eq!(site::open(&hosts), true_ports);
    assert_eq!((site::up(&hosts), true_ports), plain_nmap(&site, &options, &[NETWORK]));
    check_coverage(&site, &[NETWORK], &site.living(&[NETWORK]));
}

#[test]
fn behind_a_router_hosts_that_answer_no_ping_are_down() {
    let site = Site::up_with(15, &["--routed"]);
    let options = format!("-sS -PE -T4 -p {}", site.truth().survey.tcp);
    let asked = site::addresses(&[NETWORK]);
    let answering = site.truth().hosts.iter().filter(|host| host.answers_ping);
    let answering: AddressSet = answering.map(|host| Address::from(host.address)).collect();
    let answering = answering.intersect(&asked);
    assert_ne!(answering, site.living(&[NETWORK]));

    site.scan(&[NETWORK], &options, (16, 4));

    assert_eq!(site::up(&site.hosts()), answering);
    check_coverage(&site, &[NETWORK], &answering);
}

#[test]
fn behind_a_router_they_are_found_when_no_ping_is_asked_for() {
    let site = Site::up_with(16, &["--routed"]);
    let options = format!("-sS -Pn -T4 -p {}", site.truth().survey.tcp);
    let true_ports = site.open_tcp(&[NETWORK]);

    site.scan(&[NETWORK], &options, (32, 2));

    assert_eq!(site::open(&site.hosts()), true_ports);
    check_coverage(&site, &[NETWORK], &site::addresses(&[NETWORK]));
}
