//! `retry`: takes up again what could not be scanned.

use netscan_orchestrator::submit;
use netscan_store::RetryOf;

use super::results::Destination;
use super::unattended;
use crate::arguments::control::Retry;
use crate::ending::Exit;
use crate::foreground;
use crate::output::words;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Retry) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    let what = match (arguments.failed, arguments.difficult) {
        (true, _) => RetryOf::Failed,
        (_, true) => RetryOf::Difficult,
        (false, false) => RetryOf::Everything,
    };
    let (scan, count) = submit::retry(&store, &scan, what, context.by()).await?;
    if count == 0 {
        context.talk.note(format_args!("Scan {} has nothing to take up again", scan.number));
        super::print_state(context, &scan)?;
        return Ok(Exit::Done);
    }
    let addresses = words::addresses(count);
    context.talk.note(format_args!("Scan {} takes up {addresses} again", scan.number));
    match unattended::lock_or_tell(context, &store, &scan).await? {
        Some(lock) => foreground::run(context, &store, lock, &scan, destination).await,
        None => Ok(Exit::Done),
    }
}
