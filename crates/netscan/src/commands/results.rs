//! `results`: what a scan found, in the format that is asked for.

use std::io::Write;

use anyhow::Context as _;
use netscan_model::scan::Scan;
use netscan_model::search::Query;
use netscan_report::{Format, WriteOptions};

use crate::arguments::control::Report;
use crate::arguments::reading::Results;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::data::{self, Reader};
use crate::output::file::Replacement;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Results) -> anyhow::Result<Exit> {
    let otherwise = context.is_json().then_some(Format::Json);
    let destination = Destination::of(&arguments.report, otherwise)?.only(arguments.only.clone());
    let desk = Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    write(context, &desk, &scan, destination).await?;
    Ok(Exit::Done)
}

/// Where results go, and how they look there.
#[derive(Debug)]
pub(crate) struct Destination {
    format: Option<Format>,
    file: Option<Replacement>,
    /// Which hosts, if not all.
    only: Option<Query>,
}

impl Destination {
    /// Opens the file, if there is to be one, so that a place that cannot be written to is known
    /// before the scan. `otherwise` is the format when nothing tells it.
    pub(crate) fn of(report: &Report, otherwise: Option<Format>) -> anyhow::Result<Self> {
        let path = report.output.as_deref().filter(|path| path.as_os_str() != "-");
        let file = path.map(Replacement::begin).transpose()?;
        let by_ending = || path.and_then(Format::of_path);
        let format = report.format.or_else(by_ending).or(otherwise);
        if file.is_none() && data::is_terminal() && format.is_some_and(|format| !format.is_text()) {
            anyhow::bail!("cannot show a workbook on a terminal; write it to a file with -o FILE");
        }
        Ok(Self { format, file, only: None })
    }

    /// The same for the hosts that match, if a query says which.
    fn only(self, only: Option<Query>) -> Self {
        Self { only, ..self }
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
    desk: &Desk<'_>,
    scan: &Scan,
    destination: Destination,
) -> anyhow::Result<()> {
    let Destination { format, file, only } = destination;
    let Some(mut file) = file else {
        let format = format.unwrap_or(Format::Table);
        let options = WriteOptions {
            colour: data::has_colours(),
            width: data::width(),
            pretty: data::width().is_some(),
            open_only: format == Format::Table,
        };
        let mut pieces = desk.results(scan, only.as_ref(), format, &options).await?;
        while let Some(piece) = pieces.next().await? {
            if data::write(&piece)? == Reader::Gone {
                break;
            }
        }
        return Ok(());
    };
    let format = format.unwrap_or(Format::Text);
    let options = WriteOptions { open_only: format == Format::Table, ..WriteOptions::default() };
    let mut pieces = desk.results(scan, only.as_ref(), format, &options).await?;
    while let Some(piece) = pieces.next().await? {
        let written = file.write_all(&piece);
        written.with_context(|| format!("cannot write {}", file.path().display()))?;
    }
    let path = file.path().display().to_string();
    file.finish()?;
    context.talk.note(format_args!("Wrote {path}"));
    Ok(())
}
