//! `resplit`: cuts a batch into smaller ones, also while it runs.

use std::num::NonZeroU32;
use std::time::Duration;

use netscan_api::batch::BatchBody;
use netscan_model::batch::StateName;
use netscan_model::scan::Scan;
use serde_json::json;
use tokio::time::Instant;

use crate::arguments::plan::Resplit;
use crate::desk::{Batch, Cutting, Desk};
use crate::ending::{Exit, Fault};
use crate::output::spinner::Spinner;
use crate::output::{Table, data, words};
use crate::wire::Context;

/// How long a worker is given to end what it runs of the batch.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn execute(context: &Context, arguments: &Resplit) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    let (reference, size) = (arguments.batch.as_str(), arguments.chunk_size);
    let missing = || {
        Fault::new(format!("there is no batch {reference} in project {}", context.project()))
            .hint("name it by SCAN/NUMBER or by id; `netscan status SCAN` lists them")
    };
    let batch = desk.find_batch(reference).await?.ok_or_else(missing)?;
    let scan = desk.scan(&batch.body.scan_id.to_string()).await?;
    match cut(context, desk, &batch, size).await?.ok_or_else(missing)? {
        Cutting::Done(parts) if parts.is_empty() => {
            context
                .talk
                .note(format_args!("Nothing was left to cut of batch {}", batch.body.number));
            show(context, &scan, &parts)?;
        }
        Cutting::Done(parts) => show(context, &scan, &parts)?,
        Cutting::Asked => {
            context.talk.note(asked(context, desk, &scan, &batch));
            show(context, &scan, &[batch])?;
        }
        Cutting::SmallEnough => {
            let most = words::addresses(size.get().into());
            let number = batch.body.number;
            context
                .talk
                .note(format_args!("Batch {number} has at most {most} left and stays as it is"));
            show(context, &scan, &[batch])?;
        }
        Cutting::Over(state) => {
            let number = batch.body.number;
            let sentence = format!("batch {number} is {state}: nothing is left of it to cut");
            return Err(Fault::new(sentence).into());
        }
    }
    Ok(Exit::Done)
}

/// Has the batch cut, and waits for the worker that has it, if there is one.
async fn cut(
    context: &Context,
    desk: &Desk<'_>,
    batch: &Batch,
    size: NonZeroU32,
) -> anyhow::Result<Option<Cutting>> {
    let id = batch.body.id.to_string();
    let split = desk.split_batch(batch, size).await?;
    if !matches!(split, Some(Cutting::Asked)) || desk.holder().is_none() {
        return Ok(split);
    }
    let _waiting = Spinner::start(&context.talk, "Waiting for what runs of the batch to end");
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = desk.find_batch(&id).await?;
        if now.is_some_and(|batch| batch.body.status != StateName::Leased) {
            return desk.split_batch(batch, size).await;
        }
    }
    Ok(split)
}

fn asked(context: &Context, desk: &Desk<'_>, scan: &Scan, batch: &Batch) -> String {
    let number = batch.body.number;
    if desk.holder().is_some() {
        return format!("Batch {number} is cut as soon as what runs of it has ended");
    }
    let run = context.command(&format!("run {}", scan.number));
    format!("Batch {number} is cut as soon as its scan goes on: {run}")
}

/// The batches that the addresses are in now.
fn show(context: &Context, scan: &Scan, batches: &[Batch]) -> anyhow::Result<()> {
    if context.is_json() {
        return data::print_json(&json!({ "scan": scan, "batches": batches }));
    }
    let mut table = Table::new(&["#Batch", "#Addresses", "Status"]);
    for batch in batches {
        let BatchBody { number, target_count, status, .. } = &batch.body;
        table.row([number.to_string(), words::grouped(*target_count), status.to_string()]);
    }
    data::print_table(&table)
}
