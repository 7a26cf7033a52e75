//! What two passes find is what is there and what plain nmap finds, by TCP and UDP, with versions, over
//! IPv4 and IPv6, and where frames get lost.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use netscan_model::address::AddressSet;
use netscan_model::coverage::CoverageState;
use netscan_model::observation::{Host, Port, PortState, Protocol};
use serde_json::{Value, json};

use super::site::{self, NETWORK, NETWORK_6, Site};

/// What answers at an open port: its name, product, version and tunnel.
type Named = (String, Option<String>, Option<String>, Option<String>);

/// The modules of the latest scan that run.
fn modules(site: &Site) -> Vec<String> {
    let scan = site.json(&["status", "latest"])["scans"][0].take();
    let modules = scan["modules"].as_array().expect("a scan has modules").iter();
    modules.map(|module| module["id"].as_str().expect("each has an id").to_owned()).collect()
}

/// Scans in two passes to the end, which must be a good one.
fn scan(site: &Site, targets: &[&str], how: &[&str]) -> Vec<Host> {
    site.said(&[&["scan", "-q"], targets, how].concat());
    assert_eq!(modules(site), ["discover", "nmap"]);
    site.hosts()
}

/// What plain nmap finds. It takes one family at a time.
fn plain(site: &Site, options: &str, targets: &[&str]) -> Vec<Host> {
    let (ipv6, ipv4): (Vec<_>, Vec<_>) = targets.iter().partition(|text| text.contains(':'));
    let mut hosts = Vec::new();
    for (family, targets) in [("", ipv4), ("-6 ", ipv6)] {
        if !targets.is_empty() {
            hosts.extend(site::read(&site.nmap(&format!("{family}{options}"), &targets)));
        }
    }
    hosts
}

/// Every address of `targets` is accounted for: up, or else down.
fn check_coverage(site: &Site, targets: &[&str], up: &AddressSet) {
    let all = site::addresses(targets);
    assert_eq!(&site.covered(CoverageState::Up), up);
    assert_eq!(site.covered(CoverageState::Down), all.subtract(up));
}

/// The same of every listed port of `hosts` that is one of `protocol`.
fn by_port<T>(
    hosts: &[Host],
    protocol: Protocol,
    of: impl Fn(&Port) -> T,
) -> BTreeMap<(IpAddr, u16), T> {
    let ports =
        hosts.iter().flat_map(|host| host.ports.iter().map(|port| (host.address.ip(), port)));
    let ports = ports.filter(|(_, port)| port.protocol == protocol);
    ports.map(|(address, port)| ((address, port.port), of(port))).collect()
}

/// What answers at each open TCP port.
fn named(hosts: &[Host]) -> BTreeMap<(IpAddr, u16), Named> {
    let named = by_port(hosts, Protocol::Tcp, |port| {
        let service = port.service.clone().filter(|_| port.state == PortState::Open)?;
        Some((service.name, service.product, service.version, service.tunnel))
    });
    named.into_iter().filter_map(|(place, named)| Some((place, named?))).collect()
}

/// Hosts whose services all say at once who they are; others cost `-sV` minutes.
fn talkative(site: &Site, is_ipv6: bool, count: usize) -> Vec<String> {
    let hosts = site.truth().hosts.iter().filter(|host| {
        host.address.is_ipv6() == is_ipv6
            && !host.tcp.open.is_empty()
            && host.tcp.open.iter().all(|open| open.service.is_some() && open.waits_ms == 0)
    });
    let found: Vec<_> = hosts.take(count).map(|host| host.address.to_string()).collect();
    assert!(!found.is_empty());
    found
}

#[test]
fn two_passes_find_the_truth_of_both_families() {
    let site = Site::up(61);
    let targets = [NETWORK, NETWORK_6];

    let hosts = scan(&site, &targets, &["--profile", "quick", "-p", &site.truth().survey.tcp]);

    assert_eq!(site::open(&hosts), site.open_tcp(&targets));
    check_coverage(&site, &targets, &site.living(&targets));
}

#[test]
fn two_passes_name_services_as_plain_nmap_does() {
    let site = Site::up(62);
    let ports = site.truth().survey.tcp.clone();
    let targets = [talkative(&site, false, 8), talkative(&site, true, 2)].concat();
    let targets: Vec<_> = targets.iter().map(String::as_str).collect();

    let hosts = scan(&site, &targets, &["--profile", "default", "-p", &ports]);

    assert_eq!(site::open(&hosts), site.open_tcp(&targets));
    // nmaps that look side by side leave each other alone.
    let batches = site.json(&["status", "latest"])["batches"].take();
    let attempts = batches.as_array().unwrap().iter().map(|batch| batch["attempts"].clone());
    assert!(attempts.into_iter().all(|attempts| attempts == 1), "{batches}");
    let true_versions: BTreeSet<_> = site
        .truth()
        .hosts
        .iter()
        .flat_map(|host| {
            let versions = host.tcp.open.iter().filter_map(|open| open.version.clone());
            versions.map(|version| (host.address, version))
        })
        .filter(|(address, _)| targets.contains(&address.to_string().as_str()))
        .collect();
    let told = named(&hosts);
    let versions =
        told.iter().filter_map(|((address, _), named)| Some((*address, named.2.clone()?)));
    assert!(versions.collect::<BTreeSet<_>>().is_superset(&true_versions));
    let options = format!("-sS -sV -T4 -p {ports}");
    assert_eq!(told, named(&plain(&site, &options, &targets)));
}

#[test]
fn what_both_passes_did_is_kept() {
    let site = Site::up(63);
    let targets = talkative(&site, false, 4);
    let targets: Vec<_> = targets.iter().map(String::as_str).collect();
    let how = ["--profile", "default", "-p", &site.truth().survey.tcp, "--concurrency", "1"];
    scan(&site, &targets, &[&how[..], &["--batch-size", "16"]].concat());
    let copies = site.path("artifacts");

    site.said(&["artifacts", "latest", "-o", copies.to_str().expect("a UTF-8 path")]);

    let attempt = copies.join("batch-1/attempt-1");
    let text = |name: &str| std::fs::read_to_string(attempt.join(name)).expect("it is kept");
    let argv = |name: &str| serde_json::from_str::<Value>(&text(name)).expect("it is JSON");
    assert_eq!(argv("argv.json")["argv"][0], json!("discover"));
    let second = argv("1-argv.json")["argv"].clone();
    let second = second.as_array().expect("a command line").iter();
    let second: Vec<_> = second.filter_map(Value::as_str).collect();
    assert!(second[0].ends_with("nmap") && second.contains(&"-sV"), "{second:?}");
    assert!(!site::read(&text("1-nmap.xml")).is_empty());
}

#[test]
fn nmap_runs_alone_with_its_own_options() {
    let site = Site::up(64);
    let options = format!("-sS -T4 -p {}", site.truth().survey.tcp);

    site.scan(&["10.77.0.0/28"], &options, (16, 1));

    assert_eq!(modules(&site), ["nmap"]);
    assert_eq!(site::open(&site.hosts()), site.open_tcp(&["10.77.0.0/28"]));
}

#[test]
fn where_frames_get_lost_two_passes_find_no_less_than_plain_nmap() {
    let site = Site::up_with(65, &["--loss", "1"]);
    let ports = site.truth().survey.tcp.clone();

    let found = site::open(&scan(&site, &[NETWORK], &["--profile", "quick", "-p", &ports]));

    let true_ports = site.open_tcp(&[NETWORK]);
    assert!(found.is_subset(&true_ports), "{:?}", &found - &true_ports);
    let plain = site::open(&plain(&site, &format!("-sS -T4 -p {ports}"), &[NETWORK]));
    let missed = &true_ports - &found;
    assert!(found.len() >= plain.len(), "{} and {}: {missed:?}", found.len(), plain.len());
}

#[test]
fn udp_is_discovered_as_plain_nmap_sees_it() {
    let site = Site::up(66);
    let ports = site.truth().survey.udp.clone();
    let both = format!("T:22,U:{ports}");

    let hosts = scan(&site, &[NETWORK], &["--profile", "quick", "--udp", "-p", &both]);

    let udp = |(_, _, protocol): &site::OpenPort| *protocol == Protocol::Udp;
    let found: BTreeSet<_> = site::open(&hosts).into_iter().filter(udp).collect();
    let in_network = site::addresses(&[NETWORK]);
    let answering = site.truth().open_udp().into_iter();
    let answering = answering.filter(|(address, _)| in_network.contains((*address).into()));
    let answering: BTreeSet<_> =
        answering.map(|(address, port)| (address, port, Protocol::Udp)).collect();
    assert!(!answering.is_empty());
    assert_eq!(found, answering);
    let told = by_port(&hosts, Protocol::Udp, |port| (port.state, port.reason.clone()));
    let plain = plain(&site, &format!("-sU -T4 -p {ports}"), &[NETWORK]);
    assert_eq!(told, by_port(&plain, Protocol::Udp, |port| (port.state, port.reason.clone())));
    // Each state stands there somewhere, so that it was compared.
    let states: BTreeSet<_> = told.values().map(|(state, _)| state.to_string()).collect();
    assert_eq!(states.len(), 4, "{states:?}");
}
