//! Bars: how much is done, and what became of the addresses.

use netscan_model::coverage::{Coverage, CoverageState};
use ratatui::text::{Line, Span};

use super::paint::Paint;
use crate::output::words;

/// The states in the order of the bar, each with a sign of its own.
const SIGNS: [(CoverageState, char); 9] = [
    (CoverageState::Up, '█'),
    (CoverageState::Down, '▓'),
    (CoverageState::TimedOut, '▒'),
    (CoverageState::Unresolved, '?'),
    (CoverageState::Failed, '!'),
    (CoverageState::Cancelled, '#'),
    (CoverageState::Excluded, 'x'),
    (CoverageState::OutOfScope, '/'),
    (CoverageState::Pending, '·'),
];

/// A bar of which a share is full. Only all of it is all of it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "columns of a screen"
)]
pub(super) fn progress(share: f64, columns: usize) -> String {
    let full = (share.clamp(0.0, 1.0) * columns as f64).floor() as usize;
    "█".repeat(full) + &"░".repeat(columns - full)
}

/// The whole plan as a bar, each state with its share.
pub(super) fn coverage(coverage: &Coverage, columns: usize, paint: Paint) -> Line<'static> {
    let counts = SIGNS.map(|(state, _)| coverage.count(state));
    let spans = SIGNS.iter().zip(share_out(counts, columns)).map(|((state, sign), columns)| {
        Span::styled(sign.to_string().repeat(columns), paint.of_coverage(*state))
    });
    spans.collect()
}

/// What the signs of the bar mean, with the numbers: all nine in as many lines as they take, or in
/// one line those that there are any of.
pub(super) fn legend(
    coverage: &Coverage,
    columns: usize,
    is_short: bool,
    paint: Paint,
) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    for (state, sign) in SIGNS {
        let count = coverage.count(state);
        if is_short && count == 0 {
            continue;
        }
        let count = words::grouped(count);
        let text =
            if is_short { count } else { format!(" {} {count}", state.name().replace('_', " ")) };
        let entry = [Span::styled(sign.to_string(), paint.of_coverage(state)), Span::raw(text)];
        let width: usize = entry.iter().map(Span::width).sum();
        let mut line = lines.pop().unwrap_or_default();
        if line.width() > 0 {
            if line.width() + 2 + width > columns && !is_short {
                lines.push(std::mem::take(&mut line));
            } else {
                line.push_span(if is_short { " " } else { "  " });
            }
        }
        line.spans.extend(entry);
        lines.push(line);
    }
    lines
}

/// So many columns shared out by these counts. Whatever there is any of has a column, as long as
/// there are enough of them.
fn share_out<const N: usize>(counts: [u64; N], columns: usize) -> [usize; N] {
    let all: u128 = counts.iter().map(|count| u128::from(*count)).sum();
    let mut shares = [0; N];
    if all == 0 {
        return shares;
    }
    for (share, count) in shares.iter_mut().zip(counts) {
        let exact = u128::from(count) * columns as u128 / all;
        *share = usize::try_from(exact).unwrap_or(columns).max(usize::from(count > 0));
    }
    // The greatest one gives what was rounded up, and takes what was rounded down.
    let mut greatest = 0;
    for place in 0..N {
        if counts[place] > counts[greatest] {
            greatest = place;
        }
    }
    let others: usize = shares.iter().sum::<usize>() - shares[greatest];
    shares[greatest] = columns.saturating_sub(others);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_when_all_is_done_and_not_before() {
        assert_eq!(progress(0.0, 4), "░░░░");
        assert_eq!(progress(0.999, 4), "███░");
        assert_eq!(progress(1.0, 4), "████");
    }

    #[test]
    fn shares_fill_the_bar_and_nothing_vanishes() {
        assert_eq!(share_out([1, 1], 10), [5, 5]);
        assert_eq!(share_out([1, 1_000_000], 10), [1, 9]);
        assert_eq!(share_out([1, 1, 1], 10), [4, 3, 3]);
        assert_eq!(share_out([0, 0], 10), [0, 0]);
        assert_eq!(share_out([u64::MAX, u64::MAX], 10), [5, 5]);
    }
}
