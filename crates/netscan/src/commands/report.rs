//! `report`: what a scan found, for people to read: as a page, as Markdown, as PDF, or by a template.

use std::path::Path;

use anyhow::Context as _;
use netscan_model::scan::Scan;
use netscan_report::{ReportFormat, Template};

use crate::arguments::reading::ScanReport;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::data::{self, Reader};
use crate::output::file::Place;
use crate::wire::Context;

/// A larger file is no template.
const LARGEST_TEMPLATE: u64 = 4 * 1024 * 1024;

pub(super) async fn execute(context: &Context, arguments: &ScanReport) -> anyhow::Result<Exit> {
    // What is wrong with the template, and where the report cannot go, is known before the work.
    let template = arguments.template.as_deref().map(read).transpose()?;
    let mut place = Place::of(arguments.output.as_deref())?;
    let format = format(context, arguments, &place)?;
    let desk = Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    match template {
        Some(template) => fill(&desk, &scan, &template, &mut place).await?,
        None => write(&desk, &scan, format, &mut place).await?,
    }
    place.finish(&context.talk)?;
    Ok(Exit::Done)
}

fn format(
    context: &Context,
    arguments: &ScanReport,
    place: &Place,
) -> anyhow::Result<ReportFormat> {
    let by_ending = arguments.output.as_deref().and_then(ReportFormat::of_path);
    let is_template = arguments.template.is_some();
    if is_template && by_ending == Some(ReportFormat::Pdf) {
        let sentence = "a template cannot make a PDF; let it make HTML, and print that";
        return Err(Fault::new(sentence).of_usage().into());
    }
    let otherwise = if context.is_json() { ReportFormat::Json } else { ReportFormat::Html };
    let format = arguments.format.or(by_ending).unwrap_or(otherwise);
    if format == ReportFormat::Pdf && place.is_out() && data::is_terminal() {
        anyhow::bail!("cannot show a PDF on a terminal; write it to a file with -o FILE");
    }
    Ok(format)
}

/// The template in the file at `path`.
fn read(path: &Path) -> anyhow::Result<Template> {
    let cannot = || format!("cannot read the template {}", path.display());
    let length = std::fs::metadata(path).with_context(cannot)?.len();
    if length > LARGEST_TEMPLATE {
        anyhow::bail!("{} is no template: it has more than 4 MiB", path.display());
    }
    let source = std::fs::read_to_string(path).with_context(cannot)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    Ok(Template::read(&name, source)?)
}

async fn write(
    desk: &Desk<'_>,
    scan: &Scan,
    format: ReportFormat,
    place: &mut Place,
) -> anyhow::Result<()> {
    let mut pages = desk.report(scan, format).await?;
    while let Some(piece) = pages.next().await? {
        if place.write(&piece)? == Reader::Gone {
            break;
        }
    }
    Ok(())
}

/// Writes the report that the template makes of the scan. It is filled in here, wherever the scan is.
async fn fill(
    desk: &Desk<'_>,
    scan: &Scan,
    template: &Template,
    place: &mut Place,
) -> anyhow::Result<()> {
    let mut pages = desk.report(scan, ReportFormat::Json).await?;
    let mut material = Vec::new();
    while let Some(piece) = pages.next().await? {
        material.extend(piece);
    }
    let mut report = Vec::new();
    template.render(material.as_slice(), &mut report)?;
    place.write(&report)?;
    Ok(())
}
