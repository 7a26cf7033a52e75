//! `difficult`: the addresses that resist.

use crate::arguments::reading::Difficult;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::{Table, data};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Difficult) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let scan = match &arguments.scan {
        Some(reference) => Some(desk.scan(reference).await?),
        None => None,
    };
    let difficult = desk.difficult(scan.as_ref()).await?;
    if context.is_json() {
        data::print_json(&difficult)?;
        return Ok(Exit::Done);
    }
    if difficult.is_empty() {
        context.talk.note("No address resists");
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["Addresses", "State", "#Scan", "Reason"]);
    for line in difficult {
        let (addresses, scan) = (line.addresses.to_string(), line.scan_number.to_string());
        table.row([addresses, line.state.to_string(), scan, line.reason]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}
