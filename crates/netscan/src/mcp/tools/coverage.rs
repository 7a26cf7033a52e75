//! `coverage`: what became of each address of a scan.

use netscan_model::coverage::CoverageState;
use netscan_report::coverage_sentence;
use netscan_store::NoAddress;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Access, Answer, Bench, Tool, fill, scan_body};
use crate::desk::Names;
use crate::mcp::input::{self, Reference};

pub(super) const TOOL: Tool = Tool {
    name: "coverage",
    title: "Coverage of a scan",
    description: "Tells what became of every address of a scan, in nine states that add up to the plan, with the \
        addresses as ranges and the reasons. Only `up` and `down` were scanned to the end: nothing can be said of the \
        ports of the others.",
    access: Access::Read,
    schema,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    scan: Reference,
    states: Option<Vec<CoverageState>>,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn schema() -> Value {
    let properties = json!({
        "scan": input::scan_schema("The scan"),
        "states": input::names_schema(CoverageState::NAMES, "Only addresses in one of these states"),
        "limit": input::limit_schema(),
        "cursor": input::cursor_schema(),
    });
    input::schema(&properties, &["scan"])
}

pub(super) async fn call(bench: &Bench<'_>, arguments: Value) -> anyhow::Result<Answer> {
    let Input { scan, states, limit, cursor } = input::read(arguments)?;
    let (limit, from) = (input::limit(limit)?, input::offset(cursor.as_deref())?);
    let scan = input::scan(bench.desk, &scan).await?;
    let coverage = bench.desk.coverage(&scan).await?;
    let states = states.unwrap_or_else(|| CoverageState::ALL.to_vec());
    let ranges = bench.desk.ranges(&scan, &states).await?;
    let mut items: Vec<Value> = ranges
        .into_iter()
        .map(|range| {
            let count = u64::try_from(range.addresses.count()).unwrap_or(u64::MAX);
            json!({
                "addresses": range.addresses, "count": count, "state": range.state,
                "reason": range.reason,
            })
        })
        .collect();
    items.extend(names(bench.desk.names(&scan).await?, &states));
    let sentence = coverage_sentence(&coverage);
    let facts = json!({ "scan": scan_body(&scan), "coverage": coverage, "summary": sentence });
    Ok(fill(Answer::new(&facts, "ranges"), &items, from, limit))
}

/// The names that led to no address.
fn names(names: Names, states: &[CoverageState]) -> impl Iterator<Item = Value> {
    let is_wanted = |state| states.contains(&state);
    let unresolved = is_wanted(CoverageState::Unresolved).then_some(names.unresolved);
    let denied = is_wanted(CoverageState::OutOfScope).then_some(names.denied);
    let unresolved = unresolved.into_iter().flatten().map(|(name, reason)| {
        json!({ "name": name, "count": 1, "state": CoverageState::Unresolved, "reason": reason })
    });
    let denied = denied.into_iter().flatten().map(|name| {
        let reason = NoAddress::Denied.to_string();
        json!({ "name": name, "count": 1, "state": CoverageState::OutOfScope, "reason": reason })
    });
    unresolved.chain(denied)
}
