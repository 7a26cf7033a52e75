//! `workers`: who runs batches.

use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context) -> anyhow::Result<Exit> {
    let workers = Desk::open(context).await?.workers().await?;
    if context.is_json() {
        data::print_json(&workers)?;
        return Ok(Exit::Done);
    }
    if workers.is_empty() {
        context.talk.note("Nobody runs scans now");
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["Worker", "Kind", "Since", "nmap", "Raw sockets", "#Batches"]);
    for worker in workers {
        table.row([
            worker.name,
            worker.kind.to_string(),
            words::moment(worker.since),
            worker.nmap_version.unwrap_or_else(|| "none".into()),
            if worker.raw_sockets { "yes".into() } else { "no".into() },
            worker.batches.len().to_string(),
        ]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}
