//! Commands for a scan that another process may be running, or nobody.

use std::time::Duration;

use jiff::Timestamp;
use netscan_model::scan::{Scan, State};
use netscan_orchestrator::lock::{LockError, RunnerLock};
use netscan_store::{Reclaim, Store, StoreError};
use tokio::time::Instant;

use crate::output::spinner::Spinner;
use crate::wire::Context;

/// Carries out at once what was asked of a scan that no process runs; else waits a while for the
/// process that does.
pub(super) async fn close_the_gap(
    context: &Context,
    store: &Store,
    scan: &Scan,
    is_reached: impl Fn(State) -> bool,
) -> anyhow::Result<Scan> {
    match context.lock().await {
        Ok(lock) => {
            // The lock says that nobody runs these batches any more.
            store.reclaim(Reclaim::All, Timestamp::now()).await?;
            store.settle(Timestamp::now()).await?;
            drop(lock);
        }
        Err(LockError::Held { .. }) => {
            let patience =
                context.configuration.pause_grace.value.duration() + Duration::from_secs(3);
            let _waiting = Spinner::start(&context.talk, "Waiting for what runs to end");
            return Ok(wait_for(store, scan, patience, is_reached).await?);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(store.scan(scan.id).await?)
}

/// The scan once it is where it was to be, or as it is when patience runs out.
pub(super) async fn wait_for(
    store: &Store,
    scan: &Scan,
    patience: Duration,
    is_reached: impl Fn(State) -> bool,
) -> Result<Scan, StoreError> {
    let deadline = Instant::now() + patience;
    loop {
        let now = store.scan(scan.id).await?;
        if is_reached(now.status) || Instant::now() >= deadline {
            return Ok(now);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The lock, or nothing when another process runs scans: then it is told whether that process has
/// taken this scan up.
pub(super) async fn lock_or_tell(
    context: &Context,
    store: &Store,
    scan: &Scan,
) -> anyhow::Result<Option<RunnerLock>> {
    let pid = match context.lock().await {
        Ok(lock) => return Ok(Some(lock)),
        Err(LockError::Held { pid }) => pid,
        Err(error) => return Err(error.into()),
    };
    let holder = pid.map_or_else(|| "another process".into(), |pid| format!("process {pid}"));
    let has_begun = |state: State| state == State::Running || state.is_terminal();
    let scan = wait_for(store, scan, Duration::from_secs(2), has_begun).await?;
    if has_begun(scan.status) {
        context.talk.note(format_args!("Scan {} goes on in {holder}", scan.number));
    } else {
        let run = context.command(&format!("run {} --wait", scan.number));
        context.talk.note(format_args!(
            "Scan {} waits, since {holder} runs another one; {run} starts it after that",
            scan.number
        ));
    }
    super::print_state(context, &scan)?;
    Ok(None)
}
