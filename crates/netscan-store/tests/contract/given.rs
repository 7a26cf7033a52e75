//! What rules begin with: times, addresses, hosts, and scans that have come some way.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::address::{Address, AddressSet};
use netscan_model::batch::{Outcome, StateName};
use netscan_model::observation::{Host, HostStatus, Port, PortState, Protocol};
use netscan_model::plan::{Order, Plan};
use netscan_model::scan::{Limits, ModuleChoice, Priority, Scan};
use netscan_model::seal::Seal;
use netscan_store::{
    AttemptDetail, AttemptReport, By, Definition, Lease, LeaseRequest, NewScan, Realm, Silence,
    Store, Verdict,
};
use uuid::Uuid;

pub(crate) const PROJECT: &str = "lab";
pub(crate) const LEASE: Duration = Duration::from_secs(30);

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub(crate) fn by(second: i64) -> By<'static> {
    By { actor: "test", remote: None, now: at(second) }
}

pub(crate) fn size(size: u32) -> NonZeroU32 {
    NonZeroU32::new(size).unwrap()
}

/// Ranges with a space between.
pub(crate) fn set(text: &str) -> AddressSet {
    text.replace(' ', ",").parse().unwrap()
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub(crate) fn limits() -> Limits {
    Limits {
        batch_size: size(4),
        concurrency: size(4),
        max_rate: None,
        host_timeout_ms: None,
        batch_timeout_ms: None,
        attempts: size(2),
        priority: Priority::Medium,
        max_duration_ms: None,
        max_results: None,
    }
}

/// What belongs to the organisation that every database begins with.
pub(crate) async fn realm(store: &Store) -> Realm {
    store.default_realm().await.unwrap()
}

fn nmap() -> ModuleChoice {
    ModuleChoice { id: "nmap".into(), enabled: true, config: serde_json::Map::new() }
}

/// A scan of `addresses` that has not been started.
pub(crate) fn new_scan(id: u128, addresses: &str) -> NewScan {
    NewScan {
        id: Uuid::from_u128(id),
        series: None,
        project: PROJECT.into(),
        name: String::new(),
        description: String::new(),
        notes: String::new(),
        owner: "user:mara".into(),
        modules: vec![nmap()],
        recursion_depth: 0,
        template: None,
        definition: Definition { targets: vec![addresses.into()], ..Definition::default() },
        options: "-sT".into(),
        limits: limits(),
        addresses: set(addresses),
        left_out: Vec::new(),
        names: Vec::new(),
        seal: Seal { addresses: set(addresses), authorisation: None },
        is_started: false,
    }
}

pub(crate) fn plan(addresses: &AddressSet, batch_size: u32) -> Vec<AddressSet> {
    Plan::new(addresses, size(batch_size), Order::Ascending).batches().collect()
}

pub(crate) async fn created(store: &Store, new: &NewScan) -> Scan {
    let batches = plan(&new.addresses, new.limits.batch_size.get());
    let project = Uuid::new_v5(&Uuid::NAMESPACE_DNS, new.project.as_bytes());
    realm(store).await.create_scan(new, batches.into_iter(), project, by(0)).await.unwrap()
}

/// The id of a scan of `addresses` that has been started, in batches of four.
pub(crate) async fn started(store: &Store, addresses: &str) -> Uuid {
    let new = NewScan { is_started: true, ..new_scan(1, addresses) };
    created(store, &new).await.id
}

pub(crate) fn request(worker: &str) -> LeaseRequest {
    LeaseRequest { worker: worker.into(), only: None, duration: LEASE }
}

pub(crate) async fn leased(store: &Store, second: i64) -> Lease {
    store.lease_next(&request("w"), at(second)).await.unwrap().expect("a batch is ready")
}

/// A host that is up with one open port.
pub(crate) fn up(text: &str) -> Host {
    Host { reason: "syn-ack".into(), ports: vec![open(80)], ..Host::at(address(text)) }
}

pub(crate) fn down(text: &str) -> Host {
    let reason = "no-response".into();
    Host { status: HostStatus::Down, reason, ..Host::at(address(text)) }
}

pub(crate) fn timed_out(text: &str) -> Host {
    Host { timed_out: true, ..up(text) }
}

pub(crate) fn open(port: u16) -> Port {
    Port {
        port,
        protocol: Protocol::Tcp,
        state: PortState::Open,
        reason: "syn-ack".into(),
        reason_ttl: None,
        reason_address: None,
        service: None,
        scripts: Vec::new(),
    }
}

pub(crate) fn silent(addresses: &str, reason: &str) -> Silence {
    Silence { addresses: addresses.parse().unwrap(), reason: reason.into() }
}

/// Every address of `set` as a silence.
pub(crate) fn all_silent(set: &AddressSet) -> Vec<Silence> {
    let of = |addresses: &_| Silence { addresses: *addresses, reason: "no-response".into() };
    set.ranges().iter().map(of).collect()
}

pub(crate) fn report(outcome: Outcome) -> AttemptReport {
    let reason = if outcome == Outcome::Succeeded { "" } else { "it broke" };
    AttemptReport {
        outcome,
        reason: reason.into(),
        verdict: Verdict::Judge,
        detail: AttemptDetail::default(),
    }
}

/// Reports all that is left of the batch as silent, and ends the attempt.
pub(crate) async fn complete(store: &Store, lease: &Lease, second: i64) -> StateName {
    let silences = all_silent(&lease.addresses);
    store.record_hosts(lease, &[], &silences, at(second)).await.unwrap();
    store.finish_attempt(lease, &report(Outcome::Succeeded), at(second)).await.unwrap()
}

/// Runs whatever is ready at `second`, one batch after the other.
pub(crate) async fn run_dry(store: &Store, second: i64) {
    while let Some(lease) = store.lease_next(&request("w"), at(second)).await.unwrap() {
        complete(store, &lease, second).await;
    }
}

/// The names of the scan's events, in order.
pub(crate) async fn told(store: &Store, scan: Uuid) -> Vec<String> {
    let events = store.events(scan, 0, 10_000).await.unwrap();
    events.into_iter().map(|event| event.event).collect()
}

/// The state of each batch, by number.
pub(crate) async fn states(store: &Store, scan: Uuid) -> Vec<StateName> {
    store.batches(scan).await.unwrap().iter().map(|batch| batch.status).collect()
}
