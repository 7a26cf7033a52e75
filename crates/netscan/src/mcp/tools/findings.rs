//! `findings`: the weaknesses that scripts reported.

use netscan_model::observation::Host;
use netscan_report::{Finding, Severity, findings_of};
use serde::Deserialize;
use serde_json::{Value, json};

use super::results::behind;
use super::{Access, Answer, Bench, Tool, scan_body};
use crate::mcp::input::{self, Place, Reference};

/// Hosts that are looked at at a time.
const PAGE: u32 = 200;
/// How often that is done for one answer.
const MOST_PAGES: usize = 20;

pub(super) const TOOL: Tool = Tool {
    name: "findings",
    title: "Findings of a scan",
    description: "Lists the weaknesses that nmap's scripts reported, host by host, the worst of each host first, with \
        CVE ids, CVSS scores and how sure the script is. `by its version` only means that the version a service claims \
        is known to be weak. No findings does not mean no weaknesses: only scripts that ran can report any.",
    access: Access::Read,
    schema,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    scan: Reference,
    #[serde(rename = "where")]
    filter: Option<String>,
    severity: Option<Severity>,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn schema() -> Value {
    let properties = json!({
        "scan": input::scan_schema("The scan"),
        "where": input::where_schema(),
        "severity": {
            "type": "string", "enum": Severity::NAMES,
            "description": "Only findings at least so bad; `unrated` for all",
        },
        "limit": input::limit_schema(),
        "cursor": input::cursor_schema(),
    });
    input::schema(&properties, &["scan"])
}

pub(super) async fn call(bench: &Bench<'_>, arguments: Value) -> anyhow::Result<Answer> {
    let Input { scan, filter, severity, limit, cursor } = input::read(arguments)?;
    let (limit, mut place) = (input::limit(limit)?, Place::read(cursor.as_deref())?);
    let query = input::query(filter.as_deref())?;
    let least = severity.unwrap_or(Severity::Unrated);
    let scan = input::scan(bench.desk, &scan).await?;
    let facts = json!({
        "scan": scan_body(&scan), "where": query.as_ref().map(ToString::to_string),
    });
    let mut answer = Answer::new(&facts, "findings");
    let mut told = 0;
    for _ in 0..MOST_PAGES {
        let page = bench.desk.hosts(&scan, query.as_ref(), place.behind.as_deref(), PAGE).await?;
        for (count, host) in page.items.iter().enumerate() {
            let findings: Vec<_> =
                findings_of(host).into_iter().filter(|finding| finding.severity <= least).collect();
            let before = std::mem::take(&mut place.skipped);
            for (at, finding) in findings.iter().enumerate().skip(before) {
                if told == limit || !answer.push(&body(host, finding)) {
                    let behind = behind(bench, &scan, query.as_ref(), &place, count).await?;
                    let rest = Place { behind, skipped: at };
                    return Ok(answer.next_cursor(Some(rest.to_string())));
                }
                told += 1;
            }
        }
        match page.next_cursor {
            Some(next) => place = Place { behind: Some(next), skipped: 0 },
            None => return Ok(answer),
        }
    }
    answer.note("So far only some of the hosts were looked at");
    Ok(answer.next_cursor(Some(place.to_string())))
}

fn body(host: &Host, finding: &Finding) -> Value {
    let score = finding.score.to_string();
    json!({
        "address": host.address, "port": finding.place.map(|place| place.to_string()),
        "id": finding.id, "severity": finding.severity,
        "score": (!score.is_empty()).then_some(score), "title": finding.title,
        "script": finding.script, "certainty": finding.certainty,
    })
}
