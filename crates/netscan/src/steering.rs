//! What is asked of a scan by a key or by an assistant, carried out as the command of that name does
//! it. Nobody waits until what runs has ended.

use std::num::NonZeroU32;

use netscan_model::scan::{Command, Scan};
use netscan_orchestrator::lock::LockError;
use netscan_store::LimitChanges;

use crate::commands::detached;
use crate::desk::Desk;
use crate::following;
use crate::output::progress::state_words;
use crate::wire::Context;

/// Something to be done to a scan.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) scan: Scan,
    pub(crate) wish: Wish,
}

/// What is wanted of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Pause,
    Start,
    Resume,
    Stop,
    /// So many batches at a time.
    Concurrency(NonZeroU32),
}

/// An order that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// The scan as it is now.
    pub(crate) scan: Scan,
    pub(crate) sentence: String,
}

pub(crate) async fn carry_out(
    context: &Context,
    desk: &Desk<'_>,
    order: &Order,
) -> anyhow::Result<Answer> {
    let scan = &order.scan;
    match order.wish {
        Wish::Pause => end_what_runs(context, desk, scan, Command::Pause).await,
        Wish::Stop => end_what_runs(context, desk, scan, Command::Stop).await,
        Wish::Start => go_on(context, desk, scan, Command::Start).await,
        Wish::Resume => go_on(context, desk, scan, Command::Resume).await,
        Wish::Concurrency(concurrency) => {
            if scan.status.is_terminal() {
                anyhow::bail!("cannot set how a scan is run that is {}", scan.status);
            }
            let concurrency = Some(concurrency);
            let changes = LimitChanges { concurrency, ..LimitChanges::default() };
            let scan = desk.set(scan, &changes).await?;
            let (number, now) = (scan.number, scan.limits.concurrency);
            Ok(Answer { sentence: format!("Scan {number} runs with concurrency {now}"), scan })
        }
    }
}

/// Has the scan rest or end. Where no process runs it, nothing has to end, and it does so at once.
async fn end_what_runs(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    command: Command,
) -> anyhow::Result<Answer> {
    let mut scan = desk.command(scan, command).await?;
    if !desk.is_there() {
        match context.lock().await {
            Ok(lock) => {
                following::settle(context, &scan).await?;
                drop(lock);
                scan = desk.again(&scan).await?;
            }
            Err(LockError::Held(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Answer { sentence: format!("Scan {} is {}", scan.number, state_words(&scan)), scan })
}

/// Has the scan begin or go on: in the background, where no process runs scans.
async fn go_on(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    command: Command,
) -> anyhow::Result<Answer> {
    let scan = desk.command(scan, command).await?;
    let number = scan.number;
    let sentence = match desk.holder() {
        Some(holder) if holder.is_server => format!("Scan {number} is left to the server"),
        Some(_) => format!("Scan {number} is left to the process that runs scans"),
        None => {
            detached::run(context, &scan)?;
            format!("Scan {number} runs in the background")
        }
    };
    Ok(Answer { scan, sentence })
}
