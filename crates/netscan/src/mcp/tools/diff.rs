//! `diff`: what changed from one scan to another.

use netscan_model::difference::{Change, Changes, Wanted};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Access, Answer, Bench, Tool, scan_body};
use crate::mcp::input::{self, Reference};

pub(super) const TOOL: Tool = Tool {
    name: "diff",
    title: "Difference of two scans",
    description: "Tells what changed from one scan to a later one: opened, closed, changed, new, gone. What one of \
        them did not reach is `not_scanned`, and never closed or gone. Hosts in whose place something else seems to \
        answer are left out, unless `suspects` is true. `summary` counts all changes, and as `suspect` what is left out.",
    access: Access::Read,
    schema,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    to: Reference,
    from: Option<Reference>,
    only: Option<Vec<Change>>,
    #[serde(default)]
    suspects: bool,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn schema() -> Value {
    let properties = json!({
        "to": input::scan_schema("The later scan"),
        "from": input::scan_schema(
            "The earlier scan; without it, the last before the other that had the same addresses to scan"),
        "only": input::names_schema(Change::NAMES, "Only changes of these kinds"),
        "suspects": { "type": "boolean", "description": "Compare hosts that are suspect as any other" },
        "limit": input::limit_schema(),
        "cursor": input::cursor_schema(),
    });
    input::schema(&properties, &["to"])
}

pub(super) async fn call(bench: &Bench<'_>, arguments: Value) -> anyhow::Result<Answer> {
    let Input { to, from, only, suspects, limit, cursor } = input::read(arguments)?;
    let (limit, first) = (input::limit(limit)?, input::offset(cursor.as_deref())?);
    let desk = bench.desk;
    let to = input::scan(desk, &to).await?;
    let from = match &from {
        Some(reference) => input::scan(desk, reference).await?,
        None => desk.previous(&to).await?.ok_or_else(|| {
            anyhow::anyhow!("no scan before scan {} had the same addresses: say from", to.number)
        })?,
    };
    let wanted = Wanted { only: only.unwrap_or_default(), has_suspects: suspects };
    let mut differences = desk.diff(&from, &to, &wanted).await?;
    let (mut changes, mut items, mut count) = (Changes::default(), Vec::new(), 0);
    while let Some(difference) = differences.next().await? {
        changes.count(difference.change);
        if !wanted.lists(difference.change) {
            continue;
        }
        if count >= first && items.len() < limit {
            items.push(serde_json::to_value(&difference)?);
        }
        count += 1;
    }
    let facts = json!({ "from": scan_body(&from), "to": scan_body(&to), "summary": changes });
    let mut answer = Answer::new(&facts, "changes");
    let mut place = first.min(count);
    for item in &items {
        if !answer.push(item) {
            break;
        }
        place += 1;
    }
    Ok(answer.next_cursor((place < count).then(|| place.to_string())))
}
