//! A scan that another process or a server runs: it is shown from here, until it has ended or until this
//! process may run it.

use std::time::Instant;

use jiff::Timestamp;
use netscan_model::scan::{Desired, Scan, State};
use netscan_orchestrator::lock::{LockError, RunnerLock};
use netscan_store::Reclaim;

use crate::desk::{self, Desk};
use crate::foreground::{self, LOOK_EVERY, Trouble};
use crate::lifecycle::Interrupts;
use crate::output::progress::Progress;
use crate::wire::Context;

/// What following a scan came to.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Nobody else runs the scans of this database any more, and this one has not ended.
    Ours(RunnerLock),
    /// The scan has ended, or the operator sent it to rest.
    Over(Box<Scan>),
}

/// Shows the scan while another process runs it, and pauses it when the operator says so.
pub(crate) async fn follow(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    interrupts: &Interrupts,
) -> anyhow::Result<Turn> {
    let mut progress = Progress::begin(&context.talk);
    let mut trouble = Trouble::default();
    let mut next_look = Instant::now();
    let mut has_told_of_rest = false;
    let mut is_pausing = false;
    loop {
        tokio::select! {
            () = interrupts.pause.cancelled(), if !is_pausing => {
                is_pausing = true;
                foreground::pause(context, desk, scan).await?;
            }
            () = interrupts.hand_back.cancelled() => break,
            () = tokio::time::sleep_until(next_look.into()) => {}
        }
        let begun = Instant::now();
        let seen = match desk.look(scan, Vec::new()).await {
            Err(error) if !desk::is_passing(&error) => return Err(error),
            seen => trouble.or_warn(context, seen),
        };
        if let Some(now) = seen {
            progress.show(&now);
            let is_resting = now.scan.status == State::Paused && now.scan.desired != Desired::Run;
            if now.scan.status.is_terminal() || (is_resting && is_pausing) {
                return Ok(Turn::Over(Box::new(now.scan)));
            }
            if is_resting && !has_told_of_rest {
                foreground::tell_of_rest(context, &now.scan);
            }
            has_told_of_rest = is_resting;
            // Who rests does not keep others from running theirs.
            if !is_resting && let Some(lock) = take_if_free(context, desk)? {
                if now.scan.desired == Desired::Run {
                    return Ok(Turn::Ours(lock));
                }
                // Nobody else is left to carry this out.
                settle(context, &now.scan).await?;
            }
        }
        next_look = Instant::now() + LOOK_EVERY.max(begun.elapsed() * 20);
    }
    Ok(Turn::Over(Box::new(desk.again(scan).await?)))
}

/// Carries out what is wanted of a scan that no process runs: the caller has the lock.
pub(crate) async fn settle(context: &Context, scan: &Scan) -> anyhow::Result<()> {
    let store = context.store().await?;
    store.reclaim(Reclaim::All, Timestamp::now()).await?;
    store.settle(scan.id, Timestamp::now()).await?;
    Ok(())
}

/// The lock, if nobody has it. Of a server's database it is the server's.
fn take_if_free(context: &Context, desk: &Desk<'_>) -> Result<Option<RunnerLock>, LockError> {
    if desk.is_there() {
        return Ok(None);
    }
    match RunnerLock::take(&context.configuration.database.value) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Held(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
