//! One scan: its state, progress and coverage, its batches, and what happens.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::batch::Outcome;
use netscan_model::scan::{Scan, State};
use netscan_report::sanitise;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Cell, Row, Table};

use super::paint::Paint;
use super::{Look, bars};
use crate::output::progress::{done_of_all, state_words};
use crate::output::words;
use crate::watch::sight::Sight;
use crate::watch::state::{Model, Watched};

/// From so many columns on there is room for everything.
const WIDE: u16 = 70;
/// From so many rows on there is room for everything.
const HIGH: u16 = 18;
/// Beside the bar there is room for every forecast: a bar that jumps is hard to read.
const ROOM_BESIDE_BAR: usize = 30;

/// What the scan is, in the title.
pub(super) fn title(scan: &Scan) -> String {
    format!("Scan {} {}", scan.number, sanitise(&scan.name)).trim_end().to_owned()
}

pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    watched: &Watched,
    look: Look,
) {
    let Some(sight) = &watched.sight else {
        frame.render_widget(Line::from("Looking …"), area);
        return;
    };
    let head = head(area, model, watched, sight, look);
    let batches = batches(sight, look.now);
    let rows = u16::try_from(batches.len().max(1)).unwrap_or(u16::MAX).saturating_add(1);
    let head_rows = u16::try_from(head.len()).unwrap_or(u16::MAX);
    // The events have at least half of what is left.
    let most = area.height.saturating_sub(head_rows).div_ceil(2);
    let parts =
        [Constraint::Length(head_rows), Constraint::Length(rows.min(most)), Constraint::Fill(1)];
    let [top, middle, bottom] = Layout::vertical(parts).areas(area);
    frame.render_widget(Text::from(head), top);
    draw_batches(frame, middle, &batches, look);
    draw_events(frame, bottom, watched);
}

/// Everything above the tables.
fn head(
    area: Rect,
    model: &Model,
    watched: &Watched,
    sight: &Sight,
    look: Look,
) -> Vec<Line<'static>> {
    let (is_high, columns) = (area.height >= HIGH, usize::from(area.width));
    let coverage = &sight.snapshot.coverage;
    let mut lines = vec![state(&watched.scan, look), progress(model, watched, sight, columns)];
    if is_high {
        lines.push(Line::from(facts(model, watched, sight)));
    }
    lines.push(bars::coverage(coverage, columns, Paint::of(look)));
    let is_short = !is_high || area.width < WIDE;
    lines.extend(bars::legend(coverage, columns, is_short, Paint::of(look)));
    lines.push(growth(watched, sight, area.width, look));
    if is_high {
        let reasons = sight.waiting.iter().take(2);
        lines.extend(reasons.map(|why| Line::from(format!("Waits: {}", sanitise(why)))));
    }
    lines
}

fn state(scan: &Scan, look: Look) -> Line<'static> {
    let state = Span::styled(state_words(scan), Paint::of(look).of_scan(scan.status));
    let end = scan.completed_at.unwrap_or(look.now);
    let time = scan.started_at.map(|begun| words::duration(words::between(begun, end)));
    let time = match time {
        Some(time) if scan.completed_at.is_some() => format!(" after {time}"),
        Some(time) => format!(" for {time}"),
        None => String::new(),
    };
    let why = scan.reason.as_deref().map(|why| format!(": {}", sanitise(why)));
    Line::from_iter([
        Span::raw("It is "),
        state,
        Span::raw(time),
        Span::raw(why.unwrap_or_default()),
    ])
}

fn progress(model: &Model, watched: &Watched, sight: &Sight, columns: usize) -> Line<'static> {
    let coverage = &sight.snapshot.coverage;
    let (done, all) = done_of_all(coverage);
    let left = match model.left(&watched.scan, all - done) {
        Some(left) => format!("  about {} left", words::duration(left)),
        None if watched.scan.status == State::Running => "  time left unknown".to_owned(),
        None => String::new(),
    };
    let share = coverage.progress();
    let text = format!(" {:>5}{left}", words::percent(share));
    let bar = bars::progress(share, columns.saturating_sub(ROOM_BESIDE_BAR).clamp(10, 50));
    Line::from(bar + &text)
}

fn facts(model: &Model, watched: &Watched, sight: &Sight) -> String {
    let (done, all) = done_of_all(&sight.snapshot.coverage);
    let mut facts = vec![format!("{} of {} done", words::grouped(done), words::addresses(all))];
    let rate = model.rate(&watched.scan);
    facts.extend(rate.map(|rate| format!("{rate:.1}/s")));
    let limits = &watched.scan.limits;
    let batches = words::plural(limits.concurrency.get().into(), "batch", "batches");
    facts.push(format!("{batches} at a time"));
    facts.extend(limits.max_rate.map(|rate| format!("{rate} packets/s")));
    facts.join(", ")
}

fn growth(watched: &Watched, sight: &Sight, columns: u16, look: Look) -> Line<'static> {
    let count = sight.snapshot.open_ports;
    let text = format!("Open ports {} ", words::grouped(count));
    let used = u16::try_from(text.len()).unwrap_or(u16::MAX);
    let curve = watched.growth.columns(columns.saturating_sub(used).min(60), look.watched_for);
    Line::from_iter([Span::raw(text), Span::raw(curve)])
}

// Batches

/// A line of the table of batches.
struct BatchLine {
    number: u64,
    status: String,
    tries: String,
    age: Duration,
    worker: String,
    /// How far it is, or why it failed.
    about: String,
}

/// Those that run, the oldest first, and then those that took longest.
fn batches(sight: &Sight, now: Timestamp) -> Vec<BatchLine> {
    let of_attempt: HashMap<_, _> = sight
        .slowest
        .iter()
        .filter(|attempt| attempt.ended_at.is_none())
        .map(|attempt| (attempt.batch_id, attempt.started_at))
        .collect();
    let running: HashMap<_, _> =
        sight.snapshot.running.iter().map(|running| (running.batch_number, running)).collect();
    let mut lines: Vec<BatchLine> = sight
        .leased
        .iter()
        .map(|batch| {
            let told = running.get(&batch.number);
            let since = of_attempt.get(&batch.id).copied();
            let since = since.or(told.map(|told| told.since)).or(batch.started_at).unwrap_or(now);
            let done = told.map_or(0, |told| told.done);
            let task = told.and_then(|told| told.task.as_deref()).unwrap_or_default();
            let about = match done {
                0 => format!("{} {task}", words::addresses(batch.target_count)),
                _ => format!("{done} of {} {task}", words::addresses(batch.target_count)),
            };
            BatchLine {
                number: batch.number,
                status: "running".to_owned(),
                tries: format!("{}/{}", batch.attempts, batch.attempts_allowed),
                age: words::between(since, now),
                worker: clean(batch.worker.as_deref().unwrap_or_default()),
                about: clean(&about),
            }
        })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.age));
    let ended = sight.slowest.iter().filter(|attempt| attempt.ended_at.is_some());
    lines.extend(ended.map(|attempt| BatchLine {
        number: attempt.batch_number,
        status: attempt.outcome.to_string(),
        tries: attempt.number.to_string(),
        age: words::between(attempt.started_at, attempt.ended_at.unwrap_or(now)),
        worker: clean(&attempt.worker),
        about: clean(attempt.reason.as_deref().unwrap_or_default()),
    }));
    lines
}

fn draw_batches(frame: &mut Frame<'_>, area: Rect, batches: &[BatchLine], look: Look) {
    let is_wide = area.width >= WIDE;
    let number = |text: String| Cell::from(Text::from(text).right_aligned());
    let rows = batches.iter().map(|line| {
        let mut cells = vec![
            number(line.number.to_string()),
            Cell::from(line.status.clone()).style(style(&line.status, look)),
            number(line.tries.clone()),
            number(words::duration(line.age)),
        ];
        if is_wide {
            cells.extend([line.worker.clone().into(), line.about.clone().into()]);
        }
        Row::new(cells)
    });
    let heads = ["Batch", "Status", "Tries", "Time", "Worker", "About"];
    let worker = batches.iter().map(|line| line.worker.chars().count()).max().unwrap_or_default();
    let worker = u16::try_from(worker).unwrap_or(u16::MAX).clamp(6, 22);
    let widths = [
        Constraint::Length(6),
        Constraint::Length(9),
        Constraint::Length(5),
        Constraint::Length(11),
        Constraint::Length(worker),
        Constraint::Fill(1),
    ];
    let columns = if is_wide { heads.len() } else { 4 };
    let head = heads[..columns].iter().map(|head| match *head {
        "Batch" | "Tries" | "Time" => Text::from(*head).right_aligned(),
        head => Text::from(head),
    });
    let head = Row::new(head).style(Paint::bold());
    let table = Table::new(rows, &widths[..columns]).header(head).column_spacing(1);
    frame.render_widget(table, area);
}

fn style(status: &str, look: Look) -> ratatui::style::Style {
    let is_running = status == "running";
    let is_well = status == Outcome::Succeeded.name();
    let paint = Paint::of(look);
    if is_running || is_well { Paint::plain() } else { paint.warning() }
}

// Events

fn draw_events(frame: &mut Frame<'_>, area: Rect, watched: &Watched) {
    let [head, lines] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let below = match watched.log.below() {
        0 => String::new(),
        below => format!(", {} newer below", words::grouped(below as u64)),
    };
    let title = format!("Events{below}");
    frame.render_widget(Line::styled(title, Paint::bold()), head);
    let entries = watched.entries();
    let end = entries.len() - watched.log.below().min(entries.len());
    let first = end.saturating_sub(lines.height.into());
    let texts = entries.range(first..end).map(|entry| {
        let time = entry.at.strftime("%H:%M:%S").to_string();
        Line::from_iter([
            Span::styled(time, Paint::dim()),
            Span::raw(" "),
            Span::raw(entry.text.clone()),
        ])
    });
    frame.render_widget(texts.collect::<Text<'_>>(), lines);
}

fn clean(text: &str) -> String {
    sanitise(text.trim()).into_owned()
}
