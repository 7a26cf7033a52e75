//! `set`: changes how a scan is run.

use netscan_store::LimitChanges;

use crate::arguments::Longest;
use crate::arguments::control::Set;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::foreground::print_scan;
use crate::output::data;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Set) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    if scan.status.is_terminal() {
        let sentence = format!("cannot set how a scan is run that is {}", scan.status);
        return Err(Fault::new(sentence).into());
    }
    let changes = LimitChanges {
        concurrency: arguments.changes.concurrency,
        max_rate: arguments.changes.max_rate.map(|rate| rate.0),
        priority: arguments.changes.priority,
        max_duration_ms: arguments.changes.max_duration.map(Longest::milliseconds),
        max_results: arguments.changes.max_results.map(|limit| limit.0),
    };
    let scan = desk.set(&scan, &changes).await?;
    if context.is_json() {
        print_scan(&scan)?;
    } else {
        let limits = &scan.limits;
        let rate = limits.max_rate.map_or_else(|| "no limit".into(), |rate| rate.to_string());
        data::print(&format!(
            "Scan {} runs with concurrency {}, packets per second: {rate}, priority {}",
            scan.number, limits.concurrency, limits.priority
        ))?;
    }
    if changes.priority.is_some() {
        context.talk.note("Of the scans that one process runs, the most urgent goes first");
    }
    Ok(Exit::Done)
}
