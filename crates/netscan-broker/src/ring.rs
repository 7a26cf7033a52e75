//! A row of numbered entries with a bound: the newest stay, the oldest fall out.

use std::collections::VecDeque;

pub(crate) struct Ring<T> {
    entries: VecDeque<(T, usize)>,
    first: u64,
    bytes: usize,
    most: usize,
    most_bytes: usize,
}

impl<T> Ring<T> {
    /// An empty ring; its first entry will have the number 1.
    pub(crate) fn new(most: usize, most_bytes: usize) -> Self {
        Self { entries: VecDeque::new(), first: 1, bytes: 0, most, most_bytes }
    }

    /// Adds an entry that weighs so many bytes, and takes out what no longer fits, oldest first:
    /// the entry itself, if it is larger than the whole ring.
    pub(crate) fn push(&mut self, entry: T, bytes: usize, mut fallen: impl FnMut(T)) {
        self.entries.push_back((entry, bytes));
        self.bytes += bytes;
        while self.entries.len() > self.most || self.bytes > self.most_bytes {
            let Some((oldest, weight)) = self.entries.pop_front() else { break };
            self.bytes -= weight;
            self.first += 1;
            fallen(oldest);
        }
    }

    /// The entry of that number, if it is still held or already there.
    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.entries.get(index).map(|(entry, _)| entry)
    }

    /// The number of the oldest entry that is held, or of the next one when none is.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next entry will have.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// How many entries are held.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What the entries weigh together.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring after these pushes of entry and weight, and what fell out.
    fn pushed(
        most: usize,
        most_bytes: usize,
        entries: &[(char, usize)],
    ) -> (Ring<char>, Vec<char>) {
        let mut ring = Ring::new(most, most_bytes);
        let mut fallen = Vec::new();
        for (entry, bytes) in entries {
            ring.push(*entry, *bytes, |oldest| fallen.push(oldest));
        }
        (ring, fallen)
    }

    #[test]
    fn numbers_stay_with_their_entries_when_older_ones_fall_out() {
        let (ring, fallen) = pushed(2, 100, &[('a', 1), ('b', 1), ('c', 1)]);

        assert_eq!(fallen, ['a']);
        assert_eq!((ring.first(), ring.end()), (2, 4));
        assert_eq!([1, 2, 3, 4].map(|n| ring.get(n).copied()), [None, Some('b'), Some('c'), None]);
    }

    #[test]
    fn bytes_bound_the_ring_as_entries_do() {
        let (ring, fallen) = pushed(10, 10, &[('a', 4), ('b', 4), ('c', 4)]);

        assert_eq!(fallen, ['a']);
        assert_eq!((ring.len(), ring.bytes()), (2, 8));
    }

    #[test]
    fn an_entry_larger_than_the_ring_is_not_held() {
        let (ring, fallen) = pushed(10, 10, &[('a', 4), ('b', 11)]);

        assert_eq!(fallen, ['a', 'b']);
        assert_eq!((ring.len(), ring.bytes()), (0, 0));
        assert_eq!((ring.first(), ring.end()), (3, 3));
    }
}
