//! Draws what a [`Model`] holds, on a screen of any size.

mod bars;
mod list;
mod one;
mod paint;

use std::time::Duration;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use self::paint::Paint;
use super::state::Model;
use crate::output::words;

/// What is older than this is told to be.
const FRESH: Duration = Duration::from_secs(10);

/// What the keys do.
const HELP: [(&str, &str); 9] = [
    ("↑ ↓ j k", "point, or read back"),
    ("Enter", "show this scan"),
    ("Esc", "back to all scans"),
    ("p", "pause"),
    ("r", "resume, or start"),
    ("s", "stop for good; asks first"),
    ("+ -", "batches at a time"),
    ("?", "this"),
    ("q", "leave; scans go on"),
];

/// How it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) has_colours: bool,
    pub(super) now: Timestamp,
    /// Since the beginning.
    pub(super) watched_for: Duration,
}

pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, look: Look) {
    let rows =
        [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1), Constraint::Length(1)];
    let [title, page, message, keys] = Layout::vertical(rows).areas(frame.area());
    draw_title(frame, title, model, look);
    match &model.watched {
        Some(watched) => one::draw(frame, page, model, watched, look),
        None => list::draw(frame, page, model, look),
    }
    draw_message(frame, message, model, look);
    draw_keys(frame, keys, model);
    if model.is_helping {
        draw_help(frame);
    }
}

fn draw_title(frame: &mut Frame<'_>, area: Rect, model: &Model, look: Look) {
    let what = match &model.watched {
        Some(watched) => one::title(&watched.scan),
        None => "Scans".to_owned(),
    };
    let age = model.seen_at.map(|at| look.watched_for.saturating_sub(at));
    let old = age.filter(|age| *age > FRESH);
    let old = old.map_or_else(String::new, |age| format!(", {} ago", words::duration(age)));
    let right = Line::from(format!("{}{old} ", model.place)).right_aligned();
    let left = Line::from(format!(" {what} "));
    let has_room = left.width() + right.width() <= area.width.into();
    frame.buffer_mut().set_style(area, Modifier::REVERSED);
    frame.render_widget(left, area);
    if has_room || !old.is_empty() {
        frame.render_widget(right, area);
    }
}

fn draw_message(frame: &mut Frame<'_>, area: Rect, model: &Model, look: Look) {
    let paint = Paint::of(look);
    let line = if let Some(scan) = &model.asks_to_stop {
        let question = format!("Stop scan {} for good? y stops it, n does not", scan.number);
        Line::styled(question, paint.warning())
    } else if let Some(message) = &model.message {
        let style = if message.is_refusal { paint.warning() } else { Paint::plain() };
        let text =
            if message.is_refusal { format!("! {}", message.text) } else { message.text.clone() };
        Line::styled(text, style)
    } else {
        return;
    };
    frame.render_widget(line, area);
}

fn draw_keys(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let keys = match &model.watched {
        Some(_) => {
            "? help  q leave  Esc all scans  p pause  r resume  s stop  + - batches at a time"
        }
        None => "? help  q leave  Enter show  p pause  r resume  s stop  + - batches at a time",
    };
    frame.render_widget(Line::styled(keys, Paint::dim()), area);
}

fn draw_help(frame: &mut Frame<'_>) {
    let lines: Vec<Line<'_>> =
        HELP.iter().map(|(key, does)| Line::from(format!(" {key:<8} {does} "))).collect();
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let columns = lines.iter().map(Line::width).max().unwrap_or_default();
    let columns = u16::try_from(columns).unwrap_or(u16::MAX).saturating_add(2);
    let area = frame.area();
    let place = area.centered(Constraint::Length(columns), Constraint::Length(rows));
    frame.render_widget(Clear, place);
    let block = Block::bordered().title(" Keys ").style(Paint::plain());
    frame.render_widget(Paragraph::new(lines).block(block), place);
}

#[cfg(test)]
mod tests;
