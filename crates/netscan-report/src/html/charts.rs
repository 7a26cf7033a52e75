//! Charts, drawn as SVG: they need no script, print sharply, and say what they show to those who do
//! not see them.

use std::io::{self, Write};

use netscan_model::coverage::{Coverage, CoverageState};

use super::markup::escape;
use crate::words::{self, grouped};

/// The width of the coverage bar, in its own units.
const WIDTH: u64 = 1_000;
/// What a state is given at least, so that one address of millions is seen.
const LEAST: u64 = 4;
/// Characters of a label.
const LONGEST_LABEL: usize = 20;

/// What became of the addresses, as one bar and its legend.
pub(super) fn coverage_bar(coverage: &Coverage, page: &mut impl Write) -> io::Result<()> {
    let counts = words::coverage_counts(coverage);
    let drawn = widths(&counts);
    writeln!(
        page,
        "<figure><svg class=\"bar\" viewBox=\"0 0 {WIDTH} 24\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{}\">\n<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" \
         patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <line class=\"hatch\" y2=\"6\"/></pattern></defs>",
        escape(&words::coverage_sentence(coverage))
    )?;
    let mut from = 0;
    for ((state, _), width) in counts.iter().zip(&drawn) {
        let class = class(*state);
        writeln!(page, "<rect class=\"{class}\" x=\"{from}\" width=\"{width}\" height=\"24\"/>")?;
        from += width;
    }
    writeln!(page, "</svg>\n<ul class=\"legend\">")?;
    for (state, count) in &counts {
        writeln!(
            page,
            "<li>{}<b>{}</b> {}</li>",
            key(class(*state)),
            grouped(*count),
            words::state_words(*state)
        )?;
    }
    writeln!(page, "</ul></figure>")
}

/// A little square that says what a colour means.
pub(super) fn key(class: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"{class}\" width=\"12\" height=\"12\"/></svg>"
    )
}

fn class(state: CoverageState) -> &'static str {
    match state {
        CoverageState::Up => "up",
        CoverageState::Down => "down",
        CoverageState::Excluded | CoverageState::OutOfScope => "left",
        CoverageState::TimedOut
        | CoverageState::Unresolved
        | CoverageState::Failed
        | CoverageState::Cancelled
        | CoverageState::Pending => "missed",
    }
}

/// How wide each part is drawn; all together are as wide as the bar.
fn widths(counts: &[(CoverageState, u64)]) -> Vec<u64> {
    let total: u128 = counts.iter().map(|(_, count)| u128::from(*count)).sum();
    let share = |count: u64| {
        let share = u128::from(count) * u128::from(WIDTH) / total.max(1);
        u64::try_from(share).expect("at most the width").max(LEAST)
    };
    let mut widths: Vec<u64> = counts.iter().map(|(_, count)| share(*count)).collect();
    let drawn: u64 = widths.iter().sum();
    // What small parts were given is taken from the largest, which also gets what rounding left.
    if let Some(largest) = widths.iter_mut().max() {
        *largest = *largest + WIDTH - drawn;
    }
    widths
}

/// The greatest counts as bars.
pub(super) fn bars(title: &str, rows: &[(String, u64)], page: &mut impl Write) -> io::Result<()> {
    const STEP: usize = 26;
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let said: Vec<_> = rows.iter().map(|(name, count)| format!("{name} {count}")).collect();
    writeln!(
        page,
        "<figure><figcaption>{title}</figcaption>\n\
         <svg viewBox=\"0 0 480 {}\" role=\"img\" aria-label=\"{title}: {}\">",
        rows.len() * STEP,
        escape(&said.join(", "))
    )?;
    for (place, (name, count)) in rows.iter().enumerate() {
        let top = place * STEP;
        let width = u128::from(*count) * 260 / u128::from(most);
        writeln!(
            page,
            "<text x=\"0\" y=\"{}\">{}</text>\
             <rect class=\"o1\" x=\"150\" y=\"{}\" width=\"{}\" height=\"14\" rx=\"2\"/>\
             <text class=\"q\" x=\"{}\" y=\"{}\">{}</text>",
            top + 16,
            escape(&shortened(name)),
            top + 5,
            width.max(2),
            width + 160,
            top + 16,
            grouped(*count)
        )?;
    }
    writeln!(page, "</svg></figure>")
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(LONGEST_LABEL) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_bar_is_seen_and_together_they_fill_it() {
        let counts =
            [(CoverageState::Up, 1), (CoverageState::Down, u64::MAX), (CoverageState::Failed, 1)];

        let widths = widths(&counts);

        assert_eq!(widths, [LEAST, WIDTH - 2 * LEAST, LEAST]);
        assert_eq!(super::widths(&[]), [0; 0]);
        assert_eq!(super::widths(&[(CoverageState::Up, 1), (CoverageState::Down, 2)]), [333, 667]);
    }
}
