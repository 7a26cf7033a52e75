//! Rules on the limits that end a scan: the time that it may run, and the results that are wanted.

use std::num::NonZeroU64;

use netscan_model::batch::StateName;
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::scan::{Command, Desired, Limits, State};
use netscan_store::{AttemptReport, LimitChanges, NewScan, RetryOf, Store, Verdict};
use serde_json::json;
use uuid::Uuid;

use super::given::{
    at, by, complete, created, leased, limits, new_scan, plan, report, started, states, up,
};

async fn with(store: &Store, limits: Limits) -> Uuid {
    let new = NewScan { limits, is_started: true, ..new_scan(1, "10.0.0.1-10.0.0.12") };
    created(store, &new).await.id
}

fn ten_seconds() -> Limits {
    Limits { max_duration_ms: NonZeroU64::new(10_000), ..limits() }
}

/// Ends the attempt as a runner does that was told to stop.
async fn let_go(store: &Store, lease: &netscan_store::Lease, second: i64) -> StateName {
    let killed = report(netscan_model::batch::Outcome::Killed);
    let report = AttemptReport { verdict: Verdict::HandBack, ..killed };
    store.finish_attempt(lease, &report, at(second)).await.unwrap()
}

pub(crate) async fn a_scan_that_ran_as_long_as_it_may_is_stopped_and_says_so(store: Store) {
    let scan = with(&store, ten_seconds()).await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.1")], &[], at(2)).await.unwrap();

    assert_eq!(store.enforce_limits(at(10)).await.unwrap(), [] as [Uuid; 0]);
    assert_eq!(store.enforce_limits(at(11)).await.unwrap(), [scan]);
    assert_eq!(store.enforce_limits(at(12)).await.unwrap(), [] as [Uuid; 0]);

    let reason = "the scan's max_duration of 10 s was reached";
    let stopping = store.scan(scan).await.unwrap();
    assert_eq!((stopping.status, stopping.desired), (State::Running, Desired::Stop));
    assert_eq!(stopping.reason.as_deref(), Some(reason));
    assert_eq!(store.pulse(scan).await.unwrap().desired, Desired::Stop);
    let_go(&store, &lease, 13).await;

    let ended = store.scan(scan).await.unwrap();
    assert_eq!((ended.status, ended.reason.as_deref()), (State::Partial, Some(reason)));
    assert_eq!((ended.completed_at, ended.updated_at), (Some(at(13)), at(13)));
    let cancelled = store.coverage_ranges(scan, CoverageState::Cancelled).await.unwrap();
    let expected = ["10.0.0.2-10.0.0.4", "10.0.0.5-10.0.0.12"].map(|range| CoverageRange {
        addresses: range.parse().unwrap(),
        state: CoverageState::Cancelled,
        reason: reason.into(),
    });
    assert_eq!(cancelled, expected);
    assert_eq!(states(&store, scan).await, [StateName::Cancelled; 3]);
}

pub(crate) async fn a_limit_is_told_and_written_down(store: Store) {
    let scan = with(&store, ten_seconds()).await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.1")], &[], at(2)).await.unwrap();
    store.enforce_limits(at(11)).await.unwrap();
    let_go(&store, &lease, 12).await;

    let reason = "the scan's max_duration of 10 s was reached";
    let events = store.events(scan, 0, 99).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .filter(|event| event.event == "status" && event.body["reason"] == reason)
        .map(|event| event.body["status"].clone())
        .collect();
    assert_eq!(told, ["running", "partial"]);
    let rows = store.audited(99).await.unwrap();
    let row = rows.iter().find(|row| row.action == "scan.limit").unwrap();
    assert_eq!((row.actor.as_str(), row.subject.as_str()), ("netscan", &*scan.to_string()));
    assert_eq!(row.detail, json!({ "limit": "max_duration", "reason": reason }));
}

pub(crate) async fn the_time_of_a_pause_does_not_count(store: Store) {
    let scan = with(&store, ten_seconds()).await;
    let lease = leased(&store, 1).await;
    store.command(scan, Command::Pause, by(4)).await.unwrap();
    let_go(&store, &lease, 5).await;
    assert_eq!(store.scan(scan).await.unwrap().status, State::Paused);

    assert_eq!(store.enforce_limits(at(1_000)).await.unwrap(), [] as [Uuid; 0]);
    store.command(scan, Command::Resume, by(1_000)).await.unwrap();
    assert_eq!(
        store.enforce_limits(at(2_000)).await.unwrap(),
        [] as [Uuid; 0],
        "it waits for a worker"
    );
    leased(&store, 2_000).await;
    assert_eq!(store.enforce_limits(at(2_005)).await.unwrap(), [] as [Uuid; 0]);

    assert_eq!(store.enforce_limits(at(2_006)).await.unwrap(), [scan]);
}

pub(crate) async fn a_scan_that_found_as_much_as_is_wanted_is_stopped(store: Store) {
    let scan = with(&store, Limits { max_results: NonZeroU64::new(2), ..limits() }).await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.1")], &[], at(2)).await.unwrap();
    assert_eq!(store.enforce_limits(at(2)).await.unwrap(), [] as [Uuid; 0]);
    store.record_hosts(&lease, &[up("10.0.0.2")], &[], at(3)).await.unwrap();

    assert_eq!(store.enforce_limits(at(3)).await.unwrap(), [scan]);

    complete(&store, &lease, 4).await;
    let ended = store.scan(scan).await.unwrap();
    assert_eq!(ended.status, State::Partial);
    assert_eq!(ended.reason.as_deref(), Some("the scan's max_results of 2 was reached"));
}

pub(crate) async fn a_stop_by_hand_is_not_taken_for_a_limit(store: Store) {
    let scan = with(&store, ten_seconds()).await;
    let lease = leased(&store, 1).await;
    store.command(scan, Command::Stop, by(9)).await.unwrap();

    assert_eq!(store.enforce_limits(at(99)).await.unwrap(), [] as [Uuid; 0]);

    let_go(&store, &lease, 100).await;
    let ended = store.scan(scan).await.unwrap();
    assert_eq!((ended.status, ended.reason), (State::Cancelled, None));
}

pub(crate) async fn what_a_limit_left_over_is_taken_up_once_the_limit_is_raised(store: Store) {
    let scan = with(&store, ten_seconds()).await;
    let lease = leased(&store, 1).await;
    store.enforce_limits(at(11)).await.unwrap();
    complete(&store, &lease, 12).await;
    let more = LimitChanges { max_duration_ms: Some(None), ..LimitChanges::default() };
    store.change_limits(scan, &more, by(13)).await.unwrap();
    let cut = |addresses: netscan_model::AddressSet| plan(&addresses, 4).into_iter();

    let (again, count) = store.retry(scan, RetryOf::Everything, cut, by(14)).await.unwrap();

    assert_eq!((again.status, again.reason, count), (State::Queued, None, 8));
    super::given::run_dry(&store, 15).await;
    assert_eq!(store.scan(scan).await.unwrap().status, State::Completed);
}

pub(crate) async fn an_explanation_does_not_hide_the_limit(store: Store) {
    let scan = with(&store, ten_seconds()).await;
    leased(&store, 1).await;
    store.enforce_limits(at(11)).await.unwrap();

    store.explain(scan, None, at(12)).await.unwrap();

    let reason = store.scan(scan).await.unwrap().reason;
    assert_eq!(reason.as_deref(), Some("the scan's max_duration of 10 s was reached"));
}

pub(crate) async fn a_scan_without_limits_goes_on(store: Store) {
    started(&store, "10.0.0.1-10.0.0.8").await;
    leased(&store, 1).await;

    assert_eq!(store.enforce_limits(at(1_000_000)).await.unwrap(), [] as [Uuid; 0]);
}
