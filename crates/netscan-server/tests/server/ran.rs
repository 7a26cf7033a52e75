//! Scans that have come some way, without anything that runs.

use std::time::Duration;

use jiff::Timestamp;
use netscan_model::access::Role;
use netscan_model::address::{Address, AddressSet};
use netscan_model::batch::Outcome;
use netscan_model::observation::{Host, Port, PortState, Protocol, Service};
use netscan_store::{
    AttemptDetail, AttemptReport, Lease, LeaseRequest, Realm, Silence, Store, Verdict,
};
use serde_json::{Value, json};

use crate::given::{Given, post};

/// A token of an operator of the first organisation.
pub(crate) async fn operator(given: &Given) -> String {
    given.token(&given.realm, Role::Operator).await
}

/// A token of an operator of another organisation.
pub(crate) async fn stranger(given: &Given) -> String {
    let others: Realm = given.organisation("others").await;
    given.token(&others, Role::Operator).await
}

/// A scan of these targets, one address to a batch, that has been started.
pub(crate) async fn started(given: &Given, token: &str, targets: &[&str]) -> Value {
    let body = json!({
        "targets": targets, "options": "-sT -p80", "start": true,
        "configuration": { "chunk_size": 1 },
    });
    given.send(post("/api/v1/scans", &body).token(token)).await.expect(202)
}

/// The id of a scan, or of whatever else has one.
pub(crate) fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn lease(store: &Store) -> Option<Lease> {
    let duration = Duration::from_mins(1);
    let request = LeaseRequest { worker: "w".into(), only: None, duration };
    store.lease_next(&request, Timestamp::now()).await.unwrap()
}

/// Runs whatever is ready, finds these hosts, and hears nothing of all other addresses.
pub(crate) async fn run_dry(store: &Store, hosts: &[Host]) {
    run_dry_with(store, hosts, &AttemptDetail::default()).await;
}

pub(crate) async fn run_dry_with(store: &Store, hosts: &[Host], detail: &AttemptDetail) {
    while let Some(lease) = lease(store).await {
        let is_asked = |host: &&Host| lease.addresses.contains(host.address);
        let found: Vec<Host> = hosts.iter().filter(is_asked).cloned().collect();
        let up: AddressSet = found.iter().map(|host| host.address).collect();
        let silent = lease.addresses.subtract(&up);
        let silence = |range: &_| Silence { addresses: *range, reason: "no-response".into() };
        let silences: Vec<_> = silent.ranges().iter().map(silence).collect();
        store.record_hosts(&lease, &found, &silences, Timestamp::now()).await.unwrap();
        end(store, &lease, Outcome::Succeeded, detail.clone()).await;
    }
}

/// Fails whatever is ready, until nothing is left to try.
pub(crate) async fn fail_dry(store: &Store) {
    while let Some(lease) = lease(store).await {
        end(store, &lease, Outcome::Crashed, AttemptDetail::default()).await;
    }
}

async fn end(store: &Store, lease: &Lease, outcome: Outcome, detail: AttemptDetail) {
    let reason = if outcome == Outcome::Succeeded { "" } else { "it broke" };
    let report = AttemptReport { outcome, reason: reason.into(), verdict: Verdict::Judge, detail };
    store.finish_attempt(lease, &report, Timestamp::now()).await.unwrap();
}

/// A host that is up with these ports open.
pub(crate) fn up(address: &str, ports: &[u16]) -> Host {
    let address: Address = address.parse().unwrap();
    let ports = ports.iter().map(|port| open(*port)).collect();
    Host { reason: "syn-ack".into(), ports, ..Host::at(address) }
}

fn open(port: u16) -> Port {
    let name = if port == 80 { "http" } else { "unknown" };
    Port {
        port,
        protocol: Protocol::Tcp,
        state: PortState::Open,
        reason: "syn-ack".into(),
        reason_ttl: None,
        reason_address: None,
        service: Some(Service { name: name.into(), ..Service::default() }),
        scripts: Vec::new(),
    }
}
