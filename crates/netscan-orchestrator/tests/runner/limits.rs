//! How long, how much and how fast: limits of a scan, a project and the server, obeyed while they
//! are changed.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::coverage::Coverage;
use netscan_model::scan::{Scan, State};
use netscan_orchestrator::submit::Wishes;
use netscan_store::{Politeness, ProjectChanges, ProjectLimits, ServerLimits};
use netscan_testkit::{Act, FakeNmap};

use crate::bench::{Bench, Server, batches_of, by, until};

fn number(number: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(number)
}

async fn limit(bench: &Bench, scan: &Scan, limits: ProjectLimits) {
    let changes = ProjectChanges { limits: Some(limits), ..ProjectChanges::default() };
    bench.realm.change_project(scan.project_id, &changes, by()).await.unwrap();
}

fn running(server: &Server) -> usize {
    server.runner.activity().len()
}

/// Waits until so many batches run, and watches that for a while there are never more.
async fn settles_at(server: &Server, count: usize) {
    until(&format!("{count} run"), async || running(server) == count).await;
    let ends = tokio::time::Instant::now() + Duration::from_millis(700);
    until("time passes", async || {
        assert!(running(server) <= count, "{} run", running(server));
        tokio::time::Instant::now() > ends
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_ends_when_its_time_is_over_and_says_so() {
    let bench = Bench::with(FakeNmap::new().after(2, Act::Hang)).await;
    let max_duration_ms = NonZeroU64::new(700);
    let wishes = Wishes { max_duration_ms, ..batches_of(4, 1) };
    let scan = bench.submit("127.0.0.0/29", wishes).await.unwrap();
    let server = bench.serve(bench.patient()).await;

    let ended = bench.reaches(&scan, State::Partial).await;

    let reason = ended.reason.unwrap();
    assert!(reason.contains("max_duration"), "{reason}");
    let expected = Coverage { planned: 8, up: 2, cancelled: 6, ..Coverage::default() };
    assert_eq!(bench.coverage(&scan).await, expected);
    assert_eq!(bench.programs(), 0);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_ends_when_it_has_found_enough_and_says_so() {
    let bench = Bench::with(FakeNmap::new().delay(Duration::from_millis(50))).await;
    let wishes = Wishes { max_results: NonZeroU64::new(5), ..batches_of(4, 1) };
    let scan = bench.submit("127.0.0.0/25", wishes).await.unwrap();
    let server = bench.serve(bench.settings()).await;

    let ended = bench.reaches(&scan, State::Partial).await;

    let reason = ended.reason.unwrap();
    assert!(reason.contains("max_results"), "{reason}");
    let coverage = bench.coverage(&scan).await;
    assert!((5..40).contains(&coverage.up), "{coverage:?}");
    assert_eq!(coverage.up + coverage.cancelled, 128);
    assert_eq!(bench.programs(), 0);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_runs_as_many_batches_as_it_may_also_when_that_changes() {
    let bench = Bench::with(FakeNmap::new().after(1, Act::Hang)).await;
    let scan = bench.submit("127.0.0.0/27", batches_of(4, 4)).await.unwrap();
    bench.submit("127.0.1.0/27", batches_of(4, 4)).await.unwrap();
    let batches = |max_batches| ProjectLimits { max_batches, ..ProjectLimits::default() };
    limit(&bench, &scan, batches(number(2))).await;
    let server = bench.serve(bench.patient()).await;

    settles_at(&server, 2).await;
    limit(&bench, &scan, batches(number(5))).await;
    settles_at(&server, 5).await;
    limit(&bench, &scan, batches(number(1))).await;
    settles_at(&server, 1).await;

    let waiting = bench.realm.waiting(scan.id, Timestamp::now()).await.unwrap();
    assert!(!waiting.is_empty(), "what waits says why");
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_runs_as_many_batches_as_it_may_also_when_that_changes() {
    let bench = Bench::with(FakeNmap::new().after(1, Act::Hang)).await;
    bench.submit("127.0.0.0/27", batches_of(4, 4)).await.unwrap();
    let batches = |max_batches| ServerLimits { max_batches, ..ServerLimits::default() };
    bench.store.set_server_limits(&batches(number(3)), by()).await.unwrap();
    let server = bench.serve(bench.patient()).await;

    settles_at(&server, 3).await;
    bench.store.set_server_limits(&batches(number(1)), by()).await.unwrap();
    settles_at(&server, 1).await;

    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_runs_as_many_scans_as_it_may() {
    let bench = Bench::with(FakeNmap::new().after(1, Act::Hang)).await;
    let first = bench.submit("127.0.0.0/29", batches_of(4, 2)).await.unwrap();
    let second = bench.submit("127.0.1.0/29", batches_of(4, 2)).await.unwrap();
    let scans = |max_scans| ProjectLimits { max_scans, ..ProjectLimits::default() };
    limit(&bench, &first, scans(number(1))).await;
    let server = bench.serve(bench.patient()).await;

    settles_at(&server, 2).await;
    assert_eq!(bench.scan(&second).await.status, State::Queued);
    limit(&bench, &first, scans(None)).await;
    settles_at(&server, 4).await;

    assert_eq!(bench.scan(&second).await.status, State::Running);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projects_rate_reaches_what_runs_when_it_changes() {
    let bench = Bench::with(FakeNmap::new().after(1, Act::Hang)).await;
    let scan = bench.submit("127.0.0.0/27", batches_of(4, 2)).await.unwrap();
    let rate = |max_rate| ProjectLimits { max_batches: number(2), max_rate, ..Default::default() };
    limit(&bench, &scan, rate(number(100))).await;
    let server = bench.serve(bench.patient()).await;

    let all_at = async |rate: &str| {
        let expected = [Some(rate.to_owned()), Some(rate.to_owned())];
        until(&format!("both at {rate}"), async || bench.rates(&scan).await == expected).await;
    };
    all_at("50").await;
    limit(&bench, &scan, rate(number(60))).await;
    all_at("30").await;

    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_spared_however_many_scans_are_after_it() {
    let bench = Bench::with(FakeNmap::new().after(1, Act::Hang)).await;
    let politeness = Politeness { address_rate: None, network_rate: number(100) };
    let limits = ServerLimits { politeness, ..ServerLimits::default() };
    bench.store.set_server_limits(&limits, by()).await.unwrap();
    let rated = |rate| Wishes { max_rate: number(rate), ..batches_of(4, 1) };
    bench.submit("127.0.0.0/29", rated(60)).await.unwrap();
    let near = bench.submit("127.0.0.64/29", rated(60)).await.unwrap();
    let far = bench.submit("127.0.1.0/29", rated(60)).await.unwrap();
    let server = bench.serve(bench.patient()).await;

    settles_at(&server, 2).await;

    assert_eq!(bench.scan(&far).await.status, State::Running);
    assert_eq!(bench.scan(&near).await.status, State::Queued);
    let waiting = bench.realm.waiting(near.id, Timestamp::now()).await.unwrap();
    assert!(waiting[0].reason.contains("127.0.0.0/24"), "{waiting:?}");
    server.end().await;
}
