//! How far each scan's events have come: in a feed, or with one who watches it.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

/// The number of the last event of each scan. A scan that is not there stands at 0.
///
/// A project may have thousands of scans, and few of them move: where they stood at the beginning is
/// shared by all copies.
#[derive(Clone, Default)]
pub(crate) struct Positions {
    beginning: Arc<HashMap<Uuid, u64>>,
    moved: HashMap<Uuid, u64>,
}

impl Positions {
    pub(crate) fn new(beginning: HashMap<Uuid, u64>) -> Self {
        Self { beginning: Arc::new(beginning), moved: HashMap::new() }
    }

    /// One scan, which counts as moved.
    pub(crate) fn of_one(scan: Uuid, seq: u64) -> Self {
        Self { beginning: Arc::default(), moved: HashMap::from([(scan, seq)]) }
    }

    pub(crate) fn get(&self, scan: Uuid) -> u64 {
        self.moved.get(&scan).or_else(|| self.beginning.get(&scan)).copied().unwrap_or(0)
    }

    /// Moves a scan on to `seq`, and tells whether it was not yet there.
    pub(crate) fn advance(&mut self, scan: Uuid, seq: u64) -> bool {
        let is_ahead = seq > self.get(scan);
        if is_ahead {
            self.moved.insert(scan, seq);
        }
        is_ahead
    }

    /// A scan that has moved here beyond where it stands in `other`, and how far.
    pub(crate) fn ahead_of(&self, other: &Self) -> Option<(Uuid, u64)> {
        self.moved
            .iter()
            .find(|(scan, seq)| **seq > other.get(**scan))
            .map(|(scan, seq)| (*scan, *seq))
    }
}
