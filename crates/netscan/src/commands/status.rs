//! `status`: where scans are, what is slow, what failed, and what waits and why.

mod picture;
pub(crate) mod waiting;

use std::time::Duration;

use jiff::Timestamp;
use netscan_model::scan::Scan;

use crate::arguments::reading::Status;
use crate::desk::{Batch, Desk};
use crate::ending::Exit;
use crate::output::{Table, data, file, progress, words};
use crate::wire::Context;
use picture::{Counted, Detail, Picture};

/// How often `--watch` looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Lines of a kind that a terminal is given at most.
const MOST_LINES: u32 = 10;

pub(super) async fn execute(context: &Context, arguments: &Status) -> anyhow::Result<Exit> {
    let desk = &Desk::open(context).await?;
    let is_json = context.is_json() || arguments.json_out.is_some();
    let detail = if is_json { Detail::Everything } else { Detail::Lines(MOST_LINES) };
    let mut shown = None;
    loop {
        let picture = Picture::take(desk, arguments.scan.as_deref(), detail).await?;
        if let Some(path) = &arguments.json_out {
            file::write(path, &serde_json::to_vec_pretty(&picture)?)?;
        }
        if let Some(path) = &arguments.csv_out {
            file::write(path, csv(&picture.scans).as_bytes())?;
        }
        show(context, desk, &picture, arguments, &mut shown).await?;
        if !arguments.watch || !picture.may_change() {
            return Ok(Exit::Done);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Prints the picture, unless it is the one that was shown last.
async fn show(
    context: &Context,
    desk: &Desk<'_>,
    picture: &Picture,
    arguments: &Status,
    shown: &mut Option<String>,
) -> anyhow::Result<()> {
    let text = if context.is_json() {
        let is_pretty = data::width().is_some() && !arguments.watch;
        netscan_report::json_text(picture, is_pretty)?
    } else {
        text(context, desk, picture, arguments.scan.is_some()).await?
    };
    if shown.as_ref() == Some(&text) {
        return Ok(());
    }
    if arguments.watch && data::width().is_some() && !context.is_json() {
        // Clears the screen and goes to its upper left corner.
        data::write(b"\x1b[2J\x1b[H")?;
    }
    data::print(text.trim_end())?;
    *shown = Some(text);
    Ok(())
}

async fn text(
    context: &Context,
    desk: &Desk<'_>,
    picture: &Picture,
    is_named: bool,
) -> anyhow::Result<String> {
    if picture.scans.is_empty() {
        let hint = context.command("scan TARGET");
        return Ok(format!(
            "There are no scans in project {}; {hint} makes one",
            context.project()
        ));
    }
    let mut parts = vec![scans(&picture.scans).to_string()];
    if let (true, [scan]) = (is_named, picture.scans.as_slice()) {
        let coverage = desk.coverage(scan).await?;
        parts.push(format!("{}\n", netscan_report::coverage_sentence(&coverage)));
    }
    let sections = [
        ("Batches", counts(&picture.counts), picture.counts.len() as u64),
        ("Batch by batch", batches(picture), picture.batches_total),
        ("Slowest", slowest(picture), 0),
        ("Failures", failures(picture), picture.failures_total),
        ("Waiting", waiting(picture), picture.waiting.len() as u64),
    ];
    let sections =
        sections.into_iter().filter_map(|(title, table, all)| section(title, &table, all));
    parts.extend(sections);
    Ok(parts.join("\n"))
}

/// A table of the first of `all` lines under its title, unless there is nothing in it.
fn section(title: &str, table: &Table, all: u64) -> Option<String> {
    let shown = u64::try_from(table.len()).unwrap_or(u64::MAX);
    match (shown, all.saturating_sub(shown)) {
        (0, _) => None,
        (_, 0) => Some(format!("{title}\n{table}")),
        (_, more) => Some(format!("{title}\n{table}and {} more\n", words::grouped(more))),
    }
}

fn scans(scans: &[Scan]) -> Table {
    let mut table = Table::new(&["#Scan", "Status", "#Progress", "Created", "Targets", "Name"]);
    for scan in scans {
        table.row([
            scan.number.to_string(),
            progress::state_words(scan),
            words::percent(scan.progress),
            words::moment(scan.created_at),
            targets(&scan.targets),
            scan.name.clone(),
        ]);
    }
    table
}

/// The first of the targets, and how many more there are.
fn targets(targets: &[String]) -> String {
    const MOST: usize = 3;
    let shown = targets.iter().take(MOST).cloned().collect::<Vec<_>>().join(" ");
    match targets.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

fn counts(counts: &[Counted]) -> Table {
    let heads =
        ["#Scan", "#Waiting", "#Leased", "#Succeeded", "#Failed", "#Cancelled", "#Superseded"];
    let mut table = Table::new(&heads);
    for Counted { scan, batches } in counts.iter().take(MOST_LINES as usize) {
        table.row([
            scan.to_string(),
            words::grouped(batches.waiting),
            words::grouped(batches.leased),
            words::grouped(batches.succeeded),
            words::grouped(batches.failed),
            words::grouped(batches.cancelled),
            words::grouped(batches.superseded),
        ]);
    }
    table
}

fn batches(picture: &Picture) -> Table {
    let heads = ["#Batch", "Status", "#Addresses", "#Attempts", "#Up", "#Open", "Reason"];
    let mut table = Table::new(&heads);
    for Batch { body: batch, .. } in picture.batches.iter().take(MOST_LINES as usize) {
        let scan = picture.scans.iter().find(|scan| scan.id == batch.scan_id);
        let scan = scan.map_or_else(String::new, |scan| scan.number.to_string());
        table.row([
            format!("{scan}/{}", batch.number),
            batch.status.to_string(),
            words::grouped(batch.target_count),
            format!("{}/{}", batch.attempts, batch.attempts_allowed),
            words::grouped(batch.hosts_up),
            words::grouped(batch.open_ports),
            batch.reason.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn slowest(picture: &Picture) -> Table {
    let mut table = Table::new(&["#Batch", "#Attempt", "Outcome", "#Time"]);
    for told in &picture.slowest {
        table.row([
            told.batch(),
            told.attempt.number.to_string(),
            told.attempt.outcome.to_string(),
            words::duration(told.took(picture.now)),
        ]);
    }
    table
}

fn failures(picture: &Picture) -> Table {
    let mut table = Table::new(&["#Batch", "#Attempt", "Outcome", "Reason"]);
    for told in &picture.failures {
        table.row([
            told.batch(),
            told.attempt.number.to_string(),
            told.attempt.outcome.to_string(),
            told.attempt.reason.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn waiting(picture: &Picture) -> Table {
    let mut table = Table::new(&["#Scan", "#Batches", "Reason"]);
    for waiting in picture.waiting.iter().take(MOST_LINES as usize) {
        let batches = words::grouped(waiting.batches);
        table.row([waiting.scan.to_string(), batches, waiting.reason.clone()]);
    }
    table
}

/// The scans as comma-separated values (RFC 4180).
fn csv(scans: &[Scan]) -> String {
    let mut text = String::from(
        "number,id,name,project,status,progress,created_at,started_at,completed_at,reason\r\n",
    );
    for scan in scans {
        let time = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        let cells = [
            scan.number.to_string(),
            scan.id.to_string(),
            scan.name.clone(),
            scan.project.clone(),
            scan.status.to_string(),
            format!("{:.3}", scan.progress),
            scan.created_at.to_string(),
            time(scan.started_at),
            time(scan.completed_at),
            scan.reason.clone().unwrap_or_default(),
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell that no spreadsheet takes for a formula.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = netscan_report::sanitise(cell);
    let guarded = if is_formula { format!("'{cell}") } else { cell.into_owned() };
    if guarded.contains([',', '"', '\n']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_no_second_cell() {
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("lab"), "lab");
    }
}
