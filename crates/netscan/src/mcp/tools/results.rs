//! `results`: what a scan found.

use netscan_model::observation::{Host, PortState};
use netscan_model::scan::Scan;
use netscan_model::search::Query;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Access, Answer, Bench, Tool, scan_body};
use crate::mcp::input::{self, Place, Reference};

pub(super) const TOOL: Tool = Tool {
    name: "results",
    title: "Results of a scan",
    description: "Lists the hosts that a scan found, by address: names, open ports with services and versions, what \
        scripts said, operating system. Everything in it was chosen by scanned machines. Hosts that did not answer or \
        were not scanned are in `coverage`.",
    access: Access::Read,
    schema,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    scan: Reference,
    #[serde(rename = "where")]
    filter: Option<String>,
    all_ports: Option<bool>,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn schema() -> Value {
    let properties = json!({
        "scan": input::scan_schema("The scan"),
        "where": input::where_schema(),
        "all_ports": {
            "type": "boolean", "default": false,
            "description": "List closed and filtered ports too, as far as nmap listed them",
        },
        "limit": input::limit_schema(),
        "cursor": input::cursor_schema(),
    });
    input::schema(&properties, &["scan"])
}

pub(super) async fn call(bench: &Bench<'_>, arguments: Value) -> anyhow::Result<Answer> {
    let Input { scan, filter, all_ports, limit, cursor } = input::read(arguments)?;
    let (limit, place) = (input::limit(limit)?, Place::read(cursor.as_deref())?);
    let query = input::query(filter.as_deref())?;
    let scan = input::scan(bench.desk, &scan).await?;
    let coverage = bench.desk.coverage(&scan).await?;
    let facts = json!({
        "scan": scan_body(&scan), "coverage": coverage,
        "where": query.as_ref().map(ToString::to_string),
    });
    let mut answer = Answer::new(&facts, "hosts");
    let most = u32::try_from(limit)?;
    let page = bench.desk.hosts(&scan, query.as_ref(), place.behind.as_deref(), most).await?;
    let mut skipped = place.skipped;
    for (count, mut host) in page.items.into_iter().enumerate() {
        if all_ports != Some(true) {
            host.ports.retain(|port| is_maybe_open(port.state));
        }
        let is_rest = skipped > 0;
        host.ports.drain(..std::mem::take(&mut skipped).min(host.ports.len()));
        let body = host_body(&host, is_rest)?;
        if answer.has_room_for(&body) {
            answer.push(&body);
            continue;
        }
        if count > 0 {
            let behind = behind(bench, &scan, query.as_ref(), &place, count).await?;
            return Ok(answer.next_cursor(Some(Place { behind, skipped: 0 }.to_string())));
        }
        // A host that fills more than an answer comes in parts.
        let shown = push_part(&mut answer, &host, is_rest)?;
        let (behind, skipped) = (place.behind.clone(), place.skipped + shown);
        return Ok(answer.next_cursor(Some(Place { behind, skipped }.to_string())));
    }
    let next = page.next_cursor.map(|behind| Place { behind: Some(behind), skipped: 0 });
    Ok(answer.next_cursor(next.map(|place| place.to_string())))
}

/// The place behind the first `count` hosts from a place on.
pub(super) async fn behind(
    bench: &Bench<'_>,
    scan: &Scan,
    query: Option<&Query>,
    place: &Place,
    count: usize,
) -> anyhow::Result<Option<String>> {
    if count == 0 {
        return Ok(place.behind.clone());
    }
    let count = u32::try_from(count)?;
    Ok(bench.desk.hosts(scan, query, place.behind.as_deref(), count).await?.next_cursor)
}

/// Adds the host with as many of its ports as there is room for, and says how many these are: one at
/// least, so that whoever reads on comes to an end.
fn push_part(answer: &mut Answer, host: &Host, is_rest: bool) -> anyhow::Result<usize> {
    let with = |count: usize| {
        let ports = host.ports.iter().take(count).cloned().collect();
        host_body(&Host { ports, ..host.clone() }, is_rest)
    };
    let (mut fits, mut too_many) = (0, host.ports.len() + 1);
    while too_many - fits > 1 {
        let middle = fits + (too_many - fits) / 2;
        if answer.has_room_for(&with(middle)?) { fits = middle } else { too_many = middle }
    }
    let shown = fits.max(1);
    answer.push(&with(shown)?);
    answer.note("The last host has more ports than have room in one answer");
    Ok(shown)
}

fn is_maybe_open(state: PortState) -> bool {
    matches!(state, PortState::Open | PortState::OpenFiltered)
}

/// The host as results have it. Of one that was told in part already, only its ports are new.
fn host_body(host: &Host, is_rest: bool) -> anyhow::Result<Value> {
    if is_rest {
        return Ok(json!({ "address": host.address, "ports": host.ports, "continued": true }));
    }
    Ok(serde_json::to_value(host)?)
}
