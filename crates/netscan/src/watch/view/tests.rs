//! What is drawn, in every size, for people to read.

use std::time::Duration;

use insta::assert_snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;

use super::*;
use crate::watch::keys::Key;
use crate::watch::samples;
use crate::watch::sight::{Listed, Seen, Sight};
use crate::watch::state::Event;

fn second(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A model that saw the same scans for a while.
fn with_scans(scans: &[Listed], size: (u16, u16)) -> Model {
    let mut model = Model::new("project default", size, None);
    for at in 0..=1 {
        model.update(Event::Saw(Seen::Scans(scans.to_vec())), second(at));
    }
    model
}

/// A model that saw one scan get on by 20 addresses in 10 seconds, and with ever more open ports.
fn with_scan(sight: &Sight, size: (u16, u16)) -> Model {
    let scan = sight.snapshot.scan.clone();
    let mut model = Model::new("project default", size, Some(scan));
    for at in 0..=10 {
        let mut before = sight.clone();
        before.snapshot.coverage.pending += 2 * (10 - at);
        before.snapshot.coverage.down -= 2 * (10 - at);
        before.snapshot.open_ports = sight.snapshot.open_ports * at / 10;
        if at < 10 {
            before.events.clear();
        }
        model.update(Event::Saw(Seen::Scan(Box::new(before))), second(at));
    }
    model
}

fn painted(model: &Model, has_colours: bool) -> Buffer {
    let (columns, rows) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let look = Look { has_colours, now: samples::now(), watched_for: second(11) };
    terminal.draw(|frame| draw(frame, model, look)).unwrap();
    terminal.backend().buffer().clone()
}

/// The screen as text, its right edge cut off at the last letter of each line.
fn drawn(model: &Model) -> String {
    let buffer = painted(model, false);
    let columns = usize::from(buffer.area.width);
    let symbols: Vec<&str> = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    let lines = symbols.chunks(columns).map(|line| line.concat().trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

fn office() -> Vec<Listed> {
    let mut partial = samples::listed(5, "partial", None);
    partial.scan.reason = Some("2 addresses could not be scanned".into());
    vec![
        samples::listed(
            8,
            "created",
            Some("it has not been started: start it with `netscan run 8`"),
        ),
        samples::listed(7, "running", Some("11 batches wait for others to end")),
        samples::listed(6, "paused", Some("the operator paused it: go on with `netscan resume 6`")),
        partial,
        samples::listed(4, "completed", None),
    ]
}

#[test]
fn the_list_fits_a_usual_terminal() {
    assert_snapshot!(drawn(&with_scans(&office(), (80, 24))));
}

#[test]
fn the_list_fits_a_small_terminal() {
    assert_snapshot!(drawn(&with_scans(&office(), (40, 12))));
}

#[test]
fn a_scan_fits_a_usual_terminal() {
    assert_snapshot!(drawn(&with_scan(&samples::sight("running"), (80, 24))));
}

#[test]
fn a_scan_fits_a_small_terminal() {
    assert_snapshot!(drawn(&with_scan(&samples::sight("running"), (40, 12))));
}

#[test]
fn a_scan_that_has_ended_says_how() {
    let mut sight = samples::sight("partial");
    sight.snapshot.scan.reason = Some("2 addresses could not be scanned".into());
    sight.waiting.clear();
    sight.leased.clear();

    assert_snapshot!(drawn(&with_scan(&sight, (80, 24))));
}

#[test]
fn the_keys_are_told_on_top_of_everything() {
    let mut model = with_scans(&office(), (40, 12));
    model.update(Event::Typed(Key::Letter('?')), second(2));

    assert_snapshot!(drawn(&model));
}

#[test]
fn what_was_refused_and_what_is_asked_stand_in_the_line_below() {
    let mut model = with_scans(&office(), (40, 12));
    model.update(Event::Refused("Cannot pause a scan that is completed".into()), second(2));
    assert!(drawn(&model).contains("! Cannot pause a scan that is completed"), "{}", drawn(&model));

    model.update(Event::Typed(Key::Letter('s')), second(2));

    assert!(drawn(&model).contains("Stop scan 8 for good? y stops it"), "{}", drawn(&model));
}

#[test]
fn a_screen_says_when_what_it_shows_is_old() {
    let model = with_scans(&office(), (80, 24));
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let look = Look { has_colours: false, now: samples::now(), watched_for: second(61) };

    terminal.draw(|frame| draw(frame, &model, look)).unwrap();

    let title = terminal.backend().to_string();
    assert!(title.lines().next().unwrap().contains("project default, 1 min ago"), "{title}");
}

#[test]
fn without_colours_no_cell_has_one_and_the_text_is_the_same() {
    for model in [with_scans(&office(), (80, 24)), with_scan(&samples::sight("running"), (80, 24))]
    {
        let (plain, coloured) = (painted(&model, false), painted(&model, true));
        let has_colour = |buffer: &Buffer| {
            buffer.content().iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
        };

        assert!(!has_colour(&plain) && has_colour(&coloured));
        let texts = [plain, coloured].map(|buffer| {
            buffer.content().iter().map(|cell| cell.symbol().to_owned()).collect::<String>()
        });
        assert_eq!(texts[0], texts[1]);
    }
}

#[test]
fn nothing_that_a_stranger_wrote_reaches_the_terminal_as_it_is() {
    const EVIL: &str = "a\u{1b}[2J\u{7}\u{202e}b\u{9b}c";
    let mut sight = samples::sight("running");
    sight.snapshot.scan.name = EVIL.into();
    sight.snapshot.scan.reason = Some(EVIL.into());
    sight.waiting = vec![EVIL.into()];
    sight.leased[0].worker = Some(EVIL.into());
    sight.slowest[0].reason = Some(EVIL.into());
    sight.events = vec![samples::event(5, "status", serde_json::json!({ "status": EVIL }))];
    let mut listed = samples::listed(7, "running", Some(EVIL));
    listed.scan.name = EVIL.into();
    let mut one = with_scan(&sight, (200, 40));
    one.update(Event::Refused(EVIL.into()), second(11));
    let list = with_scans(&[listed], (200, 40));

    for model in [one, list] {
        let screen = drawn(&model);

        let is_evil = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!screen.contains(is_evil), "{screen:?}");
        assert!(screen.contains(r"a\x1b[2J\x07<U+202E>b\x9bc"), "{screen}");
    }
}

#[test]
fn any_size_is_drawn_without_a_panic() {
    for columns in [1, 2, 9, 25, 40, 80, 300] {
        for rows in [1, 2, 3, 5, 8, 12, 60] {
            let size = (columns, rows);
            let mut model = with_scan(&samples::sight("running"), size);
            painted(&model, true);
            model.update(Event::Typed(Key::Letter('?')), second(11));
            painted(&model, true);
            painted(&with_scans(&office(), size), true);
            painted(&with_scans(&[], size), true);
        }
    }
}
