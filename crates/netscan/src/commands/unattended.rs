//! Commands for a scan that another process may be running, or nobody.

use std::time::Duration;

use netscan_model::scan::{Command, Lifecycle, Scan, State};
use netscan_orchestrator::lock::{Holder, LockError, RunnerLock};
use netscan_store::StoreError;
use tokio::time::Instant;

use super::{detached, results::Destination};
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::following::{self, Turn};
use crate::foreground;
use crate::lifecycle::Interrupts;
use crate::output::spinner::Spinner;
use crate::wire::Context;

/// What is to be done when another process was started for the very scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// Say so and leave.
    Tell,
    /// Stay until the scan has ended.
    Stay,
}

/// Says early what would be refused anyway, before anything is started for it.
pub(super) fn may(scan: &Scan, command: Command) -> Result<(), StoreError> {
    Lifecycle { state: scan.status, desired: scan.desired, reached: None }.command(command)?;
    Ok(())
}

/// Asks by `wish` for the scan to go on, and stays until it has ended: it is run here, or followed
/// while another process runs the scans of this database. A wish that comes to nothing is all.
pub(super) async fn go_on(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    wish: impl Future<Output = anyhow::Result<Option<Scan>>>,
    elsewhere: Elsewhere,
    destination: Destination,
) -> anyhow::Result<Exit> {
    if desk.is_there() {
        let interrupts = Interrupts::listen()?;
        let Some(scan) = wish.await? else { return Ok(Exit::Done) };
        return Box::pin(watch(context, desk, &scan, &interrupts, destination)).await;
    }
    let holder = match context.lock().await {
        Ok(lock) => {
            let runner = context.runner(lock, scan).await?;
            let interrupts = Interrupts::listen()?;
            let Some(scan) = wish.await? else { return Ok(Exit::Done) };
            let run = foreground::run(context, desk, runner, &scan, &interrupts, destination);
            return Box::pin(run).await;
        }
        Err(LockError::Held(holder)) => holder,
        Err(error) => return Err(error.into()),
    };
    let interrupts = Interrupts::listen()?;
    let Some(scan) = wish.await? else { return Ok(Exit::Done) };
    if holder.scan == Some(scan.id) && elsewhere == Elsewhere::Tell {
        let has_begun = |state: State| state == State::Running || state.is_terminal();
        let scan = wait_for(desk, &scan, Duration::from_secs(2), has_begun).await?;
        // It may have been just about to leave.
        if has_begun(scan.status) || context.holder().is_some() {
            context.talk.note(format_args!("Scan {} goes on in {}", scan.number, process(holder)));
            super::print_state(context, &scan)?;
            return Ok(Exit::Done);
        }
    }
    context.talk.note(format_args!(
        "Scan {} is left to {holder}, which takes it up by its priority; Ctrl-C pauses it",
        scan.number
    ));
    Box::pin(stay(context, desk, &scan, &interrupts, destination)).await
}

/// Follows a scan that was just made on a server, or leaves it running there.
pub(super) async fn watch_new(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    interrupts: Option<&Interrupts>,
    destination: Destination,
) -> anyhow::Result<Exit> {
    match interrupts {
        Some(interrupts) => watch(context, desk, scan, interrupts, destination).await,
        None => detached::leave(context, scan),
    }
}

/// Follows a scan that a server runs.
async fn watch(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    interrupts: &Interrupts,
    destination: Destination,
) -> anyhow::Result<Exit> {
    context.talk.note(format_args!("Scan {} is run by the server; Ctrl-C pauses it", scan.number));
    stay(context, desk, scan, interrupts, destination).await
}

/// Follows the scan, and runs it as soon as no other process does.
async fn stay(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    interrupts: &Interrupts,
    destination: Destination,
) -> anyhow::Result<Exit> {
    match following::follow(context, desk, scan, interrupts).await? {
        Turn::Ours(lock) => {
            context.talk.note(format_args!(
                "No other process runs scans any more: scan {} goes on here",
                scan.number
            ));
            let runner = context.runner(lock, scan).await?;
            foreground::run(context, desk, runner, scan, interrupts, destination).await
        }
        Turn::Over(scan) => {
            foreground::conclude(context, desk, &scan, interrupts, destination).await
        }
    }
}

fn process(holder: Holder) -> String {
    holder.pid.map_or_else(|| "another process".into(), |pid| format!("process {pid}"))
}

/// The lock for a scan that is not stored yet, or a refusal with what to do instead.
pub(super) async fn lock_for_new(context: &Context) -> anyhow::Result<RunnerLock> {
    match context.lock().await {
        Err(LockError::Held(holder)) => {
            let sentence = format!("{holder} runs the scans of this database; nothing was stored");
            let (plan, run) = (context.command("plan"), context.command("run"));
            let hint = format!("`--detach` queues it behind, and so do `{plan}` and `{run}`");
            Err(Fault::new(sentence).hint(hint).into())
        }
        answer => Ok(answer?),
    }
}

/// Runs a scan that was just stored.
pub(super) async fn run_new(
    context: &Context,
    desk: &Desk<'_>,
    lock: RunnerLock,
    scan: &Scan,
    destination: Destination,
) -> anyhow::Result<Exit> {
    let interrupts = Interrupts::listen()?;
    let runner = context.runner(lock, scan).await?;
    foreground::run(context, desk, runner, scan, &interrupts, destination).await
}

/// Carries out at once what was asked of a scan that no process runs; else waits a while for the
/// process that does.
pub(super) async fn close_the_gap(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    is_reached: impl Fn(State) -> bool,
) -> anyhow::Result<Scan> {
    let is_ours = !desk.is_there();
    match if is_ours { Some(context.lock().await) } else { None } {
        Some(Ok(lock)) => {
            following::settle(context, scan).await?;
            drop(lock);
            desk.again(scan).await
        }
        None | Some(Err(LockError::Held(_))) => {
            let patience =
                context.configuration.pause_grace.value.duration() + Duration::from_secs(3);
            let _waiting = Spinner::start(&context.talk, "Waiting for what runs to end");
            wait_for(desk, scan, patience, is_reached).await
        }
        Some(Err(error)) => Err(error.into()),
    }
}

/// The scan once it is where it was to be, or as it is when patience runs out.
async fn wait_for(
    desk: &Desk<'_>,
    scan: &Scan,
    patience: Duration,
    is_reached: impl Fn(State) -> bool,
) -> anyhow::Result<Scan> {
    let deadline = Instant::now() + patience;
    loop {
        let now = desk.again(scan).await?;
        if is_reached(now.status) || Instant::now() >= deadline {
            return Ok(now);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
