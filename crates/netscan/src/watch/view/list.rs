//! All scans: how far they are, what they found, and what they wait for.

use jiff::Timestamp;
use netscan_model::scan::{Scan, State};
use netscan_report::sanitise;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Paragraph, Row, Table, Wrap};

use super::paint::Paint;
use super::{Look, bars};
use crate::output::progress::{done_of_all, state_words};
use crate::output::words;
use crate::watch::sight::{Listed, window};
use crate::watch::state::Model;

/// From so many columns on there is room for everything.
const WIDE: u16 = 70;
/// Columns of the bar of one scan.
const BAR: usize = 10;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, look: Look) {
    let Some(scans) = &model.scans else {
        frame.render_widget(Line::from("Looking …"), area);
        return;
    };
    if scans.is_empty() {
        frame
            .render_widget(Line::from("There are no scans; `netscan scan TARGET` makes one"), area);
        return;
    }
    let [table, foot] = Layout::vertical([Constraint::Fill(1), Constraint::Length(2)]).areas(area);
    let at = model.place_of_selected();
    let shown = window(at, scans.len(), usize::from(table.height.saturating_sub(1)));
    let rows = scans[shown.clone()].iter().zip(shown).map(|(listed, place)| {
        let row = row(listed, model, look, area.width >= WIDE);
        if place == at { row.style(Modifier::REVERSED) } else { row }
    });
    let (widths, heads) = columns(area.width >= WIDE);
    let head = Row::new(heads).style(Paint::bold());
    frame.render_widget(Table::new(rows, widths).header(head).column_spacing(1), table);
    if let Some(listed) = scans.get(at) {
        let told = Paragraph::new(Line::styled(about(listed, look.now), Paint::plain()));
        frame.render_widget(told.wrap(Wrap { trim: true }), foot);
    }
}

fn columns(is_wide: bool) -> (Vec<Constraint>, Vec<Text<'static>>) {
    let number = |name: &'static str| Text::from(name).right_aligned();
    if is_wide {
        let widths = [
            Constraint::Length(5),
            Constraint::Length(12),
            Constraint::Length(16),
            Constraint::Length(7),
            Constraint::Length(7),
            Constraint::Length(12),
            Constraint::Fill(1),
        ];
        let heads = [
            number("Scan"),
            "Status".into(),
            "Progress".into(),
            number("Up"),
            number("Open"),
            number("Left"),
            "What".into(),
        ];
        return (widths.to_vec(), heads.to_vec());
    }
    let widths = [
        Constraint::Length(4),
        Constraint::Length(12),
        Constraint::Length(5),
        Constraint::Length(7),
        Constraint::Fill(1),
    ];
    let heads = [number("Scan"), "Status".into(), number("Done"), number("Up"), number("Open")];
    (widths.to_vec(), heads.to_vec())
}

fn row(listed: &Listed, model: &Model, look: Look, is_wide: bool) -> Row<'static> {
    let Listed { scan, detail } = listed;
    let number = |text: String| Cell::from(Text::from(text).right_aligned());
    let count = |count: Option<u64>| number(count.map(words::grouped).unwrap_or_default());
    let up = count(detail.as_ref().map(|detail| detail.coverage.up));
    let open = count(detail.as_ref().map(|detail| detail.open_ports));
    let status = Cell::from(state_words(scan)).style(Paint::of(look).of_scan(scan.status));
    let share = detail.as_ref().map_or(scan.progress, |detail| detail.coverage.progress());
    let percent = words::percent(share);
    if !is_wide {
        return Row::new([number(scan.number.to_string()), status, number(percent), up, open]);
    }
    let bar = format!("{} {percent:>5}", bars::progress(share, BAR));
    let left = detail.as_ref().and_then(|detail| {
        let (done, all) = done_of_all(&detail.coverage);
        model.left(scan, all - done)
    });
    let left = match left {
        Some(left) => words::duration(left),
        None if scan.status == State::Running => "unknown".to_owned(),
        None => String::new(),
    };
    let what = Cell::from(what(scan)).style(Style::new());
    Row::new([number(scan.number.to_string()), status, bar.into(), up, open, number(left), what])
}

/// What the scan is called, or else what it scans.
fn what(scan: &Scan) -> String {
    let targets = || scan.targets.iter().take(3).cloned().collect::<Vec<_>>().join(" ");
    let name = if scan.name.is_empty() { targets() } else { scan.name.clone() };
    sanitise(&name).into_owned()
}

/// Why the scan waits or ended as it did, or else since when it is there.
fn about(listed: &Listed, now: Timestamp) -> String {
    let scan = &listed.scan;
    let waiting = listed.detail.as_ref().and_then(|detail| detail.waiting.as_deref());
    let why = waiting.or(scan.reason.as_deref()).map(sanitise);
    let number = scan.number;
    match (why, scan.completed_at) {
        (Some(why), _) => format!("Scan {number}: {why}"),
        (None, Some(end)) => {
            let ago = words::duration(words::between(end, now));
            format!("Scan {number} ended {ago} ago")
        }
        (None, None) => {
            let ago = words::duration(words::between(scan.created_at, now));
            format!("Scan {number} was made {ago} ago")
        }
    }
}
