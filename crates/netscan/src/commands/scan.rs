//! `scan`: plan and run in one.

use std::ffi::OsString;
use std::fs::File;

use anyhow::Context as _;
use netscan_model::scan::Scan;
use netscan_modules::program;
use netscan_orchestrator::submit::{self, SubmitError};

use super::request;
use super::results::Destination;
use crate::arguments::{control::Report, plan};
use crate::ending::{Exit, Fault};
use crate::foreground;
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
    let lock = if arguments.detach { None } else { Some(context.lock().await?) };
    let mut request =
        request::request(context, targets, &options, &arguments.pace, &arguments.label);
    request.is_started = true;
    let waiting = Spinner::start(&context.talk, "Planning");
    let submitted = submit::submit(&store, &request, context.by()).await;
    drop(waiting);
    let (scan, _) = submitted.map_err(request::not_accepted)?;
    match lock {
        Some(lock) => foreground::run(context, &store, lock, &scan, destination).await,
        None => detach(context, &scan),
    }
}

/// Has another process run the scan.
fn detach(context: &Context, scan: &Scan) -> anyhow::Result<Exit> {
    let artifacts = &context.configuration.artifacts_dir.value;
    let failed = || format!("cannot run scan {} in the background", scan.number);
    std::fs::create_dir_all(artifacts).with_context(failed)?;
    let path = artifacts.join(format!("scan-{}.log", scan.number));
    let log = File::options().create(true).append(true).open(path).with_context(failed)?;
    let netscan = std::env::current_exe().with_context(failed)?;
    program::start_detached(&netscan, &words(context, scan), log).with_context(failed)?;
    let status = context.command(&format!("status {}", scan.number));
    context.talk.note(format_args!("It runs in the background; {status} tells how far it is"));
    super::print_state(context, scan)?;
    Ok(Exit::Done)
}

/// `run ID --wait`, in the same place as this process works.
fn words(context: &Context, scan: &Scan) -> Vec<OsString> {
    let flags = &context.flags;
    let mut words: Vec<OsString> = Vec::new();
    let mut add = |flag: &str, value: Option<OsString>| {
        words.extend(value.into_iter().flat_map(|value| [flag.into(), value]));
    };
    add("--data-dir", flags.data_dir.clone().map(Into::into));
    add("--database", flags.database.clone().map(Into::into));
    add("--db-path", flags.db_path.clone().map(Into::into));
    add("--config", flags.config.clone().map(Into::into));
    add("--project", Some(context.project().into()));
    words.extend(["-q", "run", "--wait", "--detached"].map(OsString::from));
    words.push(scan.id.to_string().into());
    words
}
