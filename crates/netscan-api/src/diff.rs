//! What changed from one scan to another.

use netscan_model::Address;
use netscan_model::named;
use netscan_model::observation::Protocol;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What changed from one scan to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DiffBody {
    /// The earlier scan's number.
    pub from: u64,
    /// The later scan's number.
    pub to: u64,
    /// How many changes there are of each kind.
    pub summary: DiffSummary,
    /// The changes, by address.
    pub changes: Vec<ChangeBody>,
    /// Whether there are more than are listed.
    pub truncated: bool,
}

/// How many changes there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiffSummary {
    /// See [`Change::Opened`].
    pub opened: u64,
    /// See [`Change::Closed`].
    pub closed: u64,
    /// See [`Change::Changed`].
    pub changed: u64,
    /// See [`Change::New`].
    pub new: u64,
    /// See [`Change::Gone`].
    pub gone: u64,
    /// See [`Change::NotScanned`].
    pub not_scanned: u64,
}

impl DiffSummary {
    /// Counts one more of `change`.
    pub fn count(&mut self, change: Change) {
        *match change {
            Change::Opened => &mut self.opened,
            Change::Closed => &mut self.closed,
            Change::Changed => &mut self.changed,
            Change::New => &mut self.new,
            Change::Gone => &mut self.gone,
            Change::NotScanned => &mut self.not_scanned,
        } += 1;
    }
}

/// How something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// A port that was not open is.
    Opened,
    /// A port that was open is not.
    Closed,
    /// A port is open as before, and something else is behind it.
    Changed,
    /// A host answers that did not.
    New,
    /// A host does not answer any more.
    Gone,
    /// One of the two scans did not reach the address, so that nothing can be said.
    NotScanned,
}

named!(Change, "change", {
    Opened = "opened", Closed = "closed", Changed = "changed", New = "new", Gone = "gone",
    NotScanned = "not_scanned",
});

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangeBody {
    /// How it differs.
    pub change: Change,
    /// Where.
    pub address: Address,
    /// The port; null for a whole host.
    pub port: Option<u16>,
    /// The port's protocol; null for a whole host.
    pub protocol: Option<Protocol>,
    /// How it was: the port, or what became of the address.
    pub before: Value,
    /// How it is: the port, or what became of the address.
    pub after: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_change_has_its_count() {
        let mut summary = DiffSummary::default();

        for change in Change::ALL {
            summary.count(*change);
        }

        let json = serde_json::to_value(summary).unwrap();
        for name in Change::NAMES {
            assert_eq!(json[name], 1, "{name}");
        }
    }
}
