//! `stop`: ends a scan for good.

use netscan_model::scan::{Command, State};

use super::unattended;
use crate::arguments::control::Stop;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Stop) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    let scan = desk.command(&scan, Command::Stop).await?;
    let scan = unattended::close_the_gap(context, desk, &scan, State::is_terminal).await?;
    super::print_state(context, &scan)?;
    Ok(Exit::Done)
}
