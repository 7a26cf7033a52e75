//! Coverage: what became of each target address of a scan.
//!
//! The ledger is kept as ranges, so that a /8 of which nothing is known yet is one line.
//! An address has one state at a time, and the states add up to what was planned: that is what
//! lets a comparison of two scans tell "closed" from "not scanned".

use serde::{Deserialize, Serialize};

use crate::address::{AddressRange, AddressSet};
use crate::named;

/// What became of an address, or of a name that led to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoverageState {
    /// Not scanned yet.
    Pending,
    /// It answered, and was scanned to the end.
    Up,
    /// It did not answer.
    Down,
    /// The scanner gave up on it at the host's time limit: what is missing may still be there.
    TimedOut,
    /// A name that no address was found for.
    Unresolved,
    /// Left out because the user or the project's deny rules said so.
    Excluded,
    /// Left out because the project's scope does not allow it.
    OutOfScope,
    /// Could not be scanned after all attempts.
    Failed,
    /// Not scanned because the scan was stopped.
    Cancelled,
}

named!(CoverageState, "coverage state", {
    Pending = "pending", Up = "up", Down = "down", TimedOut = "timed_out",
    Unresolved = "unresolved", Excluded = "excluded", OutOfScope = "out_of_scope",
    Failed = "failed", Cancelled = "cancelled",
});

impl CoverageState {
    /// Whether the address was reached as asked, whatever it answered.
    #[must_use]
    pub fn is_scanned(self) -> bool {
        matches!(self, Self::Up | Self::Down)
    }
}

/// Addresses of one scan that share a fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CoverageRange {
    /// Which addresses.
    pub addresses: AddressRange,
    /// What became of them.
    pub state: CoverageState,
    /// Why, in a few words, such as `no-response` or `denied by the project's scope`.
    pub reason: String,
}

impl CoverageRange {
    /// The lines by which every address of `set` has the same fate.
    #[must_use]
    pub fn of_all(set: &AddressSet, state: CoverageState, reason: &str) -> Vec<Self> {
        let line = |range: &_| Self { addresses: *range, state, reason: reason.to_owned() };
        set.ranges().iter().map(line).collect()
    }
}

/// How many addresses of a scan are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Coverage {
    /// All that were asked for: the sum of the other nine.
    pub planned: u64,
    /// See [`CoverageState::Up`].
    pub up: u64,
    /// See [`CoverageState::Down`].
    pub down: u64,
    /// See [`CoverageState::TimedOut`].
    pub timed_out: u64,
    /// See [`CoverageState::Unresolved`].
    pub unresolved: u64,
    /// See [`CoverageState::Excluded`].
    pub excluded: u64,
    /// See [`CoverageState::OutOfScope`].
    pub out_of_scope: u64,
    /// See [`CoverageState::Failed`].
    pub failed: u64,
    /// See [`CoverageState::Cancelled`].
    pub cancelled: u64,
    /// See [`CoverageState::Pending`].
    pub pending: u64,
}

impl Coverage {
    /// The coverage with `counts` of each state, and with `planned` as their sum.
    pub fn of(counts: impl IntoIterator<Item = (CoverageState, u64)>) -> Self {
        let mut coverage = Self::default();
        for (state, count) in counts {
            *coverage.slot(state) += count;
            coverage.planned += count;
        }
        coverage
    }

    /// How many addresses are in `state`.
    #[must_use]
    pub fn count(mut self, state: CoverageState) -> u64 {
        *self.slot(state)
    }

    /// The part of the addresses to be scanned that is no longer pending, 0 to 1. A scan with
    /// nothing to do is done.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share is shown with three digits")]
    pub fn progress(&self) -> f64 {
        let to_scan = self.planned - self.excluded - self.out_of_scope - self.unresolved;
        if to_scan == 0 {
            return 1.0;
        }
        (to_scan - self.pending) as f64 / to_scan as f64
    }

    fn slot(&mut self, state: CoverageState) -> &mut u64 {
        match state {
            CoverageState::Pending => &mut self.pending,
            CoverageState::Up => &mut self.up,
            CoverageState::Down => &mut self.down,
            CoverageState::TimedOut => &mut self.timed_out,
            CoverageState::Unresolved => &mut self.unresolved,
            CoverageState::Excluded => &mut self.excluded,
            CoverageState::OutOfScope => &mut self.out_of_scope,
            CoverageState::Failed => &mut self.failed,
            CoverageState::Cancelled => &mut self.cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_is_the_sum_of_the_other_nine() {
        let coverage = Coverage::of(CoverageState::ALL.iter().map(|state| (*state, 2)));

        assert_eq!(coverage.planned, 18);
        for state in CoverageState::ALL {
            assert_eq!(coverage.count(*state), 2, "{state}");
        }
    }

    #[test]
    fn progress_counts_only_what_is_to_be_scanned() {
        let states =
            [(CoverageState::Pending, 1), (CoverageState::Excluded, 10), (CoverageState::Up, 3)];
        let coverage = Coverage::of(states);

        assert!((coverage.progress() - 0.75).abs() < 1e-9);
        assert!((Coverage::default().progress() - 1.0).abs() < 1e-9);
    }
}
