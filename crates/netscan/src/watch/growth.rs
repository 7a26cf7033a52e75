//! How the number of open ports grows while it is watched.

use std::time::Duration;

/// Changes that are remembered.
const MOST: usize = 1_000;
/// The levels of a column, from nothing to all.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A column is at least so much time.
const LEAST_STEP: Duration = Duration::from_secs(1);

/// A number that grows: when it became what.
#[derive(Clone, Debug, Default)]
pub(super) struct Growth {
    changes: Vec<(Duration, u64)>,
}

impl Growth {
    pub(super) fn note(&mut self, at: Duration, count: u64) {
        if self.changes.last().is_some_and(|(_, before)| *before == count) {
            return;
        }
        if self.changes.len() == MOST {
            // Half as fine is fine enough for a screen.
            let mut place = 0;
            self.changes.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
        self.changes.push((at, count));
    }

    /// As so many columns, the last of which is `now`: all of the time since the first look, or as
    /// many seconds as there are columns.
    pub(super) fn columns(&self, columns: u16, now: Duration) -> String {
        let Some((begun, _)) = self.changes.first() else { return String::new() };
        let seen = now.saturating_sub(*begun);
        let step = LEAST_STEP.max(seen / u32::from(columns).max(1));
        let most = self.changes.iter().map(|(_, count)| *count).max().unwrap_or_default();
        let column = |place: u16| {
            let at = now.checked_sub(step * u32::from(columns - 1 - place))?;
            self.at(at).map(|count| level(count, most))
        };
        (0..columns).filter_map(column).collect()
    }

    fn at(&self, time: Duration) -> Option<u64> {
        self.changes.iter().rev().find(|(at, _)| *at <= time).map(|(_, count)| *count)
    }
}

fn level(count: u64, most: u64) -> char {
    let all = LEVELS.len() as u64 - 1;
    let place = (count * all).checked_div(most).unwrap_or_default();
    LEVELS[usize::try_from(place).unwrap_or_default().min(LEVELS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_column_is_what_was_known_at_its_time() {
        let mut growth = Growth::default();
        for (at, count) in [(10, 0), (12, 7), (13, 7), (15, 14)] {
            growth.note(second(at), count);
        }

        assert_eq!(growth.columns(10, second(16)), "▁▁▄▄▄██");
    }

    #[test]
    fn the_whole_time_fits_into_the_columns_there_are() {
        let mut growth = Growth::default();
        for at in 0..=700 {
            growth.note(second(at), at);
        }

        assert_eq!(growth.columns(8, second(700)).chars().count(), 8);
        assert!(growth.columns(8, second(700)).ends_with('█'));
    }

    #[test]
    fn before_the_first_look_there_is_nothing_and_without_ports_it_is_flat() {
        let mut growth = Growth::default();
        assert_eq!(growth.columns(5, second(9)), "");

        growth.note(second(0), 0);

        assert_eq!(growth.columns(3, second(9)), "▁▁▁");
    }

    #[test]
    fn what_is_remembered_does_not_grow_without_end() {
        let mut growth = Growth::default();
        for at in 0..10_000 {
            growth.note(second(at), at);
        }

        assert!(growth.changes.len() <= MOST);
        assert_eq!(growth.at(second(9_999)), Some(9_999));
    }
}
