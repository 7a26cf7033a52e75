//! `host_history`: what scans saw of an address.

use netscan_model::Address;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Access, Answer, Bench, Tool, fill};
use crate::mcp::input;

pub(super) const TOOL: Tool = Tool {
    name: "host_history",
    title: "History of an address",
    description: "Tells what each scan of the project saw of one address, newest first: what became of it, and its \
        open ports. A scan that did not reach it says nothing about its ports.",
    access: Access::Read,
    schema,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    address: String,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn schema() -> Value {
    let properties = json!({
        "address": { "type": "string", "description": "An IPv4 or IPv6 address, such as 192.0.2.1" },
        "limit": input::limit_schema(),
        "cursor": input::cursor_schema(),
    });
    input::schema(&properties, &["address"])
}

pub(super) async fn call(bench: &Bench<'_>, arguments: Value) -> anyhow::Result<Answer> {
    let Input { address, limit, cursor } = input::read(arguments)?;
    let (limit, from) = (input::limit(limit)?, input::offset(cursor.as_deref())?);
    let address: Address = address.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let seen = bench.desk.history(address).await?;
    let items: Vec<_> = seen
        .into_iter()
        .map(|entry| {
            json!({
                "scan_number": entry.scan_number, "scan_name": entry.scan_name,
                "scan_status": entry.scan_status, "at": entry.at, "state": entry.state,
                "reason": entry.reason, "open_ports": entry.open_ports,
            })
        })
        .collect();
    let facts = json!({ "address": address });
    Ok(fill(Answer::new(&facts, "history"), &items, from, limit))
}
