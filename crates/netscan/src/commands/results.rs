//! `results`: what a scan found, in the format that is asked for.

use std::io::{self, Write};

use anyhow::Context as _;
use netscan_model::coverage::CoverageState;
use netscan_model::scan::Scan;
use netscan_report::{Format, Method, ReportHead, ReportWriter, WriteOptions};
use netscan_store::{AttemptRecord, HostCursor, Store};

use super::coverage;
use crate::arguments::control::Report;
use crate::arguments::reading::Results;
use crate::ending::Exit;
use crate::output::data;
use crate::output::file::Replacement;
use crate::wire::Context;

/// Of a scan's attempts, so many are looked at for one that tells how the scan was made.
const ATTEMPTS_LOOKED_AT: u32 = 20;

/// Hosts that are read from the store at a time.
const PAGE: u32 = 256;

pub(super) async fn execute(context: &Context, arguments: &Results) -> anyhow::Result<Exit> {
    let otherwise = context.is_json().then_some(Format::Json);
    let destination = Destination::of(&arguments.report, otherwise)?;
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    write(context, &store, &scan, destination).await?;
    Ok(Exit::Done)
}

/// Where results go, and how they look there.
#[derive(Debug)]
pub(crate) struct Destination {
    format: Option<Format>,
    file: Option<Replacement>,
}

impl Destination {
    /// Opens the file, if there is to be one, so that a place that cannot be written to is known
    /// before the scan. `otherwise` is the format when nothing tells it.
    pub(crate) fn of(report: &Report, otherwise: Option<Format>) -> anyhow::Result<Self> {
        let path = report.output.as_deref().filter(|path| path.as_os_str() != "-");
        let file = path.map(Replacement::begin).transpose()?;
        let by_ending = || path.and_then(Format::of_path);
        let format = report.format.or_else(by_ending).or(otherwise);
        Ok(Self { format, file })
    }

    /// Whether the results are written to a file.
    pub(crate) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Whether someone asked for results in some format on standard output.
    pub(crate) fn is_stdout_taken(&self) -> bool {
        self.file.is_none() && self.format.is_some()
    }
}

/// Writes the results of `scan` to where they are to go.
pub(crate) async fn write(
    context: &Context,
    store: &Store,
    scan: &Scan,
    destination: Destination,
) -> anyhow::Result<()> {
    let head = head(store, scan).await?;
    let Some(mut file) = destination.file else {
        let format = destination.format.unwrap_or(Format::Table);
        let options = WriteOptions {
            colour: data::has_colours(),
            width: data::width(),
            pretty: data::width().is_some(),
            open_only: format == Format::Table,
        };
        let out = io::stdout().lock();
        let written = stream(store, &head, format, &options, out).await?;
        return data::unless_closed(written).context("cannot write to standard output");
    };
    let format = destination.format.unwrap_or(Format::Text);
    let path = file.path().display().to_string();
    let written = stream(store, &head, format, &WriteOptions::default(), &mut file).await?;
    written.with_context(|| format!("cannot write {path}"))?;
    file.finish()?;
    context.talk.note(format_args!("Wrote {path}"));
    Ok(())
}

/// Passes the hosts on page by page. The inner result is that of writing.
async fn stream(
    store: &Store,
    head: &ReportHead,
    format: Format,
    options: &WriteOptions,
    out: impl Write,
) -> anyhow::Result<io::Result<()>> {
    let mut writer = match ReportWriter::begin(format, head, options, out) {
        Ok(writer) => writer,
        Err(error) => return Ok(Err(error)),
    };
    let mut cursor = HostCursor::default();
    loop {
        let page = store.hosts(head.scan.id, &cursor, PAGE).await?;
        let Some(last) = page.last() else { break };
        cursor = HostCursor::after(last.address);
        if let Err(error) = page.iter().try_for_each(|host| writer.host(host)) {
            return Ok(Err(error));
        }
    }
    Ok(writer.finish().map(drop))
}

async fn head(store: &Store, scan: &Scan) -> anyhow::Result<ReportHead> {
    let states: Vec<_> = CoverageState::ALL
        .iter()
        .copied()
        .filter(|state| !state.is_scanned() && *state != CoverageState::Unresolved)
        .collect();
    Ok(ReportHead {
        scan: scan.clone(),
        coverage: store.coverage(scan.id).await?,
        gaps: coverage::ranges(store, scan, &states).await?,
        unresolved: coverage::unresolved(store, scan).await?,
        method: method(scan, store.earliest_attempts(scan.id, ATTEMPTS_LOOKED_AT).await?),
    })
}

/// How the scan was made, as the first attempt tells that nmap has told something of itself.
fn method(scan: &Scan, attempts: Vec<AttemptRecord>) -> Method {
    let has_told = |attempt: &AttemptRecord| !attempt.detail.scan_infos.is_empty();
    let has_begun = |attempt: &AttemptRecord| !attempt.detail.argv.is_empty();
    let place = attempts.iter().position(has_told).or(attempts.iter().position(has_begun));
    let Some(first) = place.and_then(|place| attempts.into_iter().nth(place)) else {
        return Method::default();
    };
    Method {
        program_version: first.detail.version,
        arguments: first.detail.argv.join(" "),
        scan_infos: first.detail.scan_infos,
        started_at: Some(first.started_at),
        ended_at: scan.completed_at,
    }
}
