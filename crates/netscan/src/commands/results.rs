//! `results`: what a scan found, in the format that is asked for.

use netscan_model::scan::Scan;
use netscan_model::search::Query;
use netscan_report::{Format, WriteOptions};

use crate::arguments::control::Report;
use crate::arguments::reading::Results;
use crate::desk::Desk;
use crate::ending::Exit;
use crate::output::data::{self, Reader};
use crate::output::file::Place;
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
    pub(super) place: Place,
    format: Option<Format>,
    /// Which hosts, if not all.
    only: Option<Query>,
}

impl Destination {
    /// Opens the file, if there is to be one, so that a place that cannot be written to is known
    /// before the scan. `otherwise` is the format when nothing tells it.
    pub(crate) fn of(report: &Report, otherwise: Option<Format>) -> anyhow::Result<Self> {
        let place = Place::of(report.output.as_deref())?;
        let by_ending = || report.output.as_deref().and_then(Format::of_path);
        let format = report.format.or_else(by_ending).or(otherwise);
        if place.is_out() && data::is_terminal() && format.is_some_and(|format| !format.is_text()) {
            anyhow::bail!("cannot show a workbook on a terminal; write it to a file with -o FILE");
        }
        Ok(Self { place, format, only: None })
    }

    /// The same for the hosts that match, if a query says which.
    fn only(self, only: Option<Query>) -> Self {
        Self { only, ..self }
    }

    /// The format in which the results are written.
    pub(super) fn format(&self) -> Format {
        let otherwise = if self.place.is_out() { Format::Table } else { Format::Text };
        self.format.unwrap_or(otherwise)
    }

    fn options(&self) -> WriteOptions {
        let is_out = self.place.is_out();
        let width = data::width().filter(|_| is_out);
        WriteOptions {
            colour: is_out && data::has_colours(),
            width,
            pretty: width.is_some(),
            open_only: self.format() == Format::Table,
        }
    }

    /// Whether the results are written to a file.
    pub(crate) fn has_file(&self) -> bool {
        !self.place.is_out()
    }

    /// Whether someone asked for results in some format on standard output.
    pub(crate) fn is_stdout_taken(&self) -> bool {
        self.place.is_out() && self.format.is_some()
    }
}

/// Writes the results of `scan` to where they are to go.
pub(crate) async fn write(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    destination: Destination,
) -> anyhow::Result<()> {
    let (format, options) = (destination.format(), destination.options());
    let Destination { mut place, only, .. } = destination;
    let mut pieces = desk.results(scan, only.as_ref(), format, &options).await?;
    while let Some(piece) = pieces.next().await? {
        if place.write(&piece)? == Reader::Gone {
            break;
        }
    }
    place.finish(&context.talk)
}
