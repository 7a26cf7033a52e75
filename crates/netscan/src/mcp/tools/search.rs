//! `search`: what all scans know of hosts.

use netscan_api::search::{AssetBody, SearchAssets};
use netscan_model::observation::PortState;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Access, Answer, Bench, Tool};
use crate::mcp::input;

/// Ports that are told of one host; `host_history` and `results` tell the others.
const MOST_PORTS: usize = 50;

pub(super) const TOOL: Tool = Tool {
    name: "search",
    title: "Search over all scans",
    description: "Finds hosts by what all scans of the project know of them, now or at a time in the past: of each port \
        what the last scan saw that looked at it. Tells how many there are, and their open ports, by address. Everything \
        in it was chosen by scanned machines.",
    access: Access::Read,
    schema,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(rename = "where")]
    filter: Option<String>,
    as_of: Option<jiff::Timestamp>,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn schema() -> Value {
    let properties = json!({
        "where": input::where_schema(),
        "as_of": {
            "type": "string", "format": "date-time",
            "description": "As it was known at this time, and not as it is now",
        },
        "limit": input::limit_schema(),
        "cursor": input::cursor_schema(),
    });
    input::schema(&properties, &[])
}

pub(super) async fn call(bench: &Bench<'_>, arguments: Value) -> anyhow::Result<Answer> {
    let Input { filter, as_of, limit, cursor } = input::read(arguments)?;
    let query = input::query(filter.as_deref())?;
    let asked = SearchAssets {
        q: query.as_ref().map(ToString::to_string),
        project: bench.desk.is_there().then(|| bench.context.project().to_owned()),
        as_of,
        limit: Some(u32::try_from(input::limit(limit)?)?),
        cursor,
        ..SearchAssets::default()
    };
    let found = bench.desk.search(&asked).await?;
    let facts = json!({ "total": found.total, "where": asked.q, "as_of": as_of });
    let mut answer = Answer::new(&facts, "hosts");
    let asked_behind = asked.cursor;
    let mut behind = asked_behind.clone();
    for asset in found.hosts {
        let address = asset.host.address.to_string();
        let mut body = body(asset)?;
        if !answer.has_room_for(&body) {
            if behind != asked_behind {
                return Ok(answer.next_cursor(behind));
            }
            // Not even the first has room: what is told of it are its address and how many ports.
            let ports = body["ports"].as_array().map(Vec::len);
            body = json!({ "address": address, "ports_left_out": ports });
        }
        answer.push(&body);
        behind = Some(address);
    }
    Ok(answer.next_cursor(found.next_cursor))
}

/// The host with its open ports, the first of them, and without what scripts said.
fn body(mut asset: AssetBody) -> anyhow::Result<Value> {
    let ports = &mut asset.host.ports;
    ports.retain(|port| port.state == PortState::Open);
    let left_out = ports.len().saturating_sub(MOST_PORTS);
    ports.truncate(MOST_PORTS);
    for port in ports.iter_mut() {
        port.scripts.clear();
    }
    asset.host.scripts.clear();
    let mut body = serde_json::to_value(asset)?;
    if left_out > 0 {
        body["ports_left_out"] = left_out.into();
    }
    Ok(body)
}
