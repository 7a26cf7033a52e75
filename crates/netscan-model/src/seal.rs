//! The sealed copy of what a scan may touch, which goes with every batch to whoever runs it.
//!
//! It is made when the scan is accepted and never changes. A worker holds what it is given against
//! it once more before it sends anything: neither a mistake on the way nor a stranger in between
//! can widen a scan.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::AddressSet;
use crate::scope::{Authorisation, NotAuthorised};

/// What one scan may touch, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The only addresses.
    pub addresses: AddressSet,
    /// By whose leave, if that was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorisation: Option<Authorisation>,
}

/// Why a worker does not run what it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealBroken {
    /// It was given more than was accepted.
    #[error("{addresses} is not among what the scan was accepted for")]
    Outside {
        /// The addresses that nobody accepted.
        addresses: AddressSet,
    },
    /// It was given at the wrong time.
    #[error(transparent)]
    NotAuthorised(#[from] NotAuthorised),
}

impl Seal {
    /// Whether `addresses` may be scanned at `now`.
    ///
    /// # Errors
    ///
    /// [`SealBroken`], with what lies outside.
    pub fn check(&self, addresses: &AddressSet, now: Timestamp) -> Result<(), SealBroken> {
        if let Some(authorisation) = &self.authorisation {
            authorisation.check(now)?;
        }
        let outside = addresses.subtract(&self.addresses);
        if outside.is_empty() { Ok(()) } else { Err(SealBroken::Outside { addresses: outside }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> AddressSet {
        crate::target::TargetList::parse(text).addresses(1_000).expect("few")
    }

    #[test]
    fn one_address_more_than_was_accepted_breaks_the_seal() {
        let seal = Seal { addresses: set("10.0.0.0/30"), authorisation: None };

        assert_eq!(seal.check(&set("10.0.0.1-2"), Timestamp::UNIX_EPOCH), Ok(()));
        assert_eq!(
            seal.check(&set("10.0.0.3-4"), Timestamp::UNIX_EPOCH),
            Err(SealBroken::Outside { addresses: set("10.0.0.4") })
        );
    }

    #[test]
    fn nothing_may_be_scanned_outside_the_time_that_was_allowed() {
        let second = |second| Timestamp::from_second(second).expect("a time");
        let authorisation = Authorisation {
            authorised_by: "Mara".into(),
            ticket: None,
            valid_from: Some(second(10)),
            valid_until: Some(second(20)),
        };
        let seal = Seal { addresses: set("10.0.0.1"), authorisation: Some(authorisation) };
        let at = |time| seal.check(&set("10.0.0.1"), second(time));

        assert_eq!(at(9), Err(NotAuthorised::NotYet { from: second(10) }.into()));
        assert_eq!((at(10), at(19)), (Ok(()), Ok(())));
        assert_eq!(at(20), Err(NotAuthorised::NoLonger { until: second(20) }.into()));
    }
}
