//! Rules on reading a little of a large scan.

use netscan_model::batch::{Outcome, StateName};
use netscan_store::{AttemptReport, BatchCounts, Store, Verdict};

use super::given::{
    PROJECT, at, by, complete, created, leased, new_scan, realm, report, size, started,
};

pub(crate) async fn batches_are_counted_by_state_with_their_next_try(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.20").await;
    let (done, failed) = (leased(&store, 1).await, leased(&store, 1).await);
    leased(&store, 1).await;
    complete(&store, &done, 2).await;
    store.finish_attempt(&failed, &report(Outcome::Crashed), at(2)).await.unwrap();

    let soon = store.batch_counts(scan, at(2)).await.unwrap();
    let later = store.batch_counts(scan, at(86_400)).await.unwrap();

    let next_try = store.batches(scan).await.unwrap()[1].not_before;
    let expected = BatchCounts { waiting: 3, leased: 1, succeeded: 1, ..BatchCounts::default() };
    assert_eq!(later, expected);
    assert_eq!(soon, BatchCounts { backing_off: 1, next_try: Some(next_try), ..expected });
    assert_eq!((soon.total(), soon.open()), (5, 4));
}

pub(crate) async fn batches_of_one_state_come_by_number_up_to_a_limit(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.20").await;
    let first = leased(&store, 1).await;

    let numbers = async |state, most| {
        let batches = store.batches_in(scan, state, most).await.unwrap();
        batches.into_iter().map(|batch| batch.number).collect::<Vec<_>>()
    };

    assert_eq!(numbers(StateName::Waiting, 3).await, [2, 3, 4]);
    assert_eq!(numbers(StateName::Leased, 3).await, [first.batch_number]);
    assert_eq!(numbers(StateName::Failed, 3).await, [0; 0]);
}

pub(crate) async fn a_batch_is_shown_by_the_names_it_is_found_by(store: Store) {
    let scan = created(&store, &new_scan(1, "10.0.0.1-10.0.0.8")).await.id;
    let second = store.batches(scan).await.unwrap().remove(1);

    let found =
        async |reference: &str| realm(&store).await.find_batch(PROJECT, reference).await.unwrap();

    assert_eq!(found("1/2").await.as_ref(), Some(&second));
    assert_eq!(found(&second.id.to_string()).await.as_ref(), Some(&second));
    assert_eq!(found("1/3").await, None);
    realm(&store).await.split_batch(PROJECT, "1/2", size(2), by(1)).await.unwrap();
    assert_eq!(found("1/2").await.map(|batch| batch.status), Some(StateName::Superseded));
}

pub(crate) async fn the_slowest_attempts_are_told_whether_they_have_ended_or_not(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.16").await;
    let (quick, slow) = (leased(&store, 1).await, leased(&store, 1).await);
    let running = leased(&store, 5).await;
    complete(&store, &quick, 2).await;
    complete(&store, &slow, 9).await;

    let slowest = store.slowest_attempts(scan, 2, at(10)).await.unwrap();
    let later = store.slowest_attempts(scan, 2, at(60)).await.unwrap();

    let batches = |attempts: Vec<netscan_store::AttemptRecord>| {
        attempts.into_iter().map(|attempt| attempt.batch_number).collect::<Vec<_>>()
    };
    assert_eq!(batches(slowest), [slow.batch_number, running.batch_number]);
    assert_eq!(batches(later), [running.batch_number, slow.batch_number]);
}

pub(crate) async fn the_last_failures_are_told_and_all_are_counted(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.16").await;
    assert_eq!(store.failed_attempts(scan, 2).await.unwrap(), (vec![], 0));
    let mut failed = Vec::new();
    for second in 1..4 {
        let lease = leased(&store, second).await;
        store.finish_attempt(&lease, &report(Outcome::Hung), at(second)).await.unwrap();
        failed.push(lease.batch_number);
    }
    complete(&store, &leased(&store, 4).await, 4).await;
    let recalled = AttemptReport { verdict: Verdict::HandBack, ..report(Outcome::Killed) };
    let lease = leased(&store, 600).await;
    store.finish_attempt(&lease, &recalled, at(600)).await.unwrap();

    let (told, total) = store.failed_attempts(scan, 2).await.unwrap();

    let numbers: Vec<_> = told.iter().map(|attempt| attempt.batch_number).collect();
    assert_eq!((&numbers[..], total), (&failed[1..], 3));
    assert_eq!(told[0].reason.as_deref(), Some("it broke"));
}

pub(crate) async fn the_first_attempts_come_oldest_first(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.20").await;
    let first = leased(&store, 1).await;
    let second = leased(&store, 2).await;
    store.finish_attempt(&first, &report(Outcome::Crashed), at(3)).await.unwrap();
    leased(&store, 9).await;

    let attempts = store.earliest_attempts(scan, 2).await.unwrap();

    let ids: Vec<_> = attempts.iter().map(|attempt| attempt.id).collect();
    assert_eq!(ids, [first.attempt, second.attempt]);
    assert_eq!(attempts[..], store.attempts(scan).await.unwrap()[..2]);
}
