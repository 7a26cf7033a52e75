//! `history`: what scans of the project saw of an address.

use netscan_api::target::HistoryEntry;
use netscan_model::Address;

use crate::arguments::reading::History;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &History) -> anyhow::Result<Exit> {
    let address = arguments.address.parse::<Address>();
    let address = address.map_err(|error| Fault::new(error.to_string()).of_usage())?;
    let seen = Desk::open(context).await?.history(address).await?;
    if context.is_json() {
        data::print_json(&seen)?;
        return Ok(Exit::Done);
    }
    if seen.is_empty() {
        let project = context.project();
        context.talk.note(format_args!("No scan of project {project} looked for {address}"));
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["#Scan", "Time", "State", "Open ports", "Reason"]);
    for HistoryEntry { scan_number, at, state, reason, open_ports, .. } in seen {
        table.row([
            scan_number.to_string(),
            words::moment(at),
            state.to_string(),
            open_ports.join(", "),
            reason,
        ]);
    }
    data::print_table(&table)?;
    Ok(Exit::Done)
}
