//! Rules on leases: who may run what, and for how long.

use std::collections::BTreeSet;

use netscan_model::batch::{Outcome, StateName};
use netscan_model::scan::{Desired, Priority, State};
use netscan_store::{
    AttemptDetail, LeaseRequest, LimitChanges, NewScan, Reclaim, Renewal, Store, StoreError,
};
use uuid::Uuid;

use super::given::{
    LEASE, at, by, complete, created, leased, limits, new_scan, report, request, set, size,
    started, states, up,
};

/// The numbers of the batches that `leasers` get when they all ask at once until nothing is left.
async fn race(store: &Store, leasers: usize) -> Vec<u64> {
    let asking = (0..leasers).map(|worker| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut numbers = Vec::new();
            let request = request(&format!("w{worker}"));
            while let Some(lease) = store.lease_next(&request, at(1)).await.unwrap() {
                numbers.push(lease.batch_number);
            }
            numbers
        })
    });
    let mut numbers = Vec::new();
    for task in asking.collect::<Vec<_>>() {
        numbers.extend(task.await.unwrap());
    }
    numbers.sort_unstable();
    numbers
}

pub(crate) async fn a_batch_is_leased_once(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.200").await;
    let many = LimitChanges { concurrency: Some(size(99)), ..LimitChanges::default() };
    store.change_limits(scan, &many, by(0)).await.unwrap();

    let numbers = race(&store, 16).await;

    assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
    let attempts = store.attempts(scan).await.unwrap();
    let batches: BTreeSet<_> = attempts.iter().map(|attempt| attempt.batch_number).collect();
    assert_eq!((attempts.len(), batches.len()), (50, 50));
}

pub(crate) async fn no_more_batches_run_than_the_scan_allows(store: Store) {
    started(&store, "10.0.0.1-10.0.0.200").await;

    assert_eq!(race(&store, 16).await, [1, 2, 3, 4]);
}

pub(crate) async fn the_most_urgent_scan_goes_first_and_then_the_oldest(store: Store) {
    let with = |priority, id| NewScan {
        limits: netscan_model::scan::Limits { priority, ..limits() },
        is_started: true,
        ..new_scan(id, "10.0.0.1-10.0.0.8")
    };
    for (id, priority) in [(1, Priority::Low), (2, Priority::High), (3, Priority::High)] {
        created(&store, &with(priority, id)).await;
    }

    let mut order = Vec::new();
    while let Some(lease) = store.lease_next(&request("w"), at(1)).await.unwrap() {
        order.push((lease.scan_number, lease.batch_number));
    }

    assert_eq!(order, [(2, 1), (2, 2), (3, 1), (3, 2), (1, 1), (1, 2)]);
}

pub(crate) async fn only_the_scan_that_was_asked_for_is_leased(store: Store) {
    started(&store, "10.0.0.1").await;
    created(&store, &NewScan { is_started: true, ..new_scan(2, "10.0.0.1") }).await;
    let only = |id| LeaseRequest { only: Some(Uuid::from_u128(id)), ..request("w") };

    assert_eq!(store.lease_next(&only(2), at(1)).await.unwrap().unwrap().scan_number, 2);
    assert_eq!(store.lease_next(&only(2), at(1)).await.unwrap(), None);
    assert_eq!(store.lease_next(&only(9), at(1)).await.unwrap(), None);
}

pub(crate) async fn a_batch_that_failed_is_not_leased_before_its_time(store: Store) {
    started(&store, "10.0.0.1").await;
    let lease = leased(&store, 1).await;

    let state = store.finish_attempt(&lease, &report(Outcome::Crashed), at(2)).await.unwrap();

    assert_eq!(state, StateName::Waiting);
    assert_eq!(store.lease_next(&request("w"), at(2)).await.unwrap(), None);
    assert_eq!(leased(&store, 3).await.epoch, 2);
}

pub(crate) async fn a_lease_carries_what_is_left(store: Store) {
    started(&store, "10.0.0.1-10.0.0.8").await;
    let first = leased(&store, 1).await;
    store.record_hosts(&first, &[up("10.0.0.1")], &[], at(2)).await.unwrap();
    store.finish_attempt(&first, &report(Outcome::Killed), at(2)).await.unwrap();

    let again = leased(&store, 9).await;

    assert_eq!((again.batch_number, again.attempt_number, again.epoch), (1, 2, 2));
    assert_eq!(again.addresses, set("10.0.0.2-10.0.0.4"));
    assert_eq!((again.options.as_str(), again.until), ("-sT", at(9) + LEASE));
    assert_ne!(again.attempt, first.attempt);
}

pub(crate) async fn a_renewed_lease_is_not_taken_back(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let kept = leased(&store, 0).await;
    let lost = leased(&store, 0).await;

    let renewal = store.renew(&kept, LEASE, at(20)).await.unwrap();
    let count = store.reclaim(Reclaim::Lapsed, at(31)).await.unwrap();

    assert_eq!(renewal, Renewal { desired: Desired::Run, until: at(50) });
    assert_eq!(count, 1);
    assert_eq!(states(&store, scan).await, [StateName::Leased, StateName::Waiting]);
    complete(&store, &kept, 32).await;
    let stale = store.renew(&lost, LEASE, at(32)).await.unwrap_err();
    assert!(matches!(stale, StoreError::Stale { .. }), "{stale}");
}

pub(crate) async fn a_late_report_after_the_lease_was_reclaimed_is_refused(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let late = leased(&store, 0).await;
    store.reclaim(Reclaim::Lapsed, at(31)).await.unwrap();
    // Both while it waits and after somebody else has it.
    for second in [32, 40] {
        let told = super::given::told(&store, scan).await;
        let hosts = [up("10.0.0.1")];
        let withheld = netscan_model::coverage::CoverageRange {
            addresses: "10.0.0.1".parse().unwrap(),
            state: netscan_model::coverage::CoverageState::OutOfScope,
            reason: String::new(),
        };

        let refusals = [
            store.record_hosts(&late, &hosts, &[], at(second)).await.unwrap_err(),
            store.renew(&late, LEASE, at(second)).await.unwrap_err(),
            store.note_attempt(&late, &AttemptDetail::default()).await.unwrap_err(),
            store.quarantine(&late, &up("10.9.9.9"), at(second)).await.unwrap_err(),
            store.withhold(&late, &[withheld], at(second)).await.unwrap_err(),
            store.finish_attempt(&late, &report(Outcome::Succeeded), at(second)).await.unwrap_err(),
        ];

        for refusal in refusals {
            assert!(matches!(refusal, StoreError::Stale { .. }), "{refusal}");
            assert!(!refusal.is_retryable());
        }
        assert_eq!(super::given::told(&store, scan).await, told);
        assert_eq!(store.coverage(scan).await.unwrap().pending, 4);
        assert_eq!(store.quarantined(scan).await.unwrap(), 0);
        if second == 32 {
            leased(&store, 33).await;
        }
    }
    let outcomes: Vec<_> =
        store.attempts(scan).await.unwrap().iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Lost, Outcome::Running]);
}

pub(crate) async fn a_restart_uses_no_attempt_and_a_lapse_does(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let attempts = async || store.batches(scan).await.unwrap()[0].attempts;
    leased(&store, 0).await;
    assert_eq!(attempts().await, 1);

    assert_eq!(store.reclaim(Reclaim::All, at(1)).await.unwrap(), 1);
    assert_eq!(attempts().await, 0);
    leased(&store, 2).await;
    assert_eq!(store.reclaim(Reclaim::Lapsed, at(32)).await.unwrap(), 0);
    assert_eq!(store.reclaim(Reclaim::Lapsed, at(33)).await.unwrap(), 1);

    assert_eq!(attempts().await, 1);
    assert_eq!(store.scan(scan).await.unwrap().status, State::Running);
    let ended: Vec<_> =
        store.attempts(scan).await.unwrap().iter().map(|one| one.ended_at).collect();
    assert_eq!(ended, [Some(at(1)), Some(at(33))]);
}
