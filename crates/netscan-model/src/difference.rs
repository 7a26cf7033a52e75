//! What differs between two scans: the words for it, and how it is counted.
//!
//! A difference is only told where both scans looked. What one of them did not reach, or did not
//! probe, is [`Change::NotScanned`], and never closed or gone.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::coverage::CoverageState;
use crate::named;
use crate::observation::{Port, Protocol};

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
    /// In one of the two scans something seemed to answer in the host's place, so that the host is
    /// left out.
    Suspect,
}

named!(Change, "change", {
    Opened = "opened", Closed = "closed", Changed = "changed", New = "new", Gone = "gone",
    NotScanned = "not_scanned", Suspect = "suspect",
});

impl Change {
    /// Whether both scans looked, and what they saw can be believed.
    #[must_use]
    pub fn is_known(self) -> bool {
        !matches!(self, Self::NotScanned | Self::Suspect)
    }
}

/// Which differences are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The kinds of change that are told; all if this is empty.
    pub only: Vec<Change>,
    /// Whether hosts that are suspect are compared as any other. They are left out if not.
    pub has_suspects: bool,
}

impl Wanted {
    /// Whether a change of this kind is told, or counted at least. What is left out always is.
    #[must_use]
    pub fn counts(&self, change: Change) -> bool {
        self.only.is_empty() || change == Change::Suspect || self.only.contains(&change)
    }

    /// Whether a change of this kind is told on its own. Of hosts that are left out the number is
    /// enough, unless someone asks which they are.
    #[must_use]
    pub fn lists(&self, change: Change) -> bool {
        let is_all = self.only.is_empty() && change != Change::Suspect;
        is_all || self.only.contains(&change)
    }
}

/// What one scan saw of a port, or of a whole host. As JSON it is null, a name, or a port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Seen {
    /// Nothing: the port was not worth a line of its own, or nobody asked for the address.
    Nothing,
    /// What became of the address.
    Address(CoverageState),
    /// The port.
    Port(Box<Port>),
}

impl From<Option<CoverageState>> for Seen {
    fn from(state: Option<CoverageState>) -> Self {
        state.map_or(Self::Nothing, Self::Address)
    }
}

impl From<Option<&Port>> for Seen {
    fn from(port: Option<&Port>) -> Self {
        port.map_or(Self::Nothing, |port| Self::Port(Box::new(port.clone())))
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ChangeBody))]
pub struct Difference {
    /// How it differs.
    pub change: Change,
    /// Where.
    pub address: Address,
    /// The port; null for a whole host.
    pub port: Option<u16>,
    /// The port's protocol; null for a whole host.
    pub protocol: Option<Protocol>,
    /// How it was: the port, or what became of the address.
    #[cfg_attr(feature = "schema", schema(value_type = serde_json::Value))]
    pub before: Seen,
    /// How it is: the port, or what became of the address.
    #[cfg_attr(feature = "schema", schema(value_type = serde_json::Value))]
    pub after: Seen,
}

/// How many changes there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DiffSummary))]
pub struct Changes {
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
    /// See [`Change::Suspect`]: hosts that are left out, and listed only when that is asked for.
    pub suspect: u64,
}

impl Changes {
    /// Counts one more of `change`.
    pub fn count(&mut self, change: Change) {
        *self.slot(change) += 1;
    }

    /// How many there are of `change`.
    #[must_use]
    pub fn of(mut self, change: Change) -> u64 {
        *self.slot(change)
    }

    /// Whether both scans looked and saw something else.
    #[must_use]
    pub fn is_any_known(self) -> bool {
        Change::ALL.iter().any(|change| change.is_known() && self.of(*change) > 0)
    }

    fn slot(&mut self, change: Change) -> &mut u64 {
        match change {
            Change::Opened => &mut self.opened,
            Change::Closed => &mut self.closed,
            Change::Changed => &mut self.changed,
            Change::New => &mut self.new,
            Change::Gone => &mut self.gone,
            Change::NotScanned => &mut self.not_scanned,
            Change::Suspect => &mut self.suspect,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_change_has_its_count() {
        let mut changes = Changes::default();

        for change in Change::ALL {
            changes.count(*change);
        }

        let json = serde_json::to_value(changes).unwrap();
        for name in Change::NAMES {
            assert_eq!(json[name], 1, "{name}");
        }
    }

    #[test]
    fn what_was_not_scanned_or_left_out_is_no_change_that_is_known() {
        let mut changes = Changes::default();
        changes.count(Change::NotScanned);
        changes.count(Change::Suspect);
        assert!(!changes.is_any_known());

        changes.count(Change::Gone);
        assert!(changes.is_any_known());
    }

    #[test]
    fn what_is_left_out_is_always_counted_and_listed_when_it_is_asked_for() {
        let wanted = |only: &[Change]| Wanted { only: only.to_vec(), has_suspects: false };

        for (only, counts, lists) in [
            (&[][..], [true, true], [true, false]),
            (&[Change::Gone], [true, true], [true, false]),
            (&[Change::New], [false, true], [false, false]),
            (&[Change::Suspect], [false, true], [false, true]),
        ] {
            let wanted = wanted(only);
            let of_both = [Change::Gone, Change::Suspect];
            assert_eq!(of_both.map(|change| wanted.counts(change)), counts, "{only:?}");
            assert_eq!(of_both.map(|change| wanted.lists(change)), lists, "{only:?}");
        }
    }

    #[test]
    fn a_difference_reads_back_as_it_was_written() {
        let port = Port {
            port: 22,
            protocol: Protocol::Tcp,
            state: crate::observation::PortState::Open,
            reason: "syn-ack".into(),
            reason_ttl: None,
            reason_address: None,
            service: None,
            scripts: Vec::new(),
        };
        let address = "192.0.2.1".parse().unwrap();
        let of_port = Difference {
            change: Change::Opened,
            address,
            port: Some(22),
            protocol: Some(Protocol::Tcp),
            before: Seen::Nothing,
            after: Some(&port).into(),
        };
        let of_host = Difference {
            change: Change::Gone,
            address,
            port: None,
            protocol: None,
            before: Some(CoverageState::Up).into(),
            after: Some(CoverageState::Down).into(),
        };

        for difference in [of_port, of_host] {
            let written = serde_json::to_string(&difference).unwrap();
            assert_eq!(serde_json::from_str::<Difference>(&written).unwrap(), difference);
        }
        assert_eq!(json!(Seen::Nothing), json!(null));
        assert_eq!(json!(Seen::Address(CoverageState::TimedOut)), json!("timed_out"));
    }
}
