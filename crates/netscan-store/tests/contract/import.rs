//! Scans that come from files.

use netscan_model::coverage::{Coverage, CoverageState};
use netscan_model::import::Repeats;
use netscan_model::observation::Host;
use netscan_model::scan::{Command, Scan, State};
use netscan_store::{
    AttemptDetail, HostCursor, Import, ImportChunk, ImportCounts, ImportEnd, NewImport, RetryOf,
    Store, StoreError, Tally,
};
use serde_json::json;
use uuid::Uuid;

use super::given::{PROJECT, address, at, by, down, open, realm, request, timed_out, up};

async fn begun(store: &Store) -> Import {
    let new = NewImport {
        id: Uuid::from_u128(7),
        project: PROJECT.into(),
        name: "scan.xml".into(),
        notes: String::new(),
        owner: "user:mara".into(),
        origin: json!({ "format": "nmap-xml" }).as_object().unwrap().clone(),
        started_at: at(-100),
    };
    realm(store).await.begin_import(&new, Uuid::from_u128(1), by(0)).await.unwrap()
}

async fn add(store: &Store, import: &mut Import, hosts: Vec<Host>, repeats: Repeats) {
    let chunk = ImportChunk { hosts, repeats, seen_at: at(-50) };
    realm(store).await.import_hosts(import, chunk, at(1)).await.unwrap();
}

async fn finished(store: &Store, import: &Import, fault: Option<&str>) -> Scan {
    let detail = AttemptDetail { argv: vec!["nmap".into(), "-sS".into()], ..Default::default() };
    let end = ImportEnd { detail, fault: fault.map(str::to_owned), ended_at: at(-40) };
    realm(store).await.finish_import(import, &end, by(2)).await.unwrap()
}

async fn hosts(store: &Store, scan: Uuid) -> Vec<Host> {
    store.hosts(scan, &HostCursor::default(), 100).await.unwrap()
}

fn counted(counts: &[(CoverageState, u64)]) -> Coverage {
    Coverage::of(counts.iter().copied())
}

pub(crate) async fn an_imported_scan_is_there_as_any_other(store: Store) {
    let mut import = begun(&store).await;
    let found = vec![up("10.0.0.2"), down("10.0.0.9"), up("10.0.0.1")];
    add(&store, &mut import, found, Repeats::Replace).await;
    add(&store, &mut import, vec![up("10.0.0.3")], Repeats::Replace).await;

    let scan = finished(&store, &import, None).await;

    assert_eq!((scan.number, scan.status, scan.reason.as_deref()), (1, State::Completed, None));
    assert_eq!((scan.started_at, scan.completed_at), (Some(at(-100)), Some(at(-40))));
    assert!(scan.is_imported());
    let all = [up("10.0.0.1"), up("10.0.0.2"), up("10.0.0.3")];
    assert_eq!(hosts(&store, scan.id).await, all);
    assert_eq!(import.counts(), ImportCounts { hosts: 3, ports: 3 });
    assert_eq!(store.tally(scan.id).await.unwrap(), Tally { hosts_up: 3, open_ports: 3 });
    let coverage = counted(&[(CoverageState::Up, 3), (CoverageState::Down, 1)]);
    assert_eq!(store.coverage(scan.id).await.unwrap(), coverage);
    let attempts = store.attempts(scan.id).await.unwrap();
    assert_eq!((attempts.len(), &attempts[0].detail.argv[1]), (1, &"-sS".to_owned()));
    let batches = store.batches(scan.id).await.unwrap();
    assert_eq!((batches.len(), batches[0].address_count, batches[0].hosts_up), (1, 4, 3));
    let events = store.events(scan.id, 0, 100).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| event.event.as_str()).collect();
    let all_told = ["status", "host", "host", "host", "progress", "status", "scan_complete"];
    assert_eq!(told, all_told);
    let history = realm(&store).await.history(address("10.0.0.9"), None, 10).await.unwrap();
    assert_eq!(history[0].state, CoverageState::Down);
    assert_eq!(history[0].at, at(-40));
}

pub(crate) async fn of_an_address_that_comes_again_the_later_entry_counts(store: Store) {
    let mut import = begun(&store).await;
    let first = vec![up("10.0.0.1"), up("10.0.0.2"), down("10.0.0.3"), up("10.0.0.4")];
    add(&store, &mut import, first, Repeats::Replace).await;
    let second = Host { ports: vec![open(22), open(443)], ..up("10.0.0.1") };
    let again = vec![second.clone(), down("10.0.0.2"), up("10.0.0.3"), timed_out("10.0.0.4")];
    add(&store, &mut import, again, Repeats::Replace).await;

    let scan = finished(&store, &import, None).await;

    let expected = [second, up("10.0.0.3"), timed_out("10.0.0.4")];
    assert_eq!(hosts(&store, scan.id).await, expected);
    assert_eq!(import.counts(), ImportCounts { hosts: 3, ports: 4 });
    assert_eq!(store.tally(scan.id).await.unwrap(), Tally { hosts_up: 3, open_ports: 4 });
    let coverage =
        counted(&[(CoverageState::Up, 2), (CoverageState::Down, 1), (CoverageState::TimedOut, 1)]);
    assert_eq!(store.coverage(scan.id).await.unwrap(), coverage);
    assert_eq!(scan.status, State::Partial);
}

pub(crate) async fn the_parts_of_a_host_become_one_wherever_they_stand(store: Store) {
    let mut import = begun(&store).await;
    let part = |text, port| Host { ports: vec![open(port)], ..up(text) };
    for ports in [80, 22, 443, 80] {
        let chunk = vec![part("10.0.0.1", ports), part("10.9.0.1", ports)];
        add(&store, &mut import, chunk, Repeats::Merge).await;
    }

    let scan = finished(&store, &import, None).await;

    let whole = |text| Host { ports: vec![open(22), open(80), open(443)], ..up(text) };
    assert_eq!(hosts(&store, scan.id).await, [whole("10.0.0.1"), whole("10.9.0.1")]);
    assert_eq!(import.counts(), ImportCounts { hosts: 2, ports: 6 });
    assert_eq!(store.tally(scan.id).await.unwrap(), Tally { hosts_up: 2, open_ports: 6 });
    let coverage = counted(&[(CoverageState::Up, 2)]);
    assert_eq!(store.coverage(scan.id).await.unwrap(), coverage);
}

pub(crate) async fn an_import_that_was_cut_off_is_over_and_says_so(store: Store) {
    let mut import = begun(&store).await;
    add(&store, &mut import, vec![up("10.0.0.1")], Repeats::Replace).await;

    let cut_off = store.scan(import.scan()).await.unwrap();
    let scan = finished(&store, &import, Some("the file breaks off after 9 bytes")).await;

    let reason = cut_off.reason.as_deref();
    assert_eq!(
        (cut_off.status, reason),
        (State::Partial, Some("the import has not come to its end"))
    );
    let reason = scan.reason.as_deref();
    assert_eq!((scan.status, reason), (State::Partial, Some("the file breaks off after 9 bytes")));
    let (failed, _) = store.failed_attempts(scan.id, 9).await.unwrap();
    assert_eq!(failed[0].reason.as_deref(), Some("the file breaks off after 9 bytes"));
}

pub(crate) async fn an_imported_scan_is_never_run(store: Store) {
    let mut import = begun(&store).await;
    add(&store, &mut import, vec![timed_out("10.0.0.1")], Repeats::Replace).await;
    let under_way = store.lease_next(&request("w"), at(1)).await.unwrap();
    let scan = finished(&store, &import, None).await;

    let retry = store.retry(scan.id, RetryOf::Everything, |all| [all].into_iter(), by(3)).await;
    let commands = [Command::Start, Command::Resume, Command::Retry];

    assert!(matches!(retry, Err(StoreError::Imported { number: 1 })), "{retry:?}");
    for command in commands {
        let refused = store.command(scan.id, command, by(3)).await.unwrap_err();
        assert!(refused.is_conflict(), "{command}: {refused}");
    }
    assert_eq!((under_way, store.lease_next(&request("w"), at(9)).await.unwrap()), (None, None));
    assert_eq!(store.pulses().await.unwrap(), []);
    assert_eq!(store.scan(scan.id).await.unwrap(), scan);
}

pub(crate) async fn an_import_of_a_scan_that_was_removed_ends(store: Store) {
    let mut import = begun(&store).await;
    add(&store, &mut import, vec![up("10.0.0.1")], Repeats::Replace).await;
    realm(&store).await.remove_scan(import.scan(), by(1)).await.unwrap();

    let chunk =
        ImportChunk { hosts: vec![up("10.0.0.2")], repeats: Repeats::Replace, seen_at: at(1) };
    let refused = realm(&store).await.import_hosts(&mut import, chunk, at(1)).await.unwrap_err();

    assert!(refused.is_missing(), "{refused}");
    assert_eq!(store.counts().await.unwrap().scans, []);
}
