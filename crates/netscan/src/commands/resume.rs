//! `resume`: goes on with a scan that was paused.

use netscan_model::scan::Command;

use super::results::Destination;
use super::unattended::{self, Elsewhere};
use crate::arguments::control::Resume;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Resume) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    unattended::may(&scan, Command::Resume)?;
    let wish = async { Ok(Some(desk.command(&scan, Command::Resume).await?)) };
    unattended::go_on(context, desk, &scan, wish, Elsewhere::Tell, destination).await
}
