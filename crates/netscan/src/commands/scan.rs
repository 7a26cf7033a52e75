//! `scan`: plan and run in one.

use netscan_orchestrator::submit::{self, SubmitError};

use super::results::Destination;
use super::{detached, request, unattended};
use crate::arguments::{control::Report, plan};
use crate::ending::{Exit, Fault};
use crate::input;
use crate::output::spinner::Spinner;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &plan::Scan) -> anyhow::Result<Exit> {
    let targets = input::targets(arguments, &context.talk)?;
    if targets.is_empty() {
        return Err(Fault::new("there is nothing to scan: no target is left").into());
    }
    for entry in targets.unscannable() {
        let text = netscan_report::sanitise(&entry.text).into_owned();
        context.talk.warning(format_args!("{text} has no address that could be scanned"));
    }
    let within_limit = targets.addresses(request::address_limit(context)).map(|_| ());
    within_limit.map_err(|error| request::not_accepted(SubmitError::TooManyAddresses(error)))?;
    let capabilities = context.capabilities();
    let options = request::options(&arguments.how, &capabilities)?;
    request::fit(context, &options, &capabilities)?;
    let report = Report { format: arguments.format, output: arguments.output.clone() };
    let destination = Destination::of(&report, None)?;

    let store = context.store().await?;
    // Before anything is stored: a scan that cannot run here shall not be there either.
    let lock = if arguments.detach { None } else { Some(unattended::lock_for_new(context).await?) };
    let mut request =
        request::request(context, targets, &options, &arguments.pace, &arguments.label);
    request.is_started = true;
    let waiting = Spinner::start(&context.talk, "Planning");
    let submitted = submit::submit(&store, &request, context.by()).await;
    drop(waiting);
    let (scan, _) = submitted.map_err(request::not_accepted)?;
    match lock {
        Some(lock) => unattended::run_new(context, &store, lock, &scan, destination).await,
        None => detached::start(context, &scan),
    }
}
