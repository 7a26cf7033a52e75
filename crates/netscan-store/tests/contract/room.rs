//! Rules on what may run at a time: places, rates, and what is polite.

use std::num::NonZeroU32;

use netscan_model::scan::{Command, Limits, Priority, State};
use netscan_store::{
    BatchChanges, LeaseRequest, LimitChanges, NewScan, Politeness, ProjectChanges, ProjectLimits,
    ServerLimits, Store,
};
use uuid::Uuid;

use super::given::{
    PROJECT, at, by, complete, created, leased, limits, new_scan, realm, request, started,
};

/// Puts limits on the project of [`PROJECT`].
async fn limit_project(store: &Store, limits: ProjectLimits) {
    let realm = realm(store).await;
    let project = realm.ensure_project(PROJECT, Uuid::from_u128(99), by(0)).await.unwrap();
    let changes = ProjectChanges { limits: Some(limits), ..ProjectChanges::default() };
    realm.change_project(project.id, &changes, by(0)).await.unwrap();
}

async fn limit_server(store: &Store, limits: ServerLimits) {
    store.set_server_limits(&limits, by(0)).await.unwrap();
}

fn most(number: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(number)
}

/// Starts a scan of the addresses in the project, and says which it is.
async fn begun(store: &Store, id: u128, addresses: &str) -> Uuid {
    created(store, &NewScan { is_started: true, ..new_scan(id, addresses) }).await.id
}

/// The scan's number and the batch's of every batch that is leased now, until nobody may have more.
async fn all_leased(store: &Store, second: i64) -> Vec<(u64, u64)> {
    let mut order = Vec::new();
    while let Some(lease) = store.lease_next(&request("w"), at(second)).await.unwrap() {
        order.push((lease.scan_number, lease.batch_number));
    }
    order
}

async fn reasons(store: &Store, scan: Uuid, second: i64) -> Vec<(u64, String)> {
    let waiting = realm(store).await.waiting(scan, at(second)).await.unwrap();
    waiting.into_iter().map(|waiting| (waiting.batches, waiting.reason)).collect()
}

pub(crate) async fn a_project_runs_no_more_batches_than_it_may(store: Store) {
    limit_project(&store, ProjectLimits { max_batches: most(3), ..ProjectLimits::default() }).await;
    let first = begun(&store, 1, "10.0.0.1-10.0.0.8").await;
    let second = begun(&store, 2, "10.0.1.1-10.0.1.8").await;

    assert_eq!(all_leased(&store, 1).await, [(1, 1), (1, 2), (2, 1)]);
    assert_eq!(
        reasons(&store, second, 1).await,
        [(1, "all 3 places of the project are taken".to_owned())]
    );
    assert_eq!(reasons(&store, first, 1).await, []);
}

pub(crate) async fn a_scan_waits_while_its_project_runs_as_many_as_it_may(store: Store) {
    limit_project(&store, ProjectLimits { max_scans: most(1), ..ProjectLimits::default() }).await;
    let first = begun(&store, 1, "10.0.0.1-10.0.0.8").await;
    let second = begun(&store, 2, "10.0.1.1-10.0.1.4").await;
    let elsewhere = NewScan { project: "other".into(), ..new_scan(3, "10.0.2.1-10.0.2.4") };
    created(&store, &NewScan { is_started: true, ..elsewhere }).await;

    assert_eq!(all_leased(&store, 1).await, [(1, 1), (1, 2), (1, 1)]);
    let reason = "the project runs as many scans already as it may at a time: 1";
    assert_eq!(reasons(&store, second, 1).await, [(1, reason.to_owned())]);

    store.command(first, Command::Pause, by(2)).await.unwrap();
    assert_eq!(all_leased(&store, 2).await, [], "its batches are still with workers");
    store.reclaim(netscan_store::Reclaim::All, at(3)).await.unwrap();
    let only = |id| LeaseRequest { only: Some(id), ..request("w") };
    let lease = store.lease_next(&only(second), at(3)).await.unwrap().unwrap();
    store.command(first, Command::Resume, by(4)).await.unwrap();
    assert_eq!(store.lease_next(&only(first), at(4)).await.unwrap(), None);
    complete(&store, &lease, 5).await;
    assert!(store.lease_next(&only(first), at(5)).await.unwrap().is_some());
}

pub(crate) async fn the_server_runs_no_more_batches_than_it_may(store: Store) {
    limit_server(&store, ServerLimits { max_batches: most(1), ..ServerLimits::default() }).await;
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;

    assert_eq!(all_leased(&store, 1).await, [(1, 1)]);
    assert_eq!(
        reasons(&store, scan, 1).await,
        [(1, "the only place of the server is taken".to_owned())]
    );
}

pub(crate) async fn a_lease_carries_the_least_share_of_the_rates_there_are(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.40").await;
    let rate = async || {
        let lease = leased(&store, 1).await;
        let pulse = store.pulse(scan).await.unwrap();
        assert_eq!(pulse.rate, lease.rate);
        let batch = realm(&store).await.batch(lease.batch).await.unwrap().unwrap();
        assert_eq!(batch.rate, lease.rate);
        complete(&store, &lease, 1).await;
        let over = realm(&store).await.batch(lease.batch).await.unwrap().unwrap();
        assert_eq!(over.rate, None);
        lease.rate.map(NonZeroU32::get)
    };
    assert_eq!(rate().await, None);

    let changes = LimitChanges { max_rate: Some(most(400)), ..LimitChanges::default() };
    store.change_limits(scan, &changes, by(1)).await.unwrap();
    assert_eq!(rate().await, Some(100));

    limit_project(&store, ProjectLimits { max_rate: most(800), ..ProjectLimits::default() }).await;
    assert_eq!(rate().await, Some(50), "16 places are usual");

    let server = ServerLimits { max_batches: most(10), max_rate: most(300), ..server() };
    limit_server(&store, server).await;
    assert_eq!(rate().await, Some(30));

    let politeness = Politeness { address_rate: most(7), network_rate: most(20) };
    limit_server(&store, ServerLimits { politeness, ..server }).await;
    assert_eq!(rate().await, Some(7));
    assert_eq!(store.server_limits().await.unwrap().politeness, politeness);
}

fn server() -> ServerLimits {
    ServerLimits::default()
}

pub(crate) async fn more_places_than_packets_per_second_are_not_given(store: Store) {
    let limits = Limits { max_rate: most(2), ..limits() };
    let new = NewScan { limits, is_started: true, ..new_scan(1, "10.0.0.1-10.0.0.40") };
    created(&store, &new).await;

    assert_eq!(all_leased(&store, 1).await, [(1, 1), (1, 2)]);
}

pub(crate) async fn a_network_gets_no_more_than_is_polite_whoever_scans_it(store: Store) {
    let politeness = Politeness { address_rate: most(60), network_rate: most(100) };
    limit_server(&store, ServerLimits { politeness, ..server() }).await;
    let organisation = Uuid::from_u128(500);
    store.create_organisation(organisation, "elsewhere", by(0)).await.unwrap();
    let theirs = store.realm(organisation).await.unwrap().unwrap();
    let new = NewScan { is_started: true, ..new_scan(7, "10.0.0.100") };
    let batches = [new.addresses.clone()];
    theirs.create_scan(&new, batches.into_iter(), Uuid::from_u128(8), by(0)).await.unwrap();
    // The second batch lies in another network than the first.
    let scan = begun(&store, 1, "10.0.0.1-10.0.0.4 10.0.9.1-10.0.9.4").await;

    let mut order = Vec::new();
    while let Some(lease) = store.lease_next(&request("w"), at(1)).await.unwrap() {
        order.push((lease.scan, lease.batch_number));
    }

    assert_eq!(order, [(new.id, 1), (scan, 2)]);
    let reason = "no more than 100 packets per second may go to the network 10.0.0.0/24, and running \
                  batches use them";
    assert_eq!(reasons(&store, scan, 1).await, [(1, reason.to_owned())]);
}

pub(crate) async fn one_address_gets_no_more_than_is_polite(store: Store) {
    let politeness = Politeness { address_rate: most(60), network_rate: None };
    limit_server(&store, ServerLimits { politeness, ..server() }).await;
    begun(&store, 1, "10.0.0.1").await;
    begun(&store, 2, "10.0.0.1").await;
    begun(&store, 3, "10.0.0.2").await;

    assert_eq!(all_leased(&store, 1).await, [(1, 1), (3, 1)]);
}

pub(crate) async fn urgent_batches_go_first_within_their_scan(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.12").await;
    let realm = realm(&store).await;
    let ids: Vec<_> = realm.batches(scan).await.unwrap().iter().map(|batch| batch.id).collect();
    let set = async |id, priority| {
        let changes = BatchChanges { priority: Some(priority), ..BatchChanges::default() };
        realm.set_batch(id, &changes, by(1)).await.unwrap()
    };
    set(ids[0], Priority::Low).await;
    let urgent = set(ids[2], Priority::High).await;

    assert_eq!(urgent.priority, Priority::High);
    assert_eq!(all_leased(&store, 1).await, [(1, 3), (1, 2), (1, 1)]);
}

pub(crate) async fn what_waits_says_why(store: Store) {
    let new = new_scan(1, "10.0.0.1-10.0.0.20");
    let scan = created(&store, &new).await.id;
    let words = async |second| {
        let reasons = reasons(&store, scan, second).await;
        reasons
            .into_iter()
            .map(|(batches, reason)| format!("{batches}: {reason}"))
            .collect::<Vec<_>>()
    };

    assert_eq!(words(0).await, ["5: the scan has not been started"]);
    store.command(scan, Command::Start, by(1)).await.unwrap();
    assert_eq!(words(1).await, ["5: no worker has taken them yet"]);
    let leases = [
        leased(&store, 1).await,
        leased(&store, 1).await,
        leased(&store, 1).await,
        leased(&store, 1).await,
    ];
    assert_eq!(words(1).await, ["1: all 4 places of the scan are taken"]);
    let crashed = super::given::report(netscan_model::batch::Outcome::Crashed);
    store.finish_attempt(&leases[0], &crashed, at(2)).await.unwrap();
    assert_eq!(
        words(2).await,
        [
            "1: no worker has taken them yet".to_owned(),
            format!("1: failed, and will be tried again; the first at {}", at(3)),
        ]
    );
    store.command(scan, Command::Pause, by(2)).await.unwrap();
    assert_eq!(words(5).await, ["2: the scan is paused"]);
    assert_eq!(store.scan(scan).await.unwrap().status, State::Running);
}
