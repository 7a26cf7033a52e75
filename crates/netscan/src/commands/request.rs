//! From options to a request: what nmap is asked for, and how the scan is to be run.

use netscan_model::target::TargetList;
use netscan_modules::nmap::capabilities::Capabilities;
use netscan_modules::nmap::options::{NmapOptions, OptionError};
use netscan_orchestrator::submit::{Request, SubmitError, Wishes};

use crate::arguments::Span;
use crate::arguments::plan::{How, Label, Pace};
use crate::configuration::Configuration;
use crate::ending::Fault;
use crate::wire::{self, Context};

/// A request for a scan that is not started.
pub(super) fn request(
    context: &Context,
    targets: TargetList,
    options: &NmapOptions,
    pace: &Pace,
    label: &Label,
) -> Request {
    Request {
        project: context.project().to_owned(),
        name: label.name.clone(),
        notes: label.notes.clone(),
        targets,
        options: options.canonical(),
        ports_per_host: options.port_count_estimate(),
        wishes: wishes(pace, &context.configuration),
        address_limit: address_limit(context),
        is_ascending: false,
        is_started: false,
        series: None,
    }
}

pub(super) fn address_limit(context: &Context) -> u128 {
    context.configuration.address_limit.value.into()
}

fn wishes(pace: &Pace, configuration: &Configuration) -> Wishes {
    let host_timeout = pace.host_timeout.or(configuration.host_timeout.value);
    let batch_timeout = pace.batch_timeout.or(configuration.batch_timeout.value);
    Wishes {
        batch_size: pace.batch_size.or(configuration.batch_size.value),
        concurrency: pace.concurrency.or(configuration.concurrency.value),
        max_rate: pace.max_rate.or(configuration.max_rate.value),
        host_timeout_ms: host_timeout.map(Span::milliseconds),
        batch_timeout_ms: batch_timeout.map(Span::milliseconds),
        attempts: pace.attempts.or(configuration.attempts.value),
        priority: pace.priority.unwrap_or_default(),
    }
}

/// What nmap is asked to do.
pub(super) fn options(how: &How, capabilities: &Capabilities) -> anyhow::Result<NmapOptions> {
    let usage = |error: OptionError, name| Fault::new(format!("{name}: {error}")).of_usage();
    if let Some(text) = &how.nmap {
        let policy = wire::policy(capabilities)?;
        return Ok(NmapOptions::parse(text, &policy).map_err(|error| usage(error, "--nmap"))?);
    }
    let profile = how.profile.unwrap_or_default();
    let options = profile.options_with(how.ports.as_deref(), how.top_ports, how.udp);
    Ok(options.map_err(|error| usage(error, "ports"))?)
}

/// Whether this machine can do what is asked, and how it does otherwise than asked.
pub(super) fn fit(
    context: &Context,
    options: &NmapOptions,
    capabilities: &Capabilities,
) -> Result<(), Fault> {
    let doctor = "`netscan doctor` tells what this machine can do";
    if let Some(problem) = capabilities.problems.first() {
        return Err(Fault::new(format!("this machine cannot run scans: {problem}")).hint(doctor));
    }
    if capabilities.raw_sockets {
        return Ok(());
    }
    let (_, fallbacks) = options
        .without_raw_sockets()
        .map_err(|error| Fault::new(error.to_string()).hint(doctor))?;
    for fallback in &fallbacks {
        context.talk.note(fallback);
    }
    if fallbacks.is_empty() && options.scans_ports() {
        context.talk.note("Without raw sockets nmap uses TCP connections (-sT)");
    }
    Ok(())
}

/// Why a scan was not accepted, with what to do about it.
pub(super) fn not_accepted(error: SubmitError) -> anyhow::Error {
    let hint = match &error {
        SubmitError::TooManyAddresses(_) | SubmitError::TooManyNames(_) => {
            "address_limit in netscan.toml, or NETSCAN_ADDRESS_LIMIT, raises the limit"
        }
        SubmitError::Nothing { .. } => "`netscan scope show` tells what the project may touch",
        _ => return error.into(),
    };
    Fault::new(error.to_string()).hint(hint).into()
}
