//! `pause`: lets a scan rest.

use netscan_model::scan::{Command, State};

use super::unattended;
use crate::arguments::control::Pause;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Pause) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    desk.command(&scan, Command::Pause).await?;
    let rests = |state: State| state == State::Paused || state.is_terminal();
    let scan = unattended::close_the_gap(context, desk, &scan, rests).await?;
    super::print_state(context, &scan)?;
    Ok(Exit::Done)
}
