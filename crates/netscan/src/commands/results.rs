//! `results`: what a scan found, in the format that is asked for.

use std::io::{self, Write};

use anyhow::Context as _;
use jiff::Timestamp;
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
        method: method(&store.attempts(scan.id).await?),
    })
}

/// How the scan was made, as its first attempt tells.
fn method(attempts: &[AttemptRecord]) -> Method {
    let Some(first) = attempts.iter().find(|attempt| !attempt.detail.argv.is_empty()) else {
        return Method::default();
    };
    let ended_at: Option<Timestamp> = attempts.iter().filter_map(|attempt| attempt.ended_at).max();
    Method {
        program_version: first.detail.version.clone(),
        arguments: first.detail.argv.join(" "),
        scan_infos: first.detail.scan_infos.clone(),
        started_at: Some(first.started_at),
        ended_at,
    }
}
