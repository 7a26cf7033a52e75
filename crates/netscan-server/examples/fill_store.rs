//! Fills a data directory with scans that have ended: 1,000 addresses up in each, ten ports on each.
//!
//! `cargo run --release -p netscan-server --example fill_store -- DIRECTORY [SCANS]`
//!
//! Ten projects have ten networks each, a /22 out of 10.0.0.0/8, and scan them again and again. All
//! goes through the store as a worker's reports do, only that nobody waits for nmap. What is found
//! follows from the address and the scan's number, so that it is the same each time.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use netscan_model::address::{Address, AddressSet};
use netscan_model::batch::Outcome;
use netscan_model::observation::{ExtraPorts, Host, Hostname, Port, PortState, Protocol, Service};
use netscan_model::target::TargetList;
use netscan_modules::nmap::options::NmapOptions;
use netscan_orchestrator::submit::{self, Request, Wishes};
use netscan_store::{
    AttemptDetail, AttemptReport, By, Lease, LeaseRequest, Realm, Silence, Store, Verdict,
};

const PROJECTS: u32 = 10;
const NETWORKS: u32 = 10;
/// Addresses of a network that are up, out of 1,024.
const UP: u32 = 1_000;
/// Every host has these; the rest of its ten are drawn.
const USUAL: [(u16, &str, &str); 3] =
    [(22, "ssh", "OpenSSH"), (80, "http", "nginx"), (443, "https", "nginx")];
const DRAWN: u16 = 7;
/// The time between two scans.
const APART: SignedDuration = SignedDuration::from_hours(8);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().expect("usage: fill_store DIRECTORY [SCANS]"));
    let scans = arguments.next().map_or(1_000, |text| text.parse().expect("a number"));
    let database = directory.join("netscan.db");
    let store = Store::open(&database).await.expect("it opens");
    let realm = store.default_realm().await.expect("there is one");
    let began = Instant::now();
    let first = Timestamp::now() - APART * i32::try_from(scans).expect("few");
    let mut ports = 0;
    for number in 0..scans {
        let now = first + APART * i32::try_from(number).expect("few");
        ports += scan(&store, &realm, number, now).await;
    }
    store.close().await;
    let seconds = began.elapsed().as_secs_f64();
    let size = database.metadata().expect("it was written").len() >> 20;
    println!("fill: {scans} scans with {ports} ports in {seconds:.0} s, {size} MiB of database");
}

/// One scan from submit to its end. Returns how many ports were stored.
async fn scan(store: &Store, realm: &Realm, number: u32, now: Timestamp) -> usize {
    let (project, network) = (number % PROJECTS, number / PROJECTS % NETWORKS);
    let block = Ipv4Addr::from_bits((10 << 24) | (project << 16) | (network << 10));
    let targets = TargetList::parse(&format!("{block}/22"));
    let request = Request {
        name: format!("network {network}, round {}", number / PROJECTS / NETWORKS + 1),
        wishes: Wishes { batch_size: NonZeroU32::new(256), ..Wishes::default() },
        opens_outright: true,
        is_ascending: true,
        is_started: true,
        ..Request::new(&format!("site {project}"), targets, &NmapOptions::default())
    };
    let by = By { actor: "cli:bench", remote: None, now };
    submit::submit(realm, &request, by).await.expect("it is accepted");
    let worker =
        LeaseRequest { worker: "bench".into(), only: None, duration: Duration::from_mins(10) };
    let mut ports = 0;
    while let Some(lease) = store.lease_next(&worker, now).await.expect("it works") {
        ports += report(store, &lease, block, number, now + SignedDuration::from_secs(30)).await;
    }
    ports
}

/// Hands in what the batch has found, and ends it.
async fn report(
    store: &Store,
    lease: &Lease,
    block: Ipv4Addr,
    number: u32,
    now: Timestamp,
) -> usize {
    let up = Address::from(IpAddr::from(Ipv4Addr::from_bits(block.to_bits() + UP)));
    let (here, gone): (Vec<_>, Vec<_>) = lease.addresses.iter().partition(|address| *address < up);
    let hosts: Vec<_> = here.into_iter().map(|address| host(address, number, now)).collect();
    let gone: AddressSet = gone.into_iter().collect();
    let silence = |addresses: &_| Silence { addresses: *addresses, reason: "no-response".into() };
    let silences: Vec<_> = gone.ranges().iter().map(silence).collect();
    store.record_hosts(lease, &hosts, &silences, now).await.expect("it is stored");
    let ended = AttemptReport {
        outcome: Outcome::Succeeded,
        reason: String::new(),
        verdict: Verdict::Judge,
        detail: AttemptDetail::default(),
    };
    store.finish_attempt(lease, &ended, now).await.expect("it is stored");
    hosts.iter().map(|host| host.ports.len()).sum()
}

/// A host as `nmap -sV` reports it.
fn host(address: Address, number: u32, now: Timestamp) -> Host {
    let chance = mixed(u64::try_from(address.bits()).expect("it is IPv4"));
    let mut ports: Vec<_> = USUAL
        .iter()
        .map(|(port, name, product)| open(*port, name, product, chance ^ u64::from(*port)))
        .collect();
    // 700 other ports occur, each on one host in a hundred; 31337 on one in 10,000.
    let drawn = u16::try_from(chance % 100).expect("below 100") * DRAWN;
    for step in 0..DRAWN {
        let is_rare = step == 0 && chance.is_multiple_of(10_000);
        let port = if is_rare { 31_337 } else { 5_000 + drawn + step };
        ports.push(open(port, "unknown", "", chance));
    }
    // Things change from one scan to the next.
    for (place, port) in (0_u64..).zip(&mut ports) {
        if mixed(chance ^ u64::from(number) ^ (place << 32)).is_multiple_of(8) {
            port.state = PortState::Closed;
            port.reason = "reset".into();
        }
    }
    Host {
        reason: "echo-reply".into(),
        reason_ttl: Some(63),
        started_at: Some(now),
        ended_at: Some(now),
        hostnames: vec![Hostname { name: format!("host-{address}.example"), kind: "PTR".into() }],
        ports,
        extra_ports: vec![ExtraPorts { state: PortState::Closed, count: 990, reasons: Vec::new() }],
        ..Host::at(address)
    }
}

fn open(number: u16, name: &str, product: &str, chance: u64) -> Port {
    let known = (!product.is_empty()).then(|| product.to_owned());
    Port {
        port: number,
        protocol: Protocol::Tcp,
        state: PortState::Open,
        reason: "syn-ack".into(),
        reason_ttl: Some(63),
        reason_address: None,
        service: Some(Service {
            name: name.into(),
            version: known.as_ref().map(|_| format!("{}.{}", chance % 9 + 1, chance / 9 % 20)),
            method: if known.is_some() { "probed" } else { "table" }.into(),
            confidence: if known.is_some() { 10 } else { 3 },
            product: known,
            ..Service::default()
        }),
        scripts: Vec::new(),
    }
}

/// A number that looks like chance and follows from `seed` (splitmix64).
fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
