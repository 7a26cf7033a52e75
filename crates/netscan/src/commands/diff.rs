//! `diff`: what changed from one scan to another.

use netscan_api::diff::{ChangeBody, DiffBody, DiffSummary};
use serde_json::{Value, json};

use crate::arguments::reading::Diff;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Diff) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let (from, to) = (desk.scan(&arguments.from).await?, desk.scan(&arguments.to).await?);
    let diff = desk.diff(&from, &to).await?;
    if context.is_json() {
        let DiffBody { from, to, summary, changes, truncated: _ } = diff;
        let body = json!({ "from": from, "to": to, "summary": summary, "changes": changes });
        data::print_json(&body)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["Change", "Address", "Port", "Before", "After"]);
    for ChangeBody { change, address, port, protocol, before, after } in &diff.changes {
        let port = port.zip(*protocol).map(|(port, protocol)| format!("{port}/{protocol}"));
        table.row([
            change.to_string(),
            address.to_string(),
            port.unwrap_or_default(),
            in_short(before),
            in_short(after),
        ]);
    }
    data::print_table(&table)?;
    data::print(&sentence(&diff))?;
    Ok(Exit::Done)
}

/// A state, and what is behind an open port.
fn in_short(value: &Value) -> String {
    let Value::Object(port) = value else {
        return value.as_str().unwrap_or_default().to_owned();
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let service = port.get("service");
    let of_service = |key: &str| text(service.and_then(|service| service.get(key)));
    let parts =
        [text(port.get("state")), of_service("name"), of_service("product"), of_service("version")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn sentence(diff: &DiffBody) -> String {
    let DiffSummary { opened, closed, changed, new, gone, not_scanned } = diff.summary;
    let count = words::grouped;
    format!(
        "From scan {} to scan {}: {} opened, {} closed, {} changed, {} new, {} gone, {} not scanned in both",
        diff.from,
        diff.to,
        count(opened),
        count(closed),
        count(changed),
        count(new),
        count(gone),
        count(not_scanned)
    )
}
