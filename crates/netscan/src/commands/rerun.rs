//! `rerun`: scans everything again, as a new scan in the same series.

use netscan_modules::nmap::options::NmapOptions;
use netscan_orchestrator::submit;

use super::results::Destination;
use super::{detached, request, unattended};
use crate::arguments::control::Rerun;
use crate::ending::{Exit, Fault};
use crate::output::spinner::Spinner;
use crate::wire::{self, Context};

pub(super) async fn execute(context: &Context, arguments: &Rerun) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    let capabilities = context.capabilities();
    let options = NmapOptions::parse(&scan.options, &wire::policy(&capabilities)?);
    let options = options.map_err(|error| {
        Fault::new(format!("scan {} cannot be run again as it was: {error}", scan.number))
    })?;
    request::fit(context, &options, &capabilities)?;
    // Before anything is stored: a scan that cannot run here shall not be there either.
    let lock = if arguments.detach { None } else { Some(unattended::lock_for_new(context).await?) };
    let (ports, limit) = (options.port_count_estimate(), request::address_limit(context));
    let waiting = Spinner::start(&context.talk, "Planning");
    let submitted = submit::rerun(&store, &scan, ports, limit, true, context.by()).await;
    drop(waiting);
    let (scan, _) = submitted.map_err(request::not_accepted)?;
    match lock {
        Some(lock) => unattended::run_new(context, &store, lock, &scan, destination).await,
        None => detached::start(context, &scan),
    }
}
