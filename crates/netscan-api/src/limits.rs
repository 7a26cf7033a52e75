//! How much may run at a time, and how hard it may press on the network.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::check::{Check, Findings};
use crate::project::ProjectLimits;
use crate::scan::MOST_RATE;

/// Batches and scans at a time that a limit may allow.
pub const MOST_BATCHES: u64 = 10_000;

/// The limits of the server, over all scans of all organisations. What is null has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(examples(json!({
    "max_batches": 32,
    "max_rate": 20000,
    "politeness": { "address_rate": 500, "network_rate": 5000 }
})))]
pub struct ServerLimits {
    /// Batches at a time.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000)]
    pub max_batches: Option<NonZeroU32>,
    /// Packets per second.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    pub max_rate: Option<NonZeroU32>,
    /// How hard one address and one network may be pressed.
    pub politeness: Politeness,
}

/// How hard one address and one network may be pressed, by all scans together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Politeness {
    /// Packets per second to one address.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    pub address_rate: Option<NonZeroU32>,
    /// Packets per second to one network: an IPv4 /24, or an IPv6 /64.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    pub network_rate: Option<NonZeroU32>,
}

fn wide(number: Option<NonZeroU32>) -> Option<u64> {
    number.map(|number| number.get().into())
}

impl Check for ServerLimits {
    fn examine(&self, findings: &mut Findings) {
        findings.at_most("/max_batches", wide(self.max_batches), MOST_BATCHES);
        findings.at_most("/max_rate", wide(self.max_rate), MOST_RATE);
        let Politeness { address_rate, network_rate } = self.politeness;
        findings.at_most("/politeness/address_rate", wide(address_rate), MOST_RATE);
        findings.at_most("/politeness/network_rate", wide(network_rate), MOST_RATE);
    }
}

/// What is wrong with the limits of a project that stand at the pointer `at`.
pub(crate) fn examine_project(at: &str, limits: &ProjectLimits, findings: &mut Findings) {
    let ProjectLimits { max_scans, max_batches, max_rate } = *limits;
    findings.at_most(&format!("{at}/max_scans"), wide(max_scans), MOST_BATCHES);
    findings.at_most(&format!("{at}/max_batches"), wide(max_batches), MOST_BATCHES);
    findings.at_most(&format!("{at}/max_rate"), wide(max_rate), MOST_RATE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_refused_beyond_what_the_document_says() {
        let limits =
            ServerLimits { max_batches: NonZeroU32::new(10_001), ..ServerLimits::default() };

        assert_eq!(limits.check().unwrap_err()[0].field, "/max_batches");
        assert_eq!(ServerLimits::default().check(), Ok(()));
    }
}
