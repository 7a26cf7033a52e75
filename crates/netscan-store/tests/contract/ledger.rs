//! Rules on the coverage ledger.

use netscan_model::batch::Outcome;
use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use netscan_model::scan::State;
use netscan_store::{Difficult, NewScan, Store};

use super::given::{
    PROJECT, at, complete, created, down, leased, new_scan, realm, report, silent, started,
    timed_out, up,
};

fn line(addresses: &str, state: CoverageState, reason: &str) -> CoverageRange {
    CoverageRange { addresses: addresses.parse().unwrap(), state, reason: reason.into() }
}

pub(crate) async fn neighbours_with_the_same_fate_share_a_line(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    let hosts = [up("10.0.0.2"), up("10.0.0.1"), down("10.0.0.4")];

    store.record_hosts(&lease, &hosts, &[], at(2)).await.unwrap();

    let up = store.coverage_ranges(scan, CoverageState::Up).await.unwrap();
    let down = store.coverage_ranges(scan, CoverageState::Down).await.unwrap();
    let pending = store.coverage_ranges(scan, CoverageState::Pending).await.unwrap();
    assert_eq!(up, [line("10.0.0.1-10.0.0.2", CoverageState::Up, "")]);
    assert_eq!(down, [line("10.0.0.4", CoverageState::Down, "no-response")]);
    assert_eq!(pending, [line("10.0.0.3", CoverageState::Pending, "")]);
}

pub(crate) async fn a_host_that_was_found_counts_more_than_a_silence(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    // The silences overlap the host, each other, and what is not the batch's.
    let silences = [silent("10.0.0.1-10.0.0.3", "b"), silent("10.0.0.2-10.0.0.9", "a")];

    store.record_hosts(&lease, &[up("10.0.0.1")], &silences, at(2)).await.unwrap();

    let down = store.coverage_ranges(scan, CoverageState::Down).await.unwrap();
    assert_eq!(down, [line("10.0.0.2-10.0.0.4", CoverageState::Down, "a")]);
    let coverage = Coverage { planned: 4, up: 1, down: 3, ..Coverage::default() };
    assert_eq!(store.coverage(scan).await.unwrap(), coverage);
}

pub(crate) async fn what_must_not_be_scanned_is_withheld_and_told(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.1")], &[], at(2)).await.unwrap();
    let denied = line("10.0.0.1-10.0.0.9", CoverageState::OutOfScope, "denied since");

    store.withhold(&lease, std::slice::from_ref(&denied), at(3)).await.unwrap();
    store.withhold(&lease, &[denied], at(4)).await.unwrap();

    let withheld = store.coverage_ranges(scan, CoverageState::OutOfScope).await.unwrap();
    assert_eq!(withheld, [line("10.0.0.2-10.0.0.4", CoverageState::OutOfScope, "denied since")]);
    let events = store.events(scan, 0, 99).await.unwrap();
    let told: Vec<_> = events.iter().filter(|event| event.event == "security").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].body["withheld"], serde_json::json!(["10.0.0.2-10.0.0.4"]));
    store.finish_attempt(&lease, &report(Outcome::Succeeded), at(5)).await.unwrap();
    assert_eq!(store.scan(scan).await.unwrap().status, State::Completed);
}

pub(crate) async fn difficult_addresses_are_listed_with_their_reasons(store: Store) {
    let first = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[timed_out("10.0.0.3")], &[], at(2)).await.unwrap();
    complete(&store, &lease, 3).await;
    let second = created(&store, &NewScan { is_started: true, ..new_scan(2, "10.0.0.9") }).await.id;
    store.give_up(second, "it broke", at(5)).await.unwrap();

    let all = realm(&store).await.difficult(PROJECT, None).await.unwrap();

    let resists = |number, id, addresses: &str, state, reason: &str| Difficult {
        scan_number: number,
        scan_id: id,
        addresses: addresses.parse().unwrap(),
        state,
        reason: reason.into(),
    };
    let timed_out = "the host's time limit was reached";
    let expected = [
        resists(2, second, "10.0.0.9", CoverageState::Failed, "it broke"),
        resists(1, first, "10.0.0.3", CoverageState::TimedOut, timed_out),
    ];
    assert_eq!(all, expected);
    assert_eq!(realm(&store).await.difficult(PROJECT, Some(first)).await.unwrap(), expected[1..]);
    assert_eq!(store.scan(second).await.unwrap().status, State::Failed);
}
