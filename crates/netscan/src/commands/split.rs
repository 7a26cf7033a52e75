//! `split`: cuts a scan that has not been started into batches of another size.

use crate::arguments::plan::Split;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::foreground::print_scan;
use crate::output::{data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Split) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    let scan = desk.split(&scan, arguments.chunk_size).await?;
    if context.is_json() {
        print_scan(&scan)?;
    } else {
        let count = desk.batch_counts(&scan).await?.total();
        let batches = words::plural(count, "batch", "batches");
        let size = words::addresses(arguments.chunk_size.get().into());
        data::print(&format!("Scan {} has {batches} of at most {size}", scan.number))?;
    }
    Ok(Exit::Done)
}
