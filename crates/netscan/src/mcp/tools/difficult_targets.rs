//! `difficult_targets`: the addresses that resist.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Access, Answer, Bench, Tool, fill};
use crate::mcp::input::{self, Reference};

pub(super) const TOOL: Tool = Tool {
    name: "difficult_targets",
    title: "Difficult targets",
    description: "Lists addresses that timed out or failed after all attempts, with the reasons: of one scan, or of \
        all scans of the project.",
    access: Access::Read,
    schema,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    scan: Option<Reference>,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn schema() -> Value {
    let properties = json!({
        "scan": input::scan_schema("Only those of this scan"),
        "limit": input::limit_schema(),
        "cursor": input::cursor_schema(),
    });
    input::schema(&properties, &[])
}

pub(super) async fn call(bench: &Bench<'_>, arguments: Value) -> anyhow::Result<Answer> {
    let Input { scan, limit, cursor } = input::read(arguments)?;
    let (limit, from) = (input::limit(limit)?, input::offset(cursor.as_deref())?);
    let scan = match &scan {
        Some(reference) => Some(input::scan(bench.desk, reference).await?),
        None => None,
    };
    let difficult = bench.desk.difficult(scan.as_ref()).await?;
    let items: Result<Vec<_>, _> = difficult.iter().map(serde_json::to_value).collect();
    let facts = json!({ "project": bench.context.project() });
    Ok(fill(Answer::new(&facts, "difficult_targets"), &items?, from, limit))
}
