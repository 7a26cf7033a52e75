//! What changed since the last scan of the same addresses, as far as a report tells it.
//!
//! All changes are counted. Those where both scans looked are listed, up to a bound, so that a
//! report over a network that was moved takes no more memory than any other.

use jiff::Timestamp;
use netscan_model::difference::{Change, Changes, Difference, Seen};
use netscan_model::scan::Scan;

use crate::difference;
use crate::words::{self, grouped, moment};

/// Changes that are listed.
const LISTED: usize = 500;

/// What changed from an earlier scan to the one that is reported.
#[derive(Clone, Debug)]
pub struct ChangesSince {
    number: u64,
    title: String,
    completed_at: Option<Timestamp>,
    counts: Changes,
    listed: Vec<Difference>,
}

impl ChangesSince {
    /// Nothing yet, since the scan `before`.
    #[must_use]
    pub fn new(before: &Scan) -> Self {
        Self {
            number: before.number,
            title: words::title(before),
            completed_at: before.completed_at,
            counts: Changes::default(),
            listed: Vec::new(),
        }
    }

    /// Adds a difference; they come by address.
    pub fn add(&mut self, difference: Difference) {
        self.counts.count(difference.change);
        // What cannot be compared is many addresses at once, and tells nothing of any of them.
        if difference.change.is_known() && self.listed.len() < LISTED {
            self.listed.push(Difference {
                before: without_scripts(difference.before),
                after: without_scripts(difference.after),
                ..difference
            });
        }
    }

    /// The number of the earlier scan.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// All changes, by kind.
    pub(crate) fn counts(&self) -> Changes {
        self.counts
    }

    /// What is compared with, and what came of it.
    pub(crate) fn sentences(&self) -> String {
        let time = self.completed_at.map(|time| format!(", completed {}", moment(time)));
        let changes: Vec<_> =
            self.known().map(|(change, count)| format!("{} {change}", grouped(count))).collect();
        let changes = match changes.as_slice() {
            [] => "nothing differs where both looked".to_owned(),
            some => some.join(", "),
        };
        let title = self.title.replacen('S', "s", 1);
        let said = format!("Since {title}{}: {changes}.", time.unwrap_or_default());
        let said = match self.counts.not_scanned {
            0 => said,
            count => format!(
                "{said} {} cannot be compared, as one of the two did not look there.",
                grouped(count)
            ),
        };
        match words::left_out(self.counts) {
            None => said,
            Some(note) => format!("{said} {note}."),
        }
    }

    /// The rows of the table of changes, by address.
    pub(crate) fn rows(&self) -> impl Iterator<Item = [String; 5]> {
        self.listed.iter().map(difference::cells)
    }

    /// How many changes the rows leave out.
    pub(crate) fn beyond(&self) -> u64 {
        let known: u64 = self.known().map(|(_, count)| count).sum();
        known - self.listed.len() as u64
    }

    /// The kinds of change that there are, where both scans looked.
    fn known(&self) -> impl Iterator<Item = (Change, u64)> {
        let counts = Change::ALL.iter().map(|change| (*change, self.counts.of(*change)));
        counts.filter(|(change, count)| change.is_known() && *count > 0)
    }
}

/// What is told of a port has no room for what scripts said, which may be long.
fn without_scripts(seen: Seen) -> Seen {
    match seen {
        Seen::Port(mut port) => {
            port.scripts = Vec::new();
            Seen::Port(port)
        }
        seen => seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since() -> ChangesSince {
        let (title, completed_at) = ("Scan 3 of project lab".to_owned(), None);
        let (counts, listed) = (Changes::default(), Vec::new());
        ChangesSince { number: 3, title, completed_at, counts, listed }
    }

    fn difference(change: Change) -> Difference {
        let address = "192.0.2.1".parse().unwrap();
        let (before, after) = (Seen::Nothing, Seen::Nothing);
        Difference { change, address, port: None, protocol: None, before, after }
    }

    #[test]
    fn changes_are_all_counted_and_some_of_them_listed() {
        let mut since = since();
        (0..LISTED + 700).for_each(|_| since.add(difference(Change::NotScanned)));
        (0..LISTED + 700).for_each(|_| since.add(difference(Change::Gone)));

        assert_eq!((since.rows().count(), since.beyond()), (LISTED, 700));
        assert_eq!(
            since.sentences().replace('\u{202f}', " "),
            "Since scan 3 of project lab: 1 200 gone. \
             1 200 cannot be compared, as one of the two did not look there."
        );
    }

    #[test]
    fn hosts_that_are_left_out_are_counted_and_not_listed() {
        let mut since = since();
        since.add(difference(Change::Suspect));
        since.add(difference(Change::Suspect));

        assert_eq!((since.rows().count(), since.beyond()), (0, 0));
        assert_eq!(
            since.sentences(),
            "Since scan 3 of project lab: nothing differs where both looked. 2 hosts are left out, \
             because something seems to answer in their place: netscan diff --suspects compares \
             them too."
        );
    }

    #[test]
    fn that_nothing_changed_is_said_only_of_what_both_looked_at() {
        assert_eq!(
            since().sentences(),
            "Since scan 3 of project lab: nothing differs where both looked."
        );
    }
}
