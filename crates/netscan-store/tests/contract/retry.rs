//! Rules on taking up again what could not be scanned.

use std::num::NonZeroU64;

use netscan_model::address::AddressSet;
use netscan_model::batch::Outcome;
use netscan_model::coverage::Coverage;
use netscan_model::observation::Host;
use netscan_model::scan::{Command, Limits, Scan, State};
use netscan_store::{AttemptReport, HostCursor, NewScan, RetryOf, Store, Verdict};
use uuid::Uuid;

use super::given::{
    at, by, complete, created, leased, limits, new_scan, open, plan, report, run_dry, set, started,
    timed_out, told, up,
};

async fn retry(store: &Store, scan: Uuid, what: RetryOf, second: i64) -> (Scan, u64) {
    let cut = |addresses: AddressSet| plan(&addresses, 4).into_iter();
    store.retry(scan, what, cut, by(second)).await.unwrap()
}

/// A scan that was stopped with every kind of gap: 10.0.0.1 is up, .2 timed out, .4 is down, .5-.8
/// failed and .9-.12 were cancelled.
async fn with_gaps(store: &Store) -> Uuid {
    let scan = started(store, "10.0.0.1-10.0.0.12").await;
    let (first, second) = (leased(store, 1).await, leased(store, 1).await);
    let hosts = [up("10.0.0.1"), timed_out("10.0.0.2")];
    store.record_hosts(&first, &hosts, &[], at(2)).await.unwrap();
    complete(store, &first, 3).await;
    let third = leased(store, 3).await;
    let back = AttemptReport { verdict: Verdict::HandBack, ..report(Outcome::Killed) };
    store.finish_attempt(&second, &back, at(3)).await.unwrap();
    store.give_up(scan, "it broke", at(4)).await.unwrap();
    store.command(scan, Command::Stop, by(4)).await.unwrap();
    store.finish_attempt(&third, &back, at(5)).await.unwrap();
    scan
}

pub(crate) async fn a_retry_takes_up_what_it_was_asked_for(store: Store) {
    let scan = with_gaps(&store).await;
    let coverage = Coverage {
        planned: 12,
        up: 1,
        down: 2,
        timed_out: 1,
        failed: 4,
        cancelled: 4,
        ..Coverage::default()
    };
    assert_eq!(store.coverage(scan).await.unwrap(), coverage);
    let open = async || {
        let batches = store.batches(scan).await.unwrap();
        let waiting = batches.iter().filter(|batch| batch.status.name() == "waiting");
        waiting.map(|batch| batch.addresses.clone()).collect::<Vec<_>>()
    };

    let (queued, count) = retry(&store, scan, RetryOf::Failed, 10).await;
    assert_eq!((queued.status, queued.completed_at, count), (State::Queued, None, 4));
    assert_eq!(open().await, [set("10.0.0.5-10.0.0.8")]);
    run_dry(&store, 11).await;
    assert_eq!(store.scan(scan).await.unwrap().status, State::Partial);

    assert_eq!(retry(&store, scan, RetryOf::Difficult, 20).await.1, 1);
    assert_eq!(open().await, [set("10.0.0.2")]);
    run_dry(&store, 21).await;

    assert_eq!(retry(&store, scan, RetryOf::Everything, 30).await.1, 4);
    assert_eq!(open().await, [set("10.0.0.9-10.0.0.12")]);
    run_dry(&store, 31).await;
    let done = store.scan(scan).await.unwrap();
    assert_eq!((done.status, done.completed_at), (State::Completed, Some(at(31))));
    let endings = told(&store, scan).await;
    assert_eq!(endings.iter().filter(|event| *event == "scan_complete").count(), 4);
}

pub(crate) async fn a_retry_with_nothing_to_do_changes_nothing(store: Store) {
    let scan = started(&store, "10.0.0.1").await;
    run_dry(&store, 1).await;
    let before = (store.scan(scan).await.unwrap(), told(&store, scan).await);

    let (after, count) = retry(&store, scan, RetryOf::Everything, 2).await;

    assert_eq!(count, 0);
    assert_eq!((after, told(&store, scan).await), before);
    assert_eq!(store.audited(99).await.unwrap().last().unwrap().action, "scan.end");
}

pub(crate) async fn a_running_scan_is_not_retried(store: Store) {
    let scan = started(&store, "10.0.0.1").await;
    let cut = |addresses: AddressSet| plan(&addresses, 4).into_iter();

    let refusal = store.retry(scan, RetryOf::Everything, cut, by(1)).await.unwrap_err();

    let words = "cannot retry a scan that is queued; wait until it has ended, or stop it";
    assert_eq!(refusal.to_string(), words);
}

pub(crate) async fn a_host_that_timed_out_is_replaced_by_a_retry(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    let hosts = [up("10.0.0.1"), timed_out("10.0.0.2"), timed_out("10.0.0.3")];
    store.record_hosts(&lease, &hosts, &[], at(2)).await.unwrap();
    complete(&store, &lease, 3).await;
    retry(&store, scan, RetryOf::Difficult, 4).await;
    let lease = leased(&store, 5).await;
    let better = Host { ports: vec![open(22), open(23)], ..up("10.0.0.2") };

    store.record_hosts(&lease, std::slice::from_ref(&better), &[], at(6)).await.unwrap();

    let known = store.hosts(scan, &HostCursor::default(), 9).await.unwrap();
    assert_eq!(known, [up("10.0.0.1"), better, timed_out("10.0.0.3")]);
}

pub(crate) async fn a_host_that_took_too_long_comes_back_alone_with_more_time(store: Store) {
    let limits = Limits { host_timeout_ms: NonZeroU64::new(1_000), ..limits() };
    let new = NewScan { is_started: true, limits, ..new_scan(1, "10.0.0.1-10.0.0.8") };
    let scan = created(&store, &new).await.id;
    let lease = leased(&store, 1).await;
    let hosts = [up("10.0.0.1"), timed_out("10.0.0.2"), up("10.0.0.3"), timed_out("10.0.0.4")];
    store.record_hosts(&lease, &hosts, &[], at(2)).await.unwrap();

    complete(&store, &lease, 3).await;

    let coverage = store.coverage(scan).await.unwrap();
    assert_eq!((coverage.up, coverage.timed_out, coverage.pending), (2, 0, 6));
    // What was learned of them is not lost.
    assert_eq!(store.hosts(scan, &HostCursor::default(), 9).await.unwrap(), hosts);
    let rest = leased(&store, 4).await;
    assert_eq!((rest.addresses.to_string(), rest.patience.get()), ("10.0.0.5-10.0.0.8".into(), 1));
    for (second, host) in [(5, "10.0.0.2"), (6, "10.0.0.4")] {
        let alone = leased(&store, second).await;
        assert_eq!((alone.addresses.to_string(), alone.patience.get()), (host.to_owned(), 4));
        store.record_hosts(&alone, &[timed_out(host)], &[], at(second)).await.unwrap();
        complete(&store, &alone, second).await;
    }
    complete(&store, &rest, 7).await;
    let coverage = store.coverage(scan).await.unwrap();
    assert_eq!((coverage.timed_out, coverage.pending), (2, 0));
    assert_eq!(store.scan(scan).await.unwrap().status, State::Partial);
}

pub(crate) async fn a_scan_that_was_stopped_before_its_start_is_retried(store: Store) {
    let scan = created(&store, &new_scan(1, "10.0.0.1-10.0.0.8")).await.id;
    let stopped = store.command(scan, Command::Stop, by(1)).await.unwrap();
    assert_eq!((stopped.status, stopped.started_at), (State::Cancelled, None));

    let (queued, count) = retry(&store, scan, RetryOf::Everything, 2).await;

    assert_eq!((queued.status, queued.started_at, count), (State::Queued, Some(at(2)), 8));
    run_dry(&store, 3).await;
    assert_eq!(store.scan(scan).await.unwrap().status, State::Completed);
}
