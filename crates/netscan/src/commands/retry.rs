//! `retry`: takes up again what could not be scanned.

use netscan_model::scan::{Command, Scan};
use netscan_store::RetryOf;

use super::results::Destination;
use super::unattended::{self, Elsewhere};
use crate::arguments::control::Retry;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::words;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Retry) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    unattended::may(&scan, Command::Retry)?;
    let what = match (arguments.failed, arguments.difficult) {
        (true, _) => RetryOf::Failed,
        (_, true) => RetryOf::Difficult,
        (false, false) => RetryOf::Everything,
    };
    let wish = take_up(context, desk, &scan, what);
    unattended::go_on(context, desk, &scan, wish, Elsewhere::Tell, destination).await
}

/// The scan with what it takes up again, or nothing when there is nothing of that kind.
async fn take_up(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    what: RetryOf,
) -> anyhow::Result<Option<Scan>> {
    let (scan, count) = desk.retry(scan, what).await?;
    if count == 0 {
        context.talk.note(format_args!("Scan {} has nothing to take up again", scan.number));
        super::print_state(context, &scan)?;
        return Ok(None);
    }
    let addresses = words::addresses(count);
    context.talk.note(format_args!("Scan {} takes up {addresses} again", scan.number));
    Ok(Some(scan))
}
