//! `scan_status`: how far a scan is, and what holds it up.

use netscan_api::batch::AttemptBody;
use serde_json::{Value, json};

use super::{Access, Answer, Bench, Tool, scan_body};
use crate::commands::status::waiting;
use crate::desk::Most;
use crate::mcp::input::{self, OneScan};

/// Attempts that are told of each kind.
const MOST: Most = Most { slowest: 5, failures: 20 };

pub(super) const TOOL: Tool = Tool {
    name: "scan_status",
    title: "Status of a scan",
    description: "Tells how far a scan is: its state and why, coverage in numbers, open ports, batches, what waits \
        and why, the slowest attempts, and those that failed with their reasons.",
    access: Access::Read,
    schema: OneScan::schema,
};

pub(super) async fn call(bench: &Bench<'_>, arguments: Value) -> anyhow::Result<Answer> {
    let OneScan { scan } = input::read(arguments)?;
    let scan = input::scan(bench.desk, &scan).await?;
    let (snapshot, overview) = bench.desk.look_closely(&scan, MOST).await?;
    let waiting = waiting::of_scan(&snapshot.scan, &overview, bench.desk.holder());
    let slowest = overview.slowest.iter().take(MOST.slowest as usize).map(attempt);
    let facts = json!({
        "scan": scan_body(&snapshot.scan),
        "coverage": snapshot.coverage,
        "open_ports": snapshot.open_ports,
        "batches": overview.counts,
        "waiting": waiting.iter().map(|waiting| &waiting.reason).collect::<Vec<_>>(),
        "slowest": slowest.collect::<Vec<_>>(),
        "failures_total": overview.failures_total,
    });
    let mut answer = Answer::new(&facts, "failures");
    for failure in &overview.failures {
        if !answer.push(&attempt(failure)) {
            break;
        }
    }
    Ok(answer)
}

fn attempt(attempt: &AttemptBody) -> Value {
    json!({
        "batch": attempt.batch_number, "attempt": attempt.number, "worker": attempt.worker,
        "outcome": attempt.outcome, "reason": attempt.reason, "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
    })
}
