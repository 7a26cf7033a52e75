//! Rules on what becomes of a batch: success, failure, halves, parts.

use netscan_model::AddressSet;
use netscan_model::batch::{Outcome, StateName};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::observation::{Protocol, ScanInfo};
use netscan_model::scan::State;
use netscan_store::{
    Artifact, AttemptDetail, AttemptReport, LimitChanges, Reclaim, Split, Store, Verdict,
};

use super::given::{
    PROJECT, all_silent, at, by, complete, leased, realm, report, request, run_dry, set, size,
    started, states, told, up,
};

/// Lets attempts fail from `second` on until no batch of the scan's first is left to try.
async fn fail(store: &Store, times: u32, mut second: i64) {
    for _ in 0..times {
        let lease = leased(store, second).await;
        store.finish_attempt(&lease, &report(Outcome::Crashed), at(second)).await.unwrap();
        second += 100;
    }
}

pub(crate) async fn the_last_attempt_that_fails_is_halved_and_the_parent_is_superseded(
    store: Store,
) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;

    fail(&store, 2, 1).await;

    let batches = store.batches(scan).await.unwrap();
    let parent = &batches[0];
    assert_eq!((parent.status, parent.attempts), (StateName::Superseded, 2));
    assert_eq!(parent.reason.as_deref(), Some("it broke"));
    let halves: Vec<_> = batches[1..]
        .iter()
        .map(|half| (half.parent_id, half.status, half.attempts_allowed, half.addresses.clone()))
        .collect();
    let half = |addresses| (Some(parent.id), StateName::Waiting, 1, set(addresses));
    assert_eq!(halves, [half("10.0.0.1-10.0.0.2"), half("10.0.0.3-10.0.0.4")]);
    assert!(told(&store, scan).await.contains(&"batch_split".to_owned()));
    run_dry(&store, 500).await;
    assert_eq!(store.scan(scan).await.unwrap().status, State::Completed);
}

pub(crate) async fn one_address_that_fails_to_the_end_is_given_up(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.5").await;
    let rest = leased(&store, 0).await;
    complete(&store, &rest, 0).await;

    fail(&store, 2, 1).await;

    assert_eq!(states(&store, scan).await, [StateName::Succeeded, StateName::Failed]);
    assert_eq!(store.scan(scan).await.unwrap().status, State::Partial);
    let failed = CoverageRange {
        addresses: "10.0.0.5".parse().unwrap(),
        state: CoverageState::Failed,
        reason: "it broke".into(),
    };
    assert_eq!(store.coverage_ranges(scan, CoverageState::Failed).await.unwrap(), [failed]);
}

pub(crate) async fn a_success_that_left_addresses_over_is_none(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.1")], &[], at(2)).await.unwrap();

    let state = store.finish_attempt(&lease, &report(Outcome::Succeeded), at(3)).await.unwrap();

    assert_eq!(state, StateName::Waiting);
    let attempts = store.attempts(scan).await.unwrap();
    assert_eq!(attempts[0].outcome, Outcome::Truncated);
    assert_eq!(attempts[0].reason.as_deref(), Some("nmap said nothing of 3 addresses"));
    // It got somewhere, so it does not count.
    assert_eq!(store.batches(scan).await.unwrap()[0].attempts, 0);
}

pub(crate) async fn a_batch_that_is_handed_back_has_used_no_attempt(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    let back = AttemptReport { verdict: Verdict::HandBack, ..report(Outcome::Killed) };

    assert_eq!(store.finish_attempt(&lease, &back, at(2)).await.unwrap(), StateName::Waiting);

    let batch = &store.batches(scan).await.unwrap()[0];
    assert_eq!((batch.attempts, batch.not_before, &batch.worker), (0, at(2), &None));
    // One that has nothing left is done.
    let lease = leased(&store, 2).await;
    store.record_hosts(&lease, &[], &all_silent(&lease.addresses), at(3)).await.unwrap();
    assert_eq!(store.finish_attempt(&lease, &back, at(3)).await.unwrap(), StateName::Succeeded);
    assert_eq!(store.scan(scan).await.unwrap().status, State::Completed);
}

pub(crate) async fn a_straggler_is_cut_into_parts(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.2")], &[], at(2)).await.unwrap();
    let cut = AttemptReport { verdict: Verdict::Cut(3), ..report(Outcome::Killed) };

    assert_eq!(store.finish_attempt(&lease, &cut, at(3)).await.unwrap(), StateName::Superseded);

    let batches = store.batches(scan).await.unwrap();
    let parts: Vec<_> = batches[1..].iter().map(|part| part.addresses.clone()).collect();
    assert_eq!(parts, [set("10.0.0.1"), set("10.0.0.3"), set("10.0.0.4")]);
}

pub(crate) async fn an_attempt_keeps_what_it_noted(store: Store) {
    let scan = started(&store, "10.0.0.1").await;
    let lease = leased(&store, 1).await;
    let started =
        AttemptDetail { argv: vec!["nmap".into(), "-sT".into()], ..AttemptDetail::default() };
    let ended = AttemptDetail {
        version: Some("7.93".into()),
        scan_infos: vec![ScanInfo {
            kind: "connect".into(),
            protocol: Some(Protocol::Tcp),
            service_count: 1000,
            services: "1-1000".into(),
            scan_flags: Some("SYN,FIN".into()),
        }],
        fallbacks: vec!["-sT instead of -sS".into()],
        exit_code: Some(0),
        signal: Some(9),
        stderr: "\u{1b}[31mred\n".into(),
        artifacts: vec![Artifact {
            name: "nmap.xml.gz".into(),
            path: "1/1".into(),
            size_bytes: u64::MAX,
            truncated: true,
        }],
        artifact_error: Some("disk full".into()),
        lines_dropped: 7,
        ..started.clone()
    };

    store.note_attempt(&lease, &started).await.unwrap();
    let running = store.attempts(scan).await.unwrap().remove(0);
    let end = AttemptReport { detail: ended.clone(), ..report(Outcome::Hung) };
    store.finish_attempt(&lease, &end, at(5)).await.unwrap();
    let over = store.attempts(scan).await.unwrap().remove(0);

    assert_eq!(
        (running.outcome, running.ended_at, running.detail),
        (Outcome::Running, None, started)
    );
    assert_eq!((over.outcome, over.ended_at, over.detail), (Outcome::Hung, Some(at(5)), ended));
    assert_eq!((over.id, over.worker.as_str(), over.epoch), (lease.attempt, "w", lease.epoch));
}

fn parts(split: Option<Split>) -> Vec<AddressSet> {
    let Some(Split::Done(parts)) = split else { panic!("{split:?}") };
    parts.into_iter().map(|part| part.addresses).collect()
}

pub(crate) async fn a_split_asked_for_twice_is_done_once(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;

    let first = realm(&store).await.split_batch(PROJECT, "1/1", size(2), by(1)).await.unwrap();
    let again = realm(&store).await.split_batch(PROJECT, "1/1", size(1), by(2)).await.unwrap();

    assert_eq!(again, first);
    assert_eq!(parts(first), [set("10.0.0.1-10.0.0.2"), set("10.0.0.3-10.0.0.4")]);
    assert_eq!(store.batches(scan).await.unwrap().len(), 3);
    assert_eq!(
        realm(&store).await.split_batch(PROJECT, "1/9", size(1), by(3)).await.unwrap(),
        None
    );
}

pub(crate) async fn a_split_of_a_running_batch_waits_for_its_worker(store: Store) {
    started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.1")], &[], at(2)).await.unwrap();

    let asked = realm(&store).await.split_batch(PROJECT, "1", size(2), by(3)).await.unwrap();

    assert_eq!(asked, Some(Split::Asked));
    assert_eq!(store.to_be_recalled().await.unwrap(), [lease.batch]);
    assert_eq!(store.lease_next(&request("other"), at(4)).await.unwrap(), None);
    let back = AttemptReport { verdict: Verdict::HandBack, ..report(Outcome::Killed) };
    let state = store.finish_attempt(&lease, &back, at(5)).await.unwrap();
    assert_eq!(state, StateName::Superseded);
    let done = realm(&store).await.split_batch(PROJECT, "1", size(2), by(6)).await.unwrap();
    assert_eq!(parts(done), [set("10.0.0.2-10.0.0.3"), set("10.0.0.4")]);
    assert!(store.to_be_recalled().await.unwrap().is_empty());
}

pub(crate) async fn a_split_asked_of_a_worker_that_is_gone_is_done_at_its_reclaim(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    leased(&store, 1).await;
    realm(&store).await.split_batch(PROJECT, "1", size(3), by(2)).await.unwrap();

    store.reclaim(Reclaim::All, at(3)).await.unwrap();

    let states = states(&store, scan).await;
    assert_eq!(states, [StateName::Superseded, StateName::Waiting, StateName::Waiting]);
}

pub(crate) async fn a_split_of_what_is_small_or_over_changes_nothing(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let small = realm(&store).await.split_batch(PROJECT, "1/1", size(4), by(1)).await.unwrap();
    let lease = leased(&store, 2).await;
    complete(&store, &lease, 3).await;

    let over = realm(&store).await.split_batch(PROJECT, "1/1", size(2), by(4)).await.unwrap();

    assert_eq!(small, Some(Split::SmallEnough));
    assert_eq!(over, Some(Split::Over(StateName::Succeeded)));
    assert_eq!(store.batches(scan).await.unwrap().len(), 1);
}

pub(crate) async fn a_batch_is_found_by_number_id_or_prefix(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.40").await;
    let second = store.batches(scan).await.unwrap()[1].id.to_string();
    let find = async |reference: &str| store.batch_number(scan, reference).await.unwrap();

    assert_eq!(find("2").await, Some(2));
    assert_eq!(find(&second).await, Some(2));
    assert_eq!(find(&second[..20].to_ascii_uppercase()).await, Some(2));
    for nothing in ["", "%", "_", "11", "-1", "é"] {
        assert_eq!(find(nothing).await, None, "{nothing:?}");
    }
    for nothing in ["", "1/", "/1", "9/1", "1/11", "%/1"] {
        let found =
            realm(&store).await.split_batch(PROJECT, nothing, size(1), by(1)).await.unwrap();
        assert_eq!(found, None, "{nothing:?}");
    }
    let one = LimitChanges { concurrency: Some(size(1)), ..LimitChanges::default() };
    store.change_limits(scan, &one, by(1)).await.unwrap();
    let by_prefix =
        realm(&store).await.split_batch(PROJECT, &second[..20], size(1), by(2)).await.unwrap();
    assert_eq!(parts(by_prefix).len(), 4);
}
