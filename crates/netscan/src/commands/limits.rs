//! `limits`: how much may run at a time over all projects.

use std::num::NonZeroU32;

use netscan_api::limits::{Politeness, ServerLimits};

use crate::arguments::projects::{Limits, SetLimits};
use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Limits) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let mut limits = desk.limits().await?;
    if let Limits::Set(changes) = arguments {
        limits = changed(limits, changes);
        desk.set_limits(limits).await?;
    }
    if context.is_json() {
        data::print_json(&limits)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::of_facts();
    let mut row = |name: &str, limit: Option<NonZeroU32>| {
        let limit = limit.map_or_else(|| "none".into(), |limit| words::grouped(limit.get().into()));
        table.row([name.to_owned(), limit]);
    };
    let ServerLimits { max_batches, max_rate, politeness } = limits;
    row("Batches at a time", max_batches);
    row("Packets per second", max_rate);
    row("Packets per second to one address", politeness.address_rate);
    row("Packets per second to one network", politeness.network_rate);
    data::print_table(&table)?;
    Ok(Exit::Done)
}

fn changed(before: ServerLimits, changes: &SetLimits) -> ServerLimits {
    let SetLimits { max_batches, max_rate, address_rate, network_rate } = changes;
    ServerLimits {
        max_batches: max_batches.map_or(before.max_batches, |limit| limit.0),
        max_rate: max_rate.map_or(before.max_rate, |limit| limit.0),
        politeness: Politeness {
            address_rate: address_rate.map_or(before.politeness.address_rate, |limit| limit.0),
            network_rate: network_rate.map_or(before.politeness.network_rate, |limit| limit.0),
        },
    }
}
