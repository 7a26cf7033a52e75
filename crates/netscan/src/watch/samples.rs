//! Scans as tests show them.

use jiff::Timestamp;
use netscan_api::batch::{AttemptBody, BatchBody};
use netscan_api::frame::EventBody;
use netscan_model::coverage::{Coverage, CoverageState};
use netscan_model::scan::Scan;
use serde_json::{Value, json};
use uuid::Uuid;

use super::sight::{Detail, Listed, Sight};
use crate::output::progress::Snapshot;

/// The moment of all samples.
pub(super) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(super) fn scan(number: u64, status: &str) -> Scan {
    let id = Uuid::from_u128(number.into());
    let is_over = ["completed", "partial", "failed", "cancelled"].contains(&status);
    let desired = match status {
        "paused" => "pause",
        _ => "run",
    };
    serde_json::from_value(json!({
        "id": id, "number": number, "name": format!("office {number}"), "description": "",
        "notes": "", "owner": "cli:root", "organisation": "default", "organisation_id": id,
        "project": "default", "project_id": id, "series": id, "status": status,
        "desired": desired, "progress": 0.0, "targets": ["192.0.2.0/24"], "modules": [],
        "options": "", "recursion_depth": 0, "template": null, "batch_size": 64,
        "concurrency": 4, "max_rate": 500, "host_timeout_ms": null, "batch_timeout_ms": null,
        "attempts": 3, "priority": "medium", "created_at": "2026-03-01T11:50:00Z",
        "updated_at": now(), "started_at": (status != "created").then_some("2026-03-01T11:55:00Z"),
        "completed_at": is_over.then_some("2026-03-01T11:59:00Z"), "reason": null,
    }))
    .unwrap()
}

pub(super) fn coverage() -> Coverage {
    use CoverageState as State;
    Coverage::of([
        (State::Up, 12),
        (State::Down, 1_040),
        (State::TimedOut, 3),
        (State::Unresolved, 1),
        (State::Excluded, 16),
        (State::Failed, 2),
        (State::Pending, 976),
    ])
}

pub(super) fn listed(number: u64, status: &str, waiting: Option<&str>) -> Listed {
    let waiting = waiting.map(str::to_owned);
    let detail = Detail { coverage: coverage(), open_ports: 37, waiting };
    Listed { scan: scan(number, status), detail: Some(detail) }
}

fn batch(number: u64, worker: &str) -> BatchBody {
    serde_json::from_value(json!({
        "id": Uuid::from_u128(number.into()), "scan_id": Uuid::from_u128(7), "number": number,
        "parent_id": null, "status": "leased", "targets": [], "target_count": 64, "attempts": 1,
        "attempts_allowed": 3, "priority": "medium", "rate": null, "worker": worker,
        "not_before": null, "reason": null, "hosts_up": 1, "open_ports": 2,
        "started_at": "2026-03-01T11:58:50Z", "ended_at": null,
    }))
    .unwrap()
}

fn attempt(number: u64, outcome: &str, reason: Option<&str>) -> AttemptBody {
    serde_json::from_value(json!({
        "id": Uuid::from_u128(number.into()), "batch_id": Uuid::from_u128(number.into()),
        "batch_number": number, "number": 2, "epoch": 2, "worker": "probe-1", "outcome": outcome,
        "reason": reason, "started_at": "2026-03-01T11:55:10Z",
        "ended_at": "2026-03-01T11:57:40Z", "argv": [], "version": null, "scan_infos": [],
        "fallbacks": [], "exit_code": 0, "signal": null, "stderr": "", "lines_dropped": 0,
        "artifacts": [], "artifact_error": null,
    }))
    .unwrap()
}

pub(super) fn event(seq: u64, event: &str, body: Value) -> EventBody {
    EventBody::new(Uuid::from_u128(7), seq, now(), event, body)
}

/// A scan that runs, with a bit of everything.
pub(super) fn sight(status: &str) -> Sight {
    let scan = scan(7, status);
    let running = Vec::new();
    let summary = json!({ "hosts_up": 3, "open_ports": 9 });
    Sight {
        snapshot: Snapshot { scan, coverage: coverage(), open_ports: 37, running },
        waiting: vec!["11 batches wait for others to end: 4 run at a time".into()],
        leased: vec![batch(21, "probe-1"), batch(22, "probe-2")],
        slowest: vec![
            attempt(9, "timed_out", Some("nmap was stopped after 150 s")),
            attempt(12, "succeeded", None),
        ],
        events: vec![
            event(1, "status", json!({ "status": "running", "reason": null })),
            event(
                2,
                "batch_start",
                json!({ "batch_id": Uuid::from_u128(21), "targets": ["192.0.2.0-63"] }),
            ),
            event(3, "host", json!({ "address": "192.0.2.7", "status": "up", "open_ports": 2 })),
            event(
                4,
                "batch_complete",
                json!({ "batch_id": Uuid::from_u128(12), "status": "succeeded", "summary": summary }),
            ),
        ],
    }
}
