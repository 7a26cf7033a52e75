//! `run`: starts a scan, or goes on with it, and stays until it has ended.

use netscan_model::scan::Command;

use super::results::Destination;
use super::unattended::{self, Elsewhere};
use crate::arguments::control::Run;
use crate::ending::Exit;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Run) -> anyhow::Result<Exit> {
    if arguments.detached {
        // It fails only for a process that leads a session already, which is just as well.
        let _ = nix::unistd::setsid();
    }
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    unattended::may(&scan, Command::Start)?;
    let wish = async { Ok(Some(store.command(scan.id, Command::Start, context.by()).await?)) };
    let elsewhere = if arguments.wait { Elsewhere::Stay } else { Elsewhere::Tell };
    unattended::go_on(context, &store, &scan, wish, elsewhere, destination).await
}
