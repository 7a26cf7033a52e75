//! `ingest`: adds the targets in a file to the project.

use netscan_model::target::Rejected;
use netscan_report::sanitise;
use serde_json::json;

use crate::arguments::inventory::Ingest;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::input;
use crate::output::{data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Ingest) -> anyhow::Result<Exit> {
    let list = input::read(&arguments.file)?;
    // What was to be left out and cannot be read would be scanned later.
    let must_stop = arguments.strict && !list.rejected.is_empty()
        || list.rejected.iter().any(|rejected| rejected.was_exclude);
    let sentences = list.rejected.iter().map(|rejected| input::in_file(&arguments.file, rejected));
    if must_stop {
        if context.is_json() {
            print_counts(0, 0, &list.rejected)?;
        }
        let fault = Fault::all(sentences.collect());
        return Err(fault.hint("nothing was added; correct the file and try again").into());
    }
    let (new, duplicate) = Desk::open(context).await?.add_targets(&list).await?;
    for sentence in sentences {
        context.talk.warning(sanitise(&sentence));
    }
    if context.is_json() {
        print_counts(new, duplicate, &list.rejected)?;
    } else {
        let rejected = list.rejected.len();
        data::print(&format!(
            "{} new, {} duplicate, {rejected} rejected",
            words::plural(new, "target", "targets"),
            words::grouped(duplicate),
        ))?;
    }
    Ok(Exit::Done)
}

fn print_counts(new: u64, duplicate: u64, rejected: &[Rejected]) -> anyhow::Result<()> {
    let rejected: Vec<_> = rejected
        .iter()
        .map(|rejected| {
            let Rejected { line, column, text, reason, .. } = rejected;
            json!({ "line": line, "column": column, "text": text, "reason": reason.to_string() })
        })
        .collect();
    data::print_json(&json!({ "new": new, "duplicate": duplicate, "rejected": rejected }))
}
