//! `resplit`: cuts a batch into smaller ones, also while it runs.

use serde_json::json;

use crate::arguments::plan::Resplit;
use crate::ending::{Exit, Fault};
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Resplit) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let (reference, size) = (&arguments.batch, arguments.chunk_size);
    let parts = store.split_batch(context.project(), reference, size, context.by()).await?;
    let missing = || {
        Fault::new(format!("there is no batch {reference} in project {}", context.project()))
            .hint("name it by SCAN/NUMBER or by id; `netscan status SCAN` lists them")
    };
    let parts = parts.ok_or_else(missing)?;
    if context.is_json() {
        let scan = match parts.first() {
            Some(part) => Some(store.scan(part.scan_id).await?),
            None => None,
        };
        data::print_json(&json!({ "scan": scan, "batches": parts }))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["#Batch", "#Addresses", "Status"]);
    for part in &parts {
        let count = words::grouped(part.address_count);
        table.row([part.number.to_string(), count, part.status.to_string()]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}
