//! `diff`: what changed from one scan to another.

use jiff::Timestamp;
use netscan_model::difference::{Changes, Wanted};
use netscan_model::scan::Scan;
use netscan_report::{DifferenceFormat, DifferenceHead, DifferenceWriter};

use crate::arguments::reading::Diff;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::data::Reader;
use crate::output::file::Place;
use crate::wire::Context;

/// Bytes after which a piece is handed on.
const PIECE: usize = 64 * 1024;

pub(super) async fn execute(context: &Context, arguments: &Diff) -> anyhow::Result<Exit> {
    let mut place = Place::of(arguments.output.as_deref())?;
    let desk = Desk::open(context).await?;
    let (before, after) = pair(context, &desk, arguments).await?;
    let wanted = Wanted { only: arguments.only.clone(), has_suspects: arguments.suspects };
    let head = DifferenceHead { before, after, wanted };
    let changes = write(&desk, &head, format(context, arguments), &mut place).await?;
    place.finish(&context.talk)?;
    Ok(if arguments.exit_code { status(changes) } else { Exit::Done })
}

fn format(context: &Context, arguments: &Diff) -> DifferenceFormat {
    let by_ending = || arguments.output.as_deref().and_then(DifferenceFormat::of_path);
    let otherwise = if context.is_json() { DifferenceFormat::Json } else { DifferenceFormat::Text };
    arguments.format.or_else(by_ending).unwrap_or(otherwise)
}

/// What tells scripts whether something differs.
fn status(changes: Changes) -> Exit {
    if changes.is_any_known() {
        Exit::Changed
    } else if changes.not_scanned > 0 {
        Exit::Partial
    } else {
        Exit::Done
    }
}

/// The two scans, the earlier one first.
async fn pair(
    context: &Context,
    desk: &Desk<'_>,
    arguments: &Diff,
) -> anyhow::Result<(Scan, Scan)> {
    if let Some(from) = arguments.from {
        let to = arguments.to.unwrap_or_else(|| context.by().now);
        return Ok((completed_by(desk, from).await?, completed_by(desk, to).await?));
    }
    let first = arguments.first.as_deref().expect("clap requires it where there is no date");
    let first = desk.scan(first).await?;
    if let Some(second) = &arguments.second {
        return Ok((first, desk.scan(second).await?));
    }
    let previous = desk.previous(&first).await?.ok_or_else(|| {
        let number = first.number;
        Fault::new(format!("no scan before scan {number} had the same addresses to scan"))
            .hint(format!("name the one to compare with, as in `netscan diff SCAN {number}`"))
    })?;
    Ok((previous, first))
}

async fn completed_by(desk: &Desk<'_>, time: Timestamp) -> anyhow::Result<Scan> {
    let found = desk.completed_by(time).await?;
    let missing = || {
        let time = time.strftime("%Y-%m-%d %H:%M UTC");
        Fault::new(format!("no scan of the project was completed by {time}"))
            .hint("`netscan status` lists the scans and when they ended")
    };
    Ok(found.ok_or_else(missing)?)
}

/// Writes what differs, and counts it.
async fn write(
    desk: &Desk<'_>,
    head: &DifferenceHead,
    format: DifferenceFormat,
    place: &mut Place,
) -> anyhow::Result<Changes> {
    let mut differences = desk.diff(&head.before, &head.after, &head.wanted).await?;
    let mut writer = DifferenceWriter::begin(format, head)?;
    while let Some(difference) = differences.next().await? {
        writer.difference(&difference)?;
        if writer.length() >= PIECE && place.write(&writer.take())? == Reader::Gone {
            break;
        }
    }
    let changes = writer.finish()?;
    place.write(&writer.take())?;
    Ok(changes)
}
