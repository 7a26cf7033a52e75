//! `pause_scan`, `resume_scan` and `stop_scan`, for those who allow it.

use serde_json::{Value, json};

use super::{Access, Answer, Bench, Tool, scan_body};
use crate::mcp::input::{self, OneScan};
use crate::steering::{self, Order, Wish};

pub(super) const PAUSE: Tool = Tool {
    name: "pause_scan",
    title: "Pause a scan",
    description: "Lets a scan rest: what runs is ended within seconds, and what was found is kept. Ask the user first.",
    access: Access::Control,
    schema: OneScan::schema,
};

pub(super) const RESUME: Tool = Tool {
    name: "resume_scan",
    title: "Resume a scan",
    description: "Goes on with a scan that was paused: packets are sent again. It starts no new scan. Ask the user first.",
    access: Access::Control,
    schema: OneScan::schema,
};

pub(super) const STOP: Tool = Tool {
    name: "stop_scan",
    title: "Stop a scan",
    description: "Ends a scan for good; what was found is kept. Ask the user first.",
    access: Access::Control,
    schema: OneScan::schema,
};

pub(super) async fn call(
    bench: &Bench<'_>,
    name: &str,
    arguments: Value,
) -> anyhow::Result<Answer> {
    let OneScan { scan } = input::read(arguments)?;
    let wish = match name {
        "pause_scan" => Wish::Pause,
        "resume_scan" => Wish::Resume,
        _ => Wish::Stop,
    };
    let scan = input::scan(bench.desk, &scan).await?;
    let done = steering::carry_out(bench.context, bench.desk, &Order { scan, wish }).await?;
    let facts = json!({ "scan": scan_body(&done.scan), "done": done.sentence });
    Ok(Answer::new(&facts, "changes"))
}
