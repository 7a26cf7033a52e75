//! `resume`: goes on with a scan that was paused.

use netscan_model::scan::Command;

use super::results::Destination;
use super::unattended::{self, Elsewhere};
use crate::arguments::control::Resume;
use crate::ending::Exit;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Resume) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    unattended::may(&scan, Command::Resume)?;
    let wish = async { Ok(Some(store.command(scan.id, Command::Resume, context.by()).await?)) };
    unattended::go_on(context, &store, &scan, wish, Elsewhere::Tell, destination).await
}
