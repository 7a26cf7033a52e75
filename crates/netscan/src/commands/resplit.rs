//! `resplit`: cuts a batch into smaller ones, also while it runs.

use std::num::NonZeroU32;
use std::time::Duration;

use netscan_model::batch::StateName;
use netscan_model::scan::Scan;
use netscan_store::{BatchRecord, Split, Store};
use serde_json::json;
use tokio::time::Instant;

use crate::arguments::plan::Resplit;
use crate::ending::{Exit, Fault};
use crate::output::spinner::Spinner;
use crate::output::{Table, data, words};
use crate::wire::Context;

/// How long a worker is given to end what it runs of the batch.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn execute(context: &Context, arguments: &Resplit) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let (reference, size) = (arguments.batch.as_str(), arguments.chunk_size);
    let missing = || {
        Fault::new(format!("there is no batch {reference} in project {}", context.project()))
            .hint("name it by SCAN/NUMBER or by id; `netscan status SCAN` lists them")
    };
    let batch = store.find_batch(context.project(), reference).await?.ok_or_else(missing)?;
    let scan = store.scan(batch.scan_id).await?;
    match cut(context, &store, &batch, size).await?.ok_or_else(missing)? {
        Split::Done(parts) if parts.is_empty() => {
            context.talk.note(format_args!("Nothing was left to cut of batch {}", batch.number));
            show(context, &scan, &parts)?;
        }
        Split::Done(parts) => show(context, &scan, &parts)?,
        Split::Asked => {
            context.talk.note(asked(context, &scan, &batch));
            show(context, &scan, &[batch])?;
        }
        Split::SmallEnough => {
            let most = words::addresses(size.get().into());
            let number = batch.number;
            context
                .talk
                .note(format_args!("Batch {number} has at most {most} left and stays as it is"));
            show(context, &scan, &[batch])?;
        }
        Split::Over(state) => {
            let number = batch.number;
            let sentence = format!("batch {number} is {state}: nothing is left of it to cut");
            return Err(Fault::new(sentence).into());
        }
    }
    Ok(Exit::Done)
}

/// Has the batch cut, and waits for the worker that has it, if there is one.
async fn cut(
    context: &Context,
    store: &Store,
    batch: &BatchRecord,
    size: NonZeroU32,
) -> anyhow::Result<Option<Split>> {
    let id = batch.id.to_string();
    let split = store.split_batch(context.project(), &id, size, context.by()).await?;
    if split != Some(Split::Asked) || context.holder().is_none() {
        return Ok(split);
    }
    let _waiting = Spinner::start(&context.talk, "Waiting for what runs of the batch to end");
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = store.find_batch(context.project(), &id).await?;
        if now.is_some_and(|batch| batch.status != StateName::Leased) {
            return Ok(store.split_batch(context.project(), &id, size, context.by()).await?);
        }
    }
    Ok(split)
}

fn asked(context: &Context, scan: &Scan, batch: &BatchRecord) -> String {
    let number = batch.number;
    if context.holder().is_some() {
        return format!("Batch {number} is cut as soon as what runs of it has ended");
    }
    let run = context.command(&format!("run {}", scan.number));
    format!("Batch {number} is cut as soon as its scan goes on: {run}")
}

/// The batches that the addresses are in now.
fn show(context: &Context, scan: &Scan, batches: &[BatchRecord]) -> anyhow::Result<()> {
    if context.is_json() {
        return data::print_json(&json!({ "scan": scan, "batches": batches }));
    }
    let mut table = Table::new(&["#Batch", "#Addresses", "Status"]);
    for batch in batches {
        let count = words::grouped(batch.address_count);
        table.row([batch.number.to_string(), count, batch.status.to_string()]);
    }
    data::print_table(&table)
}
