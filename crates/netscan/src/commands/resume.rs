//! `resume`: goes on with a scan that was paused.

use netscan_model::scan::Command;

use super::results::Destination;
use super::unattended;
use crate::arguments::control::Resume;
use crate::ending::Exit;
use crate::foreground;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Resume) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    let scan = store.command(scan.id, Command::Resume, context.by()).await?;
    match unattended::lock_or_tell(context, &store, &scan).await? {
        Some(lock) => foreground::run(context, &store, lock, &scan, destination).await,
        None => Ok(Exit::Done),
    }
}
