//! `run`: starts a scan, or goes on with it, in this process.

use std::time::Duration;

use netscan_model::scan::{Command, Scan};
use netscan_orchestrator::lock::{LockError, RunnerLock};
use netscan_store::Store;

use super::results::Destination;
use super::unattended;
use crate::arguments::control::Run;
use crate::ending::Exit;
use crate::foreground;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Run) -> anyhow::Result<Exit> {
    if arguments.detached {
        // It fails only for a process that leads a session already, which is just as well.
        let _ = nix::unistd::setsid();
    }
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    let scan = store.command(scan.id, Command::Start, context.by()).await?;
    if arguments.wait {
        return match wait_for_lock(context, &store, &scan).await? {
            Turn::Ours(lock) => foreground::run(context, &store, lock, &scan, destination).await,
            Turn::Over(scan) => foreground::report(context, &store, &scan, destination).await,
        };
    }
    match unattended::lock_or_tell(context, &store, &scan).await? {
        Some(lock) => foreground::run(context, &store, lock, &scan, destination).await,
        None => Ok(Exit::Done),
    }
}

/// What waiting for the lock came to.
enum Turn {
    Ours(RunnerLock),
    /// The other process has run this scan to its end.
    Over(Box<Scan>),
}

async fn wait_for_lock(context: &Context, store: &Store, scan: &Scan) -> anyhow::Result<Turn> {
    let mut has_told = false;
    loop {
        match context.lock().await {
            Ok(lock) => return Ok(Turn::Ours(lock)),
            Err(error @ LockError::File { .. }) => return Err(error.into()),
            Err(LockError::Held { .. }) => {}
        }
        if !std::mem::replace(&mut has_told, true) {
            let number = scan.number;
            context.talk.note(format_args!(
                "Scan {number} waits until another netscan has finished with this database"
            ));
        }
        let scan = store.scan(scan.id).await?;
        if scan.status.is_terminal() {
            return Ok(Turn::Over(Box::new(scan)));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
