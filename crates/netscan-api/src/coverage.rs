//! Coverage: what became of each address of a scan, as ranges.

use netscan_model::Address;
use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::page::Page;
use crate::target::exact;

/// What became of the addresses of a scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CoverageBody {
    /// How many addresses are in each state.
    pub coverage: Coverage,
    /// Which they are.
    pub ranges: Page<RangeBody>,
    /// Names that no address was found for.
    pub unresolved: Vec<UnresolvedBody>,
    /// Names that the project's scope does not allow, so that nobody was asked for them.
    pub denied: Vec<String>,
}

/// Addresses that share a fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RangeBody {
    /// The first of them.
    pub first: Address,
    /// The last of them.
    pub last: Address,
    /// How many they are; 9007199254740991 stands for that many or more.
    pub count: u64,
    /// What became of them.
    pub state: CoverageState,
    /// Why, in a few words.
    pub reason: String,
}

impl From<CoverageRange> for RangeBody {
    fn from(CoverageRange { addresses, state, reason }: CoverageRange) -> Self {
        let (first, last) = (addresses.first(), addresses.last());
        Self { first, last, count: exact(addresses.count()), state, reason }
    }
}

/// A name that no address was found for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnresolvedBody {
    /// The name.
    pub name: String,
    /// Why.
    pub reason: String,
}
