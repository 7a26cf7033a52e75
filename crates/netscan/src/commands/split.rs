//! `split`: cuts a scan that has not been started into batches of another size.

use netscan_orchestrator::submit;

use crate::arguments::plan::Split;
use crate::ending::Exit;
use crate::foreground::print_scan;
use crate::output::{data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Split) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let scan = submit::split(&store, &scan, arguments.chunk_size, context.by()).await?;
    if context.is_json() {
        print_scan(&scan)?;
    } else {
        let count = store.batch_counts(scan.id, context.by().now).await?.total();
        let batches = words::plural(count, "batch", "batches");
        let size = words::addresses(arguments.chunk_size.get().into());
        data::print(&format!("Scan {} has {batches} of at most {size}", scan.number))?;
    }
    Ok(Exit::Done)
}
