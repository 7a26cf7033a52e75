//! `run`: starts a scan, or goes on with it, and stays until it has ended.

use netscan_model::scan::Command;

use super::results::Destination;
use super::unattended::{self, Elsewhere};
use crate::arguments::control::Run;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Run) -> anyhow::Result<Exit> {
    if arguments.detached {
        // It fails only for a process that leads a session already, which is just as well.
        let _ = nix::unistd::setsid();
    }
    let desk = &Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    unattended::may(&scan, Command::Start)?;
    let wish = async { Ok(Some(desk.command(&scan, Command::Start).await?)) };
    let elsewhere = if arguments.wait { Elsewhere::Stay } else { Elsewhere::Tell };
    unattended::go_on(context, desk, &scan, wish, elsewhere, destination).await
}
