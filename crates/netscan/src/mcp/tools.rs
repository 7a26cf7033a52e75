//! The tools: which there are, and the way from a call to its answer.
//!
//! A tool has a file of its own with a [`Tool`] and a function `call`. Both are named in this file
//! once: in [`TOOLS`] and in [`call`].

mod control;
mod coverage;
mod diff;
mod difficult_targets;
mod findings;
mod host_history;
mod list_scans;
mod results;
mod scan_status;
mod search;

use netscan_model::scan::Scan;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::message;
use crate::desk::{self, Desk};
use crate::ending;
use crate::wire::Context;

/// What an assistant may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    Read,
    /// And pause, resume and stop scans.
    Control,
}

/// What is told of a tool.
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    /// What it takes to be allowed to call it.
    pub(super) access: Access,
    pub(super) schema: fn() -> Value,
}

/// All tools, in the order in which they are told.
const TOOLS: [&Tool; 12] = [
    &list_scans::TOOL,
    &scan_status::TOOL,
    &coverage::TOOL,
    &results::TOOL,
    &search::TOOL,
    &host_history::TOOL,
    &difficult_targets::TOOL,
    &diff::TOOL,
    &findings::TOOL,
    &control::PAUSE,
    &control::RESUME,
    &control::STOP,
];

/// What the tools work with.
pub(super) struct Bench<'a> {
    pub(super) context: &'a Context,
    pub(super) desk: &'a Desk<'a>,
}

async fn call(bench: &Bench<'_>, name: &str, arguments: Value) -> anyhow::Result<Answer> {
    match name {
        "list_scans" => list_scans::call(bench, arguments).await,
        "scan_status" => scan_status::call(bench, arguments).await,
        "coverage" => coverage::call(bench, arguments).await,
        "results" => results::call(bench, arguments).await,
        "search" => search::call(bench, arguments).await,
        "host_history" => host_history::call(bench, arguments).await,
        "difficult_targets" => difficult_targets::call(bench, arguments).await,
        "diff" => diff::call(bench, arguments).await,
        "findings" => findings::call(bench, arguments).await,
        "pause_scan" | "resume_scan" | "stop_scan" => control::call(bench, name, arguments).await,
        other => anyhow::bail!("there is no tool {other}"),
    }
}

fn allowed(access: Access) -> impl Iterator<Item = &'static Tool> {
    TOOLS.into_iter().filter(move |tool| tool.access <= access)
}

pub(super) fn is_there(access: Access, name: &str) -> bool {
    allowed(access).any(|tool| tool.name == name)
}

/// The tools as clients are told of them.
pub(super) fn list(access: Access) -> Vec<Value> {
    let told = |tool: &Tool| {
        let is_control = tool.access == Access::Control;
        json!({
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": (tool.schema)(),
            "annotations": {
                "title": tool.title,
                "readOnlyHint": !is_control,
                "destructiveHint": is_control,
                "idempotentHint": true,
                "openWorldHint": false,
            },
        })
    };
    allowed(access).map(told).collect()
}

/// The reply to the call `asked`, of a tool that is there.
pub(super) async fn answer(
    context: &Context,
    desk: &Desk<'_>,
    access: Access,
    asked: Value,
    id: Value,
) -> Value {
    let name = asked.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let arguments = asked.get("arguments").cloned().unwrap_or_default();
    debug_assert!(is_there(access, &name));
    let result = match call(&Bench { context, desk }, &name, arguments).await {
        Ok(answer) => answer.result(&name),
        Err(error) => answer::failure(&ending::sentence(&desk::explain(context, error))),
    };
    message::result(&id, &result)
}

/// Targets that are told of a scan.
const MOST_TARGETS: usize = 10;

/// What is told of a scan wherever one is told of.
fn scan_body(scan: &Scan) -> Value {
    let targets: Vec<_> = scan.targets.iter().take(MOST_TARGETS).collect();
    json!({
        "id": scan.id, "number": scan.number, "name": scan.name, "project": scan.project,
        "status": scan.status, "desired": scan.desired, "progress": scan.progress,
        "reason": scan.reason, "options": scan.options, "targets": targets,
        "target_count": scan.targets.len(), "created_at": scan.created_at,
        "started_at": scan.started_at, "completed_at": scan.completed_at,
    })
}

/// Puts in entries from a place on, as many as are wanted and have room, and where to read on.
fn fill(mut answer: Answer, items: &[Value], from: usize, limit: usize) -> Answer {
    let all = items.len();
    let mut place = from.min(all);
    for item in items.iter().skip(from).take(limit) {
        if !answer.push(item) {
            break;
        }
        place += 1;
    }
    answer.next_cursor((place < all).then(|| place.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_says_what_it_takes_and_whether_it_changes_anything() {
        let all = list(Access::Control);
        for tool in &all {
            let schema = &tool["inputSchema"];
            assert_eq!(schema["type"], "object", "{tool}");
            assert_eq!(schema["additionalProperties"], false, "{tool}");
            let properties = schema["properties"].as_object().unwrap();
            for required in schema["required"].as_array().unwrap() {
                assert!(properties.contains_key(required.as_str().unwrap()), "{tool}");
            }
            for property in properties.values() {
                assert!(property["description"].is_string(), "{tool}");
            }
            let is_control = tool["annotations"]["destructiveHint"] == true;
            assert_eq!(tool["annotations"]["readOnlyHint"], !is_control, "{tool}");
        }
        assert_eq!(all.len(), TOOLS.len());
    }

    #[test]
    fn nothing_can_be_changed_unless_that_is_allowed_and_nothing_can_be_started_at_all() {
        let names = |access| allowed(access).map(|tool| tool.name).collect::<Vec<_>>();

        let (reading, control) = (names(Access::Read), names(Access::Control));

        assert_eq!(
            reading,
            [
                "list_scans",
                "scan_status",
                "coverage",
                "results",
                "search",
                "host_history",
                "difficult_targets",
                "diff",
                "findings"
            ]
        );
        assert_eq!(control[reading.len()..], ["pause_scan", "resume_scan", "stop_scan"]);
    }

    #[test]
    fn a_list_is_filled_from_its_place_on() {
        let items: Vec<Value> = (0..5).map(Value::from).collect();
        let filled = |from, limit| {
            let answer = fill(Answer::new(&json!({}), "items"), &items, from, limit);
            let result = answer.result("list");
            let structured = &result["structuredContent"];
            (structured["items"].clone(), structured["next_cursor"].clone())
        };

        assert_eq!(filled(0, 2), (json!([0, 1]), json!("2")));
        assert_eq!(filled(3, 2), (json!([3, 4]), json!(null)));
        assert_eq!(filled(9, 2), (json!([]), json!(null)));
    }
}
