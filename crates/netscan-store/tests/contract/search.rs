//! Rules on lists and searches: what comes back, in which order, and from where it is read on.

use netscan_model::batch::{Outcome, StateName};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::observation::{HostStatus, Port, PortState, Protocol, Service};
use netscan_model::scan::{Command, State};
use netscan_store::{
    Counts, Definition, FoundCursor, HostFilter, LeaseRequest, NewScan, OpenPort, ScanCursor,
    ScanFilter, Store,
};
use uuid::Uuid;

use super::given::{
    LEASE, PROJECT, address, at, by, created, down, leased, new_scan, open, realm, report, silent,
    started, up,
};

fn numbers(scans: &[netscan_model::scan::Scan]) -> Vec<u64> {
    scans.iter().map(|scan| scan.number).collect()
}

pub(crate) async fn scans_come_newest_first_and_in_pages(store: Store) {
    for id in 1..=5 {
        created(&store, &new_scan(id, "10.0.0.1")).await;
    }
    let realm = realm(&store).await;

    let first = realm.list_scans(&ScanFilter::default(), 2).await.unwrap();
    let rest = ScanFilter { before: Some(ScanCursor::after(&first[1])), ..ScanFilter::default() };
    let rest = realm.list_scans(&rest, 9).await.unwrap();

    assert_eq!((numbers(&first), numbers(&rest)), (vec![5, 4], vec![3, 2, 1]));
}

pub(crate) async fn scans_are_found_by_what_is_known_of_them(store: Store) {
    let series = Some(Uuid::from_u128(70));
    for new in [
        NewScan { name: "Weekly 100%".into(), series, ..new_scan(1, "10.0.0.1") },
        NewScan { name: "Weekly 1000".into(), owner: "user:ben".into(), ..new_scan(2, "10.0.0.1") },
        NewScan { project: "other".into(), is_started: true, ..new_scan(3, "10.0.0.1") },
    ] {
        created(&store, &new).await;
    }
    let realm = realm(&store).await;
    let lab = realm.project(PROJECT).await.unwrap().unwrap().id;
    let ids = async |filter: ScanFilter| {
        let scans = realm.list_scans(&filter, 9).await.unwrap();
        scans.iter().map(|scan| scan.id.as_u128()).collect::<Vec<_>>()
    };
    let any = ScanFilter::default;

    assert_eq!(ids(ScanFilter { project: Some(lab), ..any() }).await, [2, 1]);
    assert_eq!(ids(ScanFilter { states: vec![State::Queued], ..any() }).await, [3]);
    let both = vec![State::Queued, State::Created];
    assert_eq!(ids(ScanFilter { states: both, ..any() }).await, [3, 2, 1]);
    assert_eq!(ids(ScanFilter { owner: Some("user:ben".into()), ..any() }).await, [2]);
    assert_eq!(ids(ScanFilter { name_contains: Some("WEEKLY".into()), ..any() }).await, [2, 1]);
    assert_eq!(ids(ScanFilter { name_contains: Some("100%".into()), ..any() }).await, [1]);
    assert_eq!(ids(ScanFilter { series, ..any() }).await, [1]);
}

pub(crate) async fn a_list_shows_the_first_targets_only(store: Store) {
    let targets: Vec<_> = (0..30).map(|number| format!("10.0.0.{number}")).collect();
    let definition = Definition { targets: targets.clone(), ..Definition::default() };
    let scan = created(&store, &NewScan { definition, ..new_scan(1, "10.0.0.1") }).await;

    let listed = realm(&store).await.list_scans(&ScanFilter::default(), 9).await.unwrap();

    assert_eq!(scan.targets, targets);
    assert_eq!(listed[0].targets, targets[..20]);
}

fn with_service(port: u16, name: &str) -> Port {
    Port { service: Some(Service { name: name.into(), ..Service::default() }), ..open(port) }
}

/// Two scans: the first found .1 (80 open, 22 closed) and .2 down, the second .1 and .3 (ssh).
async fn two_scans(store: &Store) -> [Uuid; 2] {
    let ids = [1, 2].map(Uuid::from_u128);
    for id in [1, 2] {
        created(store, &NewScan { is_started: true, ..new_scan(id, "10.0.0.1-10.0.0.4") }).await;
    }
    let lease = async |id, second| {
        let request = LeaseRequest { worker: "w".into(), only: Some(id), duration: LEASE };
        store.lease_next(&request, at(second)).await.unwrap().unwrap()
    };
    let closed = Port { state: PortState::Closed, ..open(22) };
    let mut web = up("10.0.0.1");
    web.ports.push(closed);
    let first = lease(ids[0], 1).await;
    store.record_hosts(&first, &[web, down("10.0.0.2")], &[], at(2)).await.unwrap();
    let mut shell = up("10.0.0.3");
    shell.ports = vec![with_service(22, "ssh")];
    let second = lease(ids[1], 3).await;
    store
        .record_hosts(
            &second,
            &[up("10.0.0.1"), shell],
            &[silent("10.0.0.2", "no-response")],
            at(4),
        )
        .await
        .unwrap();
    ids
}

pub(crate) async fn hosts_of_all_scans_are_searched_newest_scan_first(store: Store) {
    let [first, second] = two_scans(&store).await;
    let realm = realm(&store).await;
    let search = async |filter: HostFilter| {
        let found = realm.hosts_page(&filter, 99).await.unwrap();
        let place =
            |host: &netscan_store::FoundHost| (host.scan_number, host.host.address.to_string());
        found
            .iter()
            .map(place)
            .map(|(scan, address)| format!("{scan} {address}"))
            .collect::<Vec<_>>()
    };
    let any = HostFilter::default;

    assert_eq!(search(any()).await, ["2 10.0.0.1", "2 10.0.0.3", "1 10.0.0.1", "1 10.0.0.2"]);
    assert_eq!(
        search(HostFilter { scan: Some(first), ..any() }).await,
        ["1 10.0.0.1", "1 10.0.0.2"]
    );
    assert_eq!(search(HostFilter { port: Some(80), ..any() }).await, ["2 10.0.0.1", "1 10.0.0.1"]);
    assert_eq!(
        search(HostFilter { port: Some(22), ..any() }).await,
        ["2 10.0.0.3"],
        "closed is not"
    );
    let ssh = HostFilter { service: Some("ssh".into()), ..any() };
    assert_eq!(search(ssh).await, ["2 10.0.0.3"]);
    let http_ssh = HostFilter { service: Some("ssh".into()), port: Some(80), ..any() };
    assert_eq!(search(http_ssh).await, [] as [&str; 0]);
    let of_scan = HostFilter { port: Some(80), scan: Some(second), ..any() };
    assert_eq!(search(of_scan).await, ["2 10.0.0.1"]);
    let down = HostFilter { status: Some(HostStatus::Down), ..any() };
    assert_eq!(search(down).await, ["1 10.0.0.2"]);
    let network = "10.0.0.2-10.0.0.3".parse().ok();
    assert_eq!(search(HostFilter { network, ..any() }).await, ["2 10.0.0.3", "1 10.0.0.2"]);
    let with_open = HostFilter { open_only: true, network, ..any() };
    assert_eq!(search(with_open).await, ["2 10.0.0.3"]);
    let project = realm.project(PROJECT).await.unwrap().map(|project| project.id);
    assert_eq!(search(HostFilter { project, ..any() }).await.len(), 4);
    let project = Some(Uuid::from_u128(404));
    assert_eq!(search(HostFilter { project, ..any() }).await, [] as [&str; 0]);
}

pub(crate) async fn hosts_are_read_on_from_any_of_them(store: Store) {
    two_scans(&store).await;
    let realm = realm(&store).await;
    for filter in [HostFilter::default(), HostFilter { port: Some(80), ..HostFilter::default() }] {
        let all = realm.hosts_page(&filter, 99).await.unwrap();
        let mut paged = Vec::new();
        let mut next = filter;
        while let Some(host) = realm.hosts_page(&next, 1).await.unwrap().pop() {
            next.after = Some(FoundCursor::after(&host));
            paged.push(host);
        }
        assert_eq!(paged, all);
    }
}

pub(crate) async fn one_host_is_shown_with_its_ports(store: Store) {
    let [first, _] = two_scans(&store).await;

    let found = realm(&store).await.host(first, address("10.0.0.1")).await.unwrap().unwrap();

    assert_eq!((found.scan_id, found.scan_number, &*found.project), (first, 1, PROJECT));
    assert_eq!((found.observed_at, found.host.ports.len()), (at(2), 2));
    assert_eq!(realm(&store).await.host(first, address("10.0.0.3")).await.unwrap(), None);
}

pub(crate) async fn the_history_of_an_address_tells_of_scans_that_found_nothing_too(store: Store) {
    let [first, second] = two_scans(&store).await;
    let realm = realm(&store).await;

    let seen = async |text: &str| {
        let sightings = realm.history(address(text), None, 9).await.unwrap();
        let short =
            |one: netscan_store::Sighting| (one.scan_id, one.state, one.reason, one.open_ports);
        sightings.into_iter().map(short).collect::<Vec<_>>()
    };
    let http = OpenPort { port: 80, protocol: Protocol::Tcp, service: None };
    let up = |scan| (scan, CoverageState::Up, String::new(), vec![http.clone()]);
    let down = |scan| (scan, CoverageState::Down, "no-response".to_owned(), vec![]);

    assert_eq!(seen("10.0.0.1").await, [up(second), up(first)]);
    // The silence has no time of its own: it counts from the beginning of its scan.
    assert_eq!(seen("10.0.0.2").await, [down(first), down(second)]);
    assert_eq!(seen("10.0.0.4").await, [], "nobody has come to it yet");
    let newest = &realm.history(address("10.0.0.1"), None, 1).await.unwrap()[0];
    assert_eq!((newest.scan_number, newest.at, newest.scan_status), (2, at(4), State::Running));
}

pub(crate) async fn coverage_comes_in_pages_with_what_is_pending(store: Store) {
    let [_, second] = two_scans(&store).await;
    let realm = realm(&store).await;
    let line = |addresses: &str, state, reason: &str| CoverageRange {
        addresses: addresses.parse().unwrap(),
        state,
        reason: reason.into(),
    };
    let expected = [
        line("10.0.0.1", CoverageState::Up, ""),
        line("10.0.0.2", CoverageState::Down, "no-response"),
        line("10.0.0.3", CoverageState::Up, ""),
        line("10.0.0.4", CoverageState::Pending, ""),
    ];

    let first = realm.coverage_page(second, &[], None, 3).await.unwrap();
    let rest = realm.coverage_page(second, &[], Some(first[2].addresses.last()), 3).await.unwrap();
    let states = [CoverageState::Pending, CoverageState::Down];
    let some = realm.coverage_page(second, &states, None, 9).await.unwrap();
    let up = realm.coverage_page(second, &[CoverageState::Up], None, 1).await.unwrap();

    assert_eq!([first, rest].concat(), expected);
    assert_eq!(some, [expected[1].clone(), expected[3].clone()]);
    assert_eq!(up, [expected[0].clone()]);
}

pub(crate) async fn batches_and_attempts_come_in_pages(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.12").await;
    let realm = realm(&store).await;
    for second in [1, 2] {
        let lease = leased(&store, second).await;
        store.finish_attempt(&lease, &report(Outcome::Crashed), at(second)).await.unwrap();
    }
    let third = leased(&store, 2).await;
    let batches = realm.batches(scan).await.unwrap();

    let first = realm.batches_page(scan, None, None, 2).await.unwrap();
    let rest = realm.batches_page(scan, None, Some(2), 9).await.unwrap();
    let leased = realm.batches_page(scan, Some(StateName::Leased), None, 9).await.unwrap();
    let attempts = realm.attempts(scan).await.unwrap();
    let one = realm.attempts_page(scan, None, 2).await.unwrap();
    let two = realm.attempts_page(scan, Some(one[1].id), 2).await.unwrap();

    assert_eq!([first, rest].concat(), batches);
    assert_eq!(leased, [batches[1].clone()]);
    assert_eq!([one, two].concat(), attempts);
    assert_eq!(realm.attempt(third.attempt).await.unwrap().as_ref(), attempts.last());
    assert_eq!(realm.attempt(scan).await.unwrap(), None);
}

pub(crate) async fn what_there_is_is_counted(store: Store) {
    assert_eq!(store.counts().await.unwrap(), Counts::default());
    store.ping().await.unwrap();
    let scan = started(&store, "10.0.0.1-10.0.0.12").await;
    created(&store, &new_scan(2, "10.0.0.1")).await;
    leased(&store, 7).await;
    leased(&store, 8).await;

    let expected = Counts {
        scans: vec![(State::Created, 1), (State::Running, 1)],
        batches: vec![(StateName::Leased, 2), (StateName::Waiting, 2)],
        leases: 2,
        oldest_lease: Some(at(7)),
    };
    assert_eq!(store.counts().await.unwrap(), expected);
    store.command(scan, Command::Pause, by(9)).await.unwrap();
    let heads = realm(&store).await.scan_heads(None).await.unwrap();
    let mut expected = Vec::new();
    for id in [scan, Uuid::from_u128(2)] {
        let last = store.events(id, 0, 99).await.unwrap().last().map_or(0, |event| event.seq);
        assert_eq!(store.head(id).await.unwrap(), last);
        expected.push((id, last));
    }
    assert_eq!(heads, expected);
}
