//! `stop`: ends a scan for good.

use netscan_model::scan::{Command, State};

use super::unattended;
use crate::arguments::control::Stop;
use crate::ending::Exit;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Stop) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let scan = store.command(scan.id, Command::Stop, context.by()).await?;
    let scan = unattended::close_the_gap(context, &store, &scan, State::is_terminal).await?;
    super::print_state(context, &scan)?;
    Ok(Exit::Done)
}
