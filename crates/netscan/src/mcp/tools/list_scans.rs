//! `list_scans`: which scans there are.

use netscan_model::scan::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Access, Answer, Bench, Tool, scan_body};
use crate::mcp::input;

pub(super) const TOOL: Tool = Tool {
    name: "list_scans",
    title: "List scans",
    description: "Lists the scans of the project, newest first: number, state, progress, targets and times.",
    access: Access::Read,
    schema,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    status: Option<Vec<State>>,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn schema() -> Value {
    let properties = json!({
        "status": input::names_schema(State::NAMES, "Only scans in one of these states"),
        "limit": input::limit_schema(),
        "cursor": input::cursor_schema(),
    });
    input::schema(&properties, &[])
}

pub(super) async fn call(bench: &Bench<'_>, arguments: Value) -> anyhow::Result<Answer> {
    let Input { status, limit, cursor } = input::read(arguments)?;
    let limit = input::limit(limit)?;
    let below = cursor.as_deref().map(|cursor| input::offset(Some(cursor))).transpose()?;
    let below = below.map_or(Ok(u64::MAX), u64::try_from)?;
    let scans = bench.desk.scans().await?;
    let is_wanted = |state: &State| status.as_ref().is_none_or(|wanted| wanted.contains(state));
    let mut scans =
        scans.into_iter().filter(|scan| scan.number < below && is_wanted(&scan.status)).peekable();
    let mut answer = Answer::new(&json!({ "project": bench.context.project() }), "scans");
    let (mut count, mut last) = (0, None);
    while let Some(scan) = scans.peek() {
        if count == limit || !answer.push(&scan_body(scan)) {
            break;
        }
        (count, last) = (count + 1, scans.next().map(|scan| scan.number));
    }
    let is_more = scans.peek().is_some();
    Ok(answer.next_cursor(last.filter(|_| is_more).map(|number| number.to_string())))
}
