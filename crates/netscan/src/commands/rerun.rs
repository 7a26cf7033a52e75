//! `rerun`: scans everything again, as a new scan in the same series.

use netscan_modules::nmap::options::NmapOptions;

use super::results::Destination;
use super::{detached, request, unattended};
use crate::arguments::control::Rerun;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::lifecycle::Interrupts;
use crate::wire::{self, Context};

pub(super) async fn execute(context: &Context, arguments: &Rerun) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    let destination = Destination::of(&arguments.report, None)?;
    if desk.is_there() {
        let interrupts = if arguments.detach { None } else { Some(Interrupts::listen()?) };
        let scan = desk.rerun(&scan, None).await?;
        return unattended::watch_new(context, desk, &scan, interrupts.as_ref(), destination).await;
    }
    let capabilities = context.capabilities();
    let options = NmapOptions::parse(&scan.options, &wire::policy(&capabilities)?);
    let options = options.map_err(|error| {
        Fault::new(format!("scan {} cannot be run again as it was: {error}", scan.number))
    })?;
    request::fit(context, &options, &capabilities)?;
    // Before anything is stored: a scan that cannot run here shall not be there either.
    let lock = if arguments.detach { None } else { Some(unattended::lock_for_new(context).await?) };
    let scan = desk.rerun(&scan, Some(&options)).await?;
    match lock {
        Some(lock) => unattended::run_new(context, desk, lock, &scan, destination).await,
        None => detached::start(context, &scan),
    }
}
