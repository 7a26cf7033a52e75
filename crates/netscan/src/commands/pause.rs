//! `pause`: lets a scan rest.

use netscan_model::scan::{Command, State};

use super::unattended;
use crate::arguments::control::Pause;
use crate::ending::Exit;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Pause) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    store.command(scan.id, Command::Pause, context.by()).await?;
    let rests = |state: State| state == State::Paused || state.is_terminal();
    let scan = unattended::close_the_gap(context, &store, &scan, rests).await?;
    super::print_state(context, &scan)?;
    Ok(Exit::Done)
}
