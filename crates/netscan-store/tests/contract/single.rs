//! Rules on what people do with one batch: try it again, stop it, change it.

use netscan_model::batch::{Outcome, StateName};
use netscan_model::coverage::{Coverage, CoverageState};
use netscan_model::scan::{Command, State};
use netscan_store::{
    AttemptReport, BatchChanges, BatchRecord, Lease, Reclaim, Store, StoreError, Verdict,
};
use uuid::Uuid;

use super::given::{
    at, by, complete, leased, realm, report, run_dry, set, size, started, states, up,
};

async fn first_batch(store: &Store, scan: Uuid) -> BatchRecord {
    realm(store).await.batches(scan).await.unwrap().remove(0)
}

async fn let_go(store: &Store, lease: &Lease, second: i64) -> StateName {
    let report = AttemptReport { verdict: Verdict::HandBack, ..report(Outcome::Killed) };
    store.finish_attempt(lease, &report, at(second)).await.unwrap()
}

pub(crate) async fn a_batch_that_waits_is_stopped_at_once(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let batch = first_batch(&store, scan).await;

    let stopped = realm(&store).await.stop_batch(batch.id, by(1)).await.unwrap();
    let again = realm(&store).await.stop_batch(batch.id, by(2)).await.unwrap();

    assert_eq!((stopped.status, again.status), (StateName::Cancelled, StateName::Cancelled));
    let cancelled = store.coverage_ranges(scan, CoverageState::Cancelled).await.unwrap();
    let shown: Vec<_> =
        cancelled.iter().map(|line| (line.addresses.to_string(), line.reason.clone())).collect();
    assert_eq!(shown, [("10.0.0.1-10.0.0.4".to_owned(), "the batch was stopped".to_owned())]);
    assert_eq!(leased(&store, 2).await.batch_number, 2);
}

pub(crate) async fn a_batch_that_runs_is_stopped_by_its_worker(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.2")], &[], at(2)).await.unwrap();

    let asked = realm(&store).await.stop_batch(lease.batch, by(3)).await.unwrap();

    assert_eq!(asked.status, StateName::Leased);
    assert_eq!(store.to_be_recalled().await.unwrap(), [lease.batch]);
    assert_eq!(let_go(&store, &lease, 4).await, StateName::Cancelled);
    assert_eq!(store.to_be_recalled().await.unwrap(), [] as [Uuid; 0]);
    let coverage = Coverage { planned: 8, up: 1, cancelled: 3, pending: 4, ..Coverage::default() };
    assert_eq!(store.coverage(scan).await.unwrap(), coverage);
    assert_eq!(store.scan(scan).await.unwrap().status, State::Running);
}

pub(crate) async fn a_batch_that_is_done_before_its_worker_hears_of_the_stop_is_done(store: Store) {
    started(&store, "10.0.0.1-10.0.0.8").await;
    let lease = leased(&store, 1).await;
    realm(&store).await.stop_batch(lease.batch, by(3)).await.unwrap();

    assert_eq!(complete(&store, &lease, 4).await, StateName::Succeeded);
}

pub(crate) async fn a_stop_asked_of_a_worker_that_is_gone_is_done_at_its_reclaim(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let lease = leased(&store, 1).await;
    realm(&store).await.stop_batch(lease.batch, by(2)).await.unwrap();

    store.reclaim(Reclaim::All, at(3)).await.unwrap();

    assert_eq!(states(&store, scan).await, [StateName::Cancelled, StateName::Waiting]);
}

pub(crate) async fn a_batch_that_was_given_up_is_tried_again_as_a_new_one(store: Store) {
    let scan = started(&store, "10.0.0.1").await;
    for second in [1, 9] {
        let lease = leased(&store, second).await;
        store.finish_attempt(&lease, &report(Outcome::Crashed), at(second)).await.unwrap();
    }
    let failed = first_batch(&store, scan).await;
    assert_eq!(store.scan(scan).await.unwrap().status, State::Failed);

    let new = realm(&store).await.retry_batch(failed.id, by(20)).await.unwrap();

    assert_eq!((new.number, new.parent_id, new.status), (2, Some(failed.id), StateName::Waiting));
    assert_eq!((new.addresses, new.attempts_allowed), (set("10.0.0.1"), 2));
    assert_eq!(store.scan(scan).await.unwrap().status, State::Queued);
    run_dry(&store, 21).await;
    assert_eq!(store.scan(scan).await.unwrap().status, State::Completed);
    assert_eq!(states(&store, scan).await, [StateName::Failed, StateName::Succeeded]);
}

pub(crate) async fn only_what_a_batch_has_left_over_is_tried_again(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &[up("10.0.0.2")], &[], at(2)).await.unwrap();
    // All that is cancelled is one line of the ledger, which reaches into the other batch.
    store.command(scan, Command::Stop, by(3)).await.unwrap();
    let_go(&store, &lease, 4).await;

    let new = realm(&store).await.retry_batch(lease.batch, by(5)).await.unwrap();

    assert_eq!(new.addresses, set("10.0.0.1 10.0.0.3-10.0.0.4"));
    let coverage = Coverage { planned: 8, up: 1, cancelled: 4, pending: 3, ..Coverage::default() };
    assert_eq!(store.coverage(scan).await.unwrap(), coverage);
    let refused = realm(&store).await.retry_batch(lease.batch, by(6)).await.unwrap_err();
    assert_eq!(refused.to_string(), "nothing of batch 1 is left to be scanned");
    assert!(refused.is_conflict());
}

pub(crate) async fn what_is_open_or_done_is_not_tried_again_and_what_is_over_not_changed(
    store: Store,
) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let realm = realm(&store).await;
    let lease = leased(&store, 1).await;
    let waiting = realm.batches(scan).await.unwrap()[1].id;
    let words = async |batch| realm.retry_batch(batch, by(2)).await.unwrap_err().to_string();

    assert_eq!(words(waiting).await, "a batch that is waiting cannot be tried again");
    assert_eq!(words(lease.batch).await, "a batch that is leased cannot be tried again");
    complete(&store, &lease, 3).await;
    assert_eq!(words(lease.batch).await, "a batch that is succeeded cannot be tried again");
    let stop = realm.stop_batch(lease.batch, by(4)).await.unwrap_err();
    assert_eq!(stop.to_string(), "a batch that is succeeded cannot be stopped");
    let set = realm.set_batch(lease.batch, &BatchChanges::default(), by(4)).await.unwrap_err();
    assert!(matches!(set, StoreError::Transition(_)) && set.is_conflict(), "{set}");
}

pub(crate) async fn a_batch_may_be_given_more_attempts(store: Store) {
    let scan = started(&store, "10.0.0.1").await;
    let batch = first_batch(&store, scan).await;
    let more = BatchChanges { attempts_allowed: Some(size(3)), ..BatchChanges::default() };

    let changed = realm(&store).await.set_batch(batch.id, &more, by(1)).await.unwrap();

    assert_eq!(changed, BatchRecord { attempts_allowed: 3, ..batch });
    for (second, state) in
        [(1, StateName::Waiting), (9, StateName::Waiting), (99, StateName::Failed)]
    {
        let lease = leased(&store, second).await;
        let crashed = report(Outcome::Crashed);
        assert_eq!(store.finish_attempt(&lease, &crashed, at(second)).await.unwrap(), state);
    }
}
