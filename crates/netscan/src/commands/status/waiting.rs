//! Why something waits.

use jiff::Timestamp;
use netscan_model::batch::StateName;
use netscan_model::scan::{Desired, Scan, State};
use netscan_store::BatchRecord;
use serde::Serialize;

use crate::output::words;

/// One thing that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Waiting {
    /// The scan's number.
    pub(super) scan: u64,
    /// The batch's number, if it is about one batch.
    pub(super) batch: Option<u64>,
    /// Why, as a sentence.
    pub(super) reason: String,
    /// Until when, if that is known.
    pub(super) until: Option<Timestamp>,
}

/// What waits in `scan`. `is_held` says whether some process runs scans.
pub(super) fn of_scan(
    scan: &Scan,
    batches: &[BatchRecord],
    is_held: bool,
    now: Timestamp,
) -> Vec<Waiting> {
    if let Some(reason) = as_a_whole(scan, is_held) {
        return vec![Waiting { scan: scan.number, batch: None, reason, until: None }];
    }
    if scan.status.is_terminal() {
        return vec![];
    }
    let waits = batches.iter().filter(|batch| batch.status == StateName::Waiting);
    let (backing_off, ready): (Vec<_>, Vec<_>) = waits.partition(|batch| batch.not_before > now);
    let mut waiting: Vec<_> = backing_off.into_iter().map(|batch| back_off(scan, batch)).collect();
    let leased = batches.iter().filter(|batch| batch.status == StateName::Leased).count();
    if !ready.is_empty() {
        let reason = for_others(scan, ready.len(), leased);
        waiting.push(Waiting { scan: scan.number, batch: None, reason, until: None });
    }
    waiting
}

/// Why all of the scan waits, if it does.
fn as_a_whole(scan: &Scan, is_held: bool) -> Option<String> {
    let number = scan.number;
    match (scan.status, scan.desired) {
        (state, _) if state.is_terminal() => None,
        (_, Desired::Stop) if is_held => Some("it is being stopped; what runs is ended".into()),
        (_, Desired::Stop) => Some(format!("nobody runs it: end it with `netscan stop {number}`")),
        (State::Created, _) => {
            Some(format!("it has not been started: start it with `netscan run {number}`"))
        }
        (State::Paused, Desired::Pause) => {
            Some(format!("the operator paused it: go on with `netscan resume {number}`"))
        }
        (_, Desired::Pause) if is_held => {
            Some("it is being paused; what runs has a few seconds to end".into())
        }
        (_, _) if !is_held => Some(format!("nobody runs it: start it with `netscan run {number}`")),
        (State::Queued, Desired::Run) => Some(format!(
            "another scan runs, or it is about to start: `netscan run {number} --wait` makes sure of it"
        )),
        _ => None,
    }
}

fn back_off(scan: &Scan, batch: &BatchRecord) -> Waiting {
    let until = words::moment(batch.not_before);
    let why = batch.reason.as_ref().map_or_else(String::new, |reason| format!(", after: {reason}"));
    Waiting {
        scan: scan.number,
        batch: Some(batch.number),
        reason: format!("it is tried again at {until}{why}"),
        until: Some(batch.not_before),
    }
}

fn for_others(scan: &Scan, ready: usize, leased: usize) -> String {
    let ready = u64::try_from(ready).unwrap_or(u64::MAX);
    let batches = words::plural(ready, "batch waits", "batches wait");
    let most = scan.limits.concurrency;
    if u32::try_from(leased).is_ok_and(|leased| leased >= most.get()) {
        format!(
            "{batches} for others to end: {most} run at a time (`netscan set {} --concurrency`)",
            scan.number
        )
    } else {
        format!("{batches} to be taken up in a moment")
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use netscan_model::address::AddressSet;
    use netscan_model::scan::{Limits, Priority};
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn scan(status: State, desired: Desired) -> Scan {
        let number = |n| NonZeroU32::new(n).unwrap();
        Scan {
            id: Uuid::nil(),
            number: 7,
            name: String::new(),
            notes: String::new(),
            project: "default".into(),
            series: Uuid::nil(),
            status,
            desired,
            progress: 0.0,
            targets: vec![],
            options: String::new(),
            limits: Limits {
                batch_size: number(1),
                concurrency: number(1),
                max_rate: None,
                host_timeout_ms: None,
                batch_timeout_ms: None,
                attempts: number(3),
                priority: Priority::Medium,
            },
            created_at: NOW,
            started_at: None,
            completed_at: None,
            reason: None,
        }
    }

    fn batch(number: u64, status: StateName, not_before: i64) -> BatchRecord {
        BatchRecord {
            id: Uuid::nil(),
            scan_id: Uuid::nil(),
            number,
            parent_id: None,
            status,
            addresses: AddressSet::new(),
            address_count: 1,
            attempts: 1,
            attempts_allowed: 3,
            worker: None,
            not_before: Timestamp::from_second(not_before).unwrap(),
            reason: Some("nmap crashed".into()),
            hosts_up: 0,
            open_ports: 0,
            started_at: None,
            ended_at: None,
        }
    }

    fn reasons(scan: &Scan, batches: &[BatchRecord], is_held: bool) -> Vec<String> {
        of_scan(scan, batches, is_held, NOW).into_iter().map(|waiting| waiting.reason).collect()
    }

    #[test]
    fn a_scan_without_a_process_says_how_to_start_it() {
        let told = ["nobody runs it: start it with `netscan run 7`"];

        assert_eq!(reasons(&scan(State::Queued, Desired::Run), &[], false), told);
        assert_eq!(reasons(&scan(State::Running, Desired::Run), &[], false), told);
        assert_eq!(
            reasons(&scan(State::Paused, Desired::Pause), &[], false),
            ["the operator paused it: go on with `netscan resume 7`"]
        );
    }

    #[test]
    fn a_batch_that_failed_says_when_it_is_tried_again_and_why() {
        let batches = [
            batch(1, StateName::Leased, 0),
            batch(2, StateName::Waiting, 60),
            batch(3, StateName::Waiting, 0),
        ];

        let waiting = of_scan(&scan(State::Running, Desired::Run), &batches, true, NOW);

        assert_eq!((waiting[0].batch, waiting[0].until), (Some(2), Some(batches[1].not_before)));
        assert_eq!(
            waiting[0].reason,
            "it is tried again at 1970-01-01 00:01:00 UTC, after: nmap crashed"
        );
        assert_eq!(
            waiting[1].reason,
            "1 batch waits for others to end: 1 run at a time (`netscan set 7 --concurrency`)"
        );
    }

    #[test]
    fn nothing_waits_in_a_scan_that_is_over() {
        assert_eq!(reasons(&scan(State::Partial, Desired::Run), &[], false), [""; 0]);
    }
}
