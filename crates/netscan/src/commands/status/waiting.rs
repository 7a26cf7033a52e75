//! Why something waits.

use jiff::Timestamp;
use netscan_model::scan::{Desired, Scan, State};
use netscan_orchestrator::lock::Holder;
use serde::Serialize;

use crate::desk::Overview;
use crate::output::words;

/// Batches of a scan that wait for the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Waiting {
    /// The scan's number.
    pub(crate) scan: u64,
    /// How many of its batches wait.
    pub(crate) batches: u64,
    /// Why, as a sentence.
    pub(crate) reason: String,
    /// Until when the first of them waits, if that is known.
    pub(crate) until: Option<Timestamp>,
}

/// What waits in `scan`. `holder` is the process that runs scans, if there is one.
pub(crate) fn of_scan(scan: &Scan, overview: &Overview, holder: Option<Holder>) -> Vec<Waiting> {
    let counts = &overview.counts;
    let line = |batches, reason, until| Waiting { scan: scan.number, batches, reason, until };
    if let Some(reason) = as_a_whole(scan, holder) {
        return vec![line(counts.waiting, reason, None)];
    }
    if scan.status.is_terminal() {
        return vec![];
    }
    let mut waiting = Vec::new();
    if let Some(next_try) = counts.next_try {
        let reason = for_their_time(counts.backing_off, next_try);
        waiting.push(line(counts.backing_off, reason, Some(next_try)));
    }
    let ready = counts.waiting - counts.backing_off;
    if ready > 0 {
        let why = overview.waiting.iter().find(|line| line.batches == ready);
        let why = why.map(|line| line.reason.as_str());
        let reason = for_others(scan, ready, counts.leased, why, holder);
        waiting.push(line(ready, reason, None));
    }
    waiting
}

/// Why all of the scan waits, if it does.
fn as_a_whole(scan: &Scan, holder: Option<Holder>) -> Option<String> {
    let number = scan.number;
    match (scan.status, scan.desired, holder) {
        (state, _, _) if state.is_terminal() => None,
        (_, Desired::Stop, Some(_)) => Some("it is being stopped; what runs is ended".into()),
        (_, Desired::Stop, None) => {
            Some(format!("nobody runs it: end it with `netscan stop {number}`"))
        }
        (State::Created, _, _) => {
            Some(format!("it has not been started: start it with `netscan run {number}`"))
        }
        (State::Paused, Desired::Pause, _) => Some(rest(scan)),
        (_, Desired::Pause, Some(_)) => {
            Some("it is being paused; what runs has a few seconds to end".into())
        }
        (_, _, None) => Some(format!("nobody runs it: start it with `netscan run {number}`")),
        (State::Queued | State::Paused, Desired::Run, Some(holder)) => Some(format!(
            "{} takes it up by its priority (`netscan set {number} --priority`)",
            process(holder)
        )),
        _ => None,
    }
}

fn rest(scan: &Scan) -> String {
    let resume = format!("`netscan resume {}`", scan.number);
    match &scan.reason {
        Some(reason) => format!("it is paused: {reason} ({resume})"),
        None => format!("the operator paused it: go on with {resume}"),
    }
}

fn for_their_time(batches: u64, next_try: Timestamp) -> String {
    let at = words::moment(next_try);
    match batches {
        1 => format!("1 batch failed and is tried again at {at}"),
        _ => format!(
            "{} batches failed and are tried again, the first at {at}",
            words::grouped(batches)
        ),
    }
}

fn for_others(
    scan: &Scan,
    ready: u64,
    leased: u64,
    why: Option<&str>,
    holder: Option<Holder>,
) -> String {
    let batches = words::plural(ready, "batch waits", "batches wait");
    let most = scan.limits.concurrency;
    let runs = holder.map_or_else(String::new, |holder| format!("; {} runs it", process(holder)));
    if leased >= u64::from(most.get()) {
        let number = scan.number;
        format!(
            "{batches} for others to end: {most} run at a time \
             (`netscan set {number} --concurrency`){runs}"
        )
    } else {
        let why = why.unwrap_or("they are taken up in a moment");
        format!("{batches}: {why}{runs}")
    }
}

fn process(holder: Holder) -> String {
    match holder.pid {
        _ if holder.is_server => "the server".into(),
        Some(pid) => format!("process {pid}"),
        None => "another process".into(),
    }
}

#[cfg(test)]
mod tests {
    use netscan_store::BatchCounts;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const HOLDER: Holder =
        Holder { pid: Some(4711), scan: None, scan_number: Some(7), is_server: false };

    fn scan(status: State, desired: Desired) -> Scan {
        let id = "0192f3a1-7a10-7000-8000-000000000000";
        serde_json::from_value(json!({
            "id": id, "number": 7, "name": "", "description": "", "notes": "", "owner": "cli:root",
            "organisation": "default", "organisation_id": id, "project": "default",
            "project_id": id, "series": id, "status": status, "desired": desired, "progress": 0.0,
            "targets": [], "modules": [], "options": "", "recursion_depth": 0, "template": null,
            "batch_size": 1, "concurrency": 1, "max_rate": null, "host_timeout_ms": null,
            "batch_timeout_ms": null, "attempts": 3, "priority": "medium", "created_at": NOW,
            "updated_at": NOW, "started_at": null, "completed_at": null, "reason": null,
        }))
        .unwrap()
    }

    fn overview(counts: BatchCounts) -> Overview {
        let (waiting, slowest, failures) = (Vec::new(), Vec::new(), Vec::new());
        Overview { counts, waiting, slowest, failures, failures_total: 0 }
    }

    fn reasons(scan: &Scan, counts: BatchCounts, holder: Option<Holder>) -> Vec<String> {
        of_scan(scan, &overview(counts), holder).into_iter().map(|waiting| waiting.reason).collect()
    }

    #[test]
    fn a_scan_without_a_process_says_how_to_start_it() {
        let told = ["nobody runs it: start it with `netscan run 7`"];
        let counts = BatchCounts { waiting: 3, ..BatchCounts::default() };

        assert_eq!(reasons(&scan(State::Queued, Desired::Run), counts, None), told);
        assert_eq!(reasons(&scan(State::Running, Desired::Run), counts, None), told);
    }

    #[test]
    fn a_scan_that_rests_says_why() {
        let paused = scan(State::Paused, Desired::Pause);
        let interrupted = Scan { reason: Some("its program has ended".into()), ..paused.clone() };
        let counts = BatchCounts::default();

        assert_eq!(
            reasons(&paused, counts, None),
            ["the operator paused it: go on with `netscan resume 7`"]
        );
        assert_eq!(
            reasons(&interrupted, counts, Some(HOLDER)),
            ["it is paused: its program has ended (`netscan resume 7`)"]
        );
    }

    #[test]
    fn batches_that_wait_for_the_same_share_a_line() {
        let next_try = Timestamp::from_second(60).unwrap();
        let counts = BatchCounts {
            waiting: 5,
            leased: 1,
            backing_off: 2,
            next_try: Some(next_try),
            ..BatchCounts::default()
        };

        let waiting = of_scan(&scan(State::Running, Desired::Run), &overview(counts), Some(HOLDER));

        assert_eq!((waiting[0].batches, waiting[0].until), (2, Some(next_try)));
        assert_eq!(
            waiting[0].reason,
            "2 batches failed and are tried again, the first at 1970-01-01 00:01:00 UTC"
        );
        assert_eq!(
            waiting[1].reason,
            "3 batches wait for others to end: 1 run at a time (`netscan set 7 --concurrency`); \
             process 4711 runs it"
        );
    }

    #[test]
    fn a_queued_scan_names_the_process_that_takes_it_up() {
        let counts = BatchCounts { waiting: 3, ..BatchCounts::default() };

        assert_eq!(
            reasons(&scan(State::Queued, Desired::Run), counts, Some(HOLDER)),
            ["process 4711 takes it up by its priority (`netscan set 7 --priority`)"]
        );
    }

    #[test]
    fn nothing_waits_in_a_scan_that_is_over() {
        let over = scan(State::Partial, Desired::Run);

        assert_eq!(reasons(&over, BatchCounts::default(), None), [""; 0]);
    }
}
