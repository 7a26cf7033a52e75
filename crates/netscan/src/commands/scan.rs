//! `scan`: plan and run in one.

use netscan_model::target::TargetList;
use netscan_orchestrator::submit::SubmitError;

use super::results::Destination;
use super::{detached, request, search, unattended};
use crate::arguments::{control::Report, plan};
use crate::desk::{Choice, Desk, Order, not_accepted};
use crate::ending::Exit;
use crate::input;
use crate::lifecycle::Interrupts;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &plan::Scan) -> anyhow::Result<Exit> {
    let template = request::choice(context, arguments.template.as_deref()).await?;
    let targets = targets(context, arguments, template.as_ref()).await?;
    let is_there = context.server().is_some();
    if !is_there {
        // Before anything is made: a server knows its own limit.
        let within_limit = targets.addresses(context.configuration.address_limit.value.into());
        let too_many = |error| not_accepted(SubmitError::TooManyAddresses(error));
        within_limit.map(|_| ()).map_err(too_many)?;
    }
    let options = request::read(context, &arguments.how, template.as_ref())?;
    if let Some((options, capabilities)) = &options {
        request::fit(context, options, capabilities)?;
    }
    let report = Report { format: arguments.format, output: arguments.output.clone() };
    let destination = Destination::of(&report, None)?;

    let desk = &Desk::open(context).await?;
    let order = Order {
        targets,
        how: &arguments.how,
        pace: &arguments.pace,
        label: &arguments.label,
        template,
        is_started: true,
    };
    if is_there {
        let interrupts = if arguments.detach { None } else { Some(Interrupts::listen()?) };
        let scan = desk.order(&order, None).await?;
        return unattended::watch_new(context, desk, &scan, interrupts.as_ref(), destination).await;
    }
    // Before anything is stored: a scan that cannot run here shall not be there either.
    let lock = if arguments.detach { None } else { Some(unattended::lock_for_new(context).await?) };
    let scan = desk.order(&order, options.as_ref().map(|(options, _)| options)).await?;
    match lock {
        Some(lock) => unattended::run_new(context, desk, lock, &scan, destination).await,
        None => detached::start(context, &scan),
    }
}

/// What is to be scanned: what was named and searched for, or else what the template names.
async fn targets(
    context: &Context,
    arguments: &plan::Scan,
    template: Option<&Choice>,
) -> anyhow::Result<TargetList> {
    let mut targets = input::targets(arguments, &context.talk)?;
    if let Some(query) = &arguments.search {
        let desk = Desk::open(context).await?;
        let found = search::addresses(&desk, context, query).await?;
        targets.append(TargetList::parse(&found));
    }
    input::complete(&mut targets, template)?;
    for entry in targets.unscannable() {
        let text = netscan_report::sanitise(&entry.text).into_owned();
        context.talk.warning(format_args!("{text} has no address that could be scanned"));
    }
    Ok(targets)
}
