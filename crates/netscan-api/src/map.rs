//! The address space of a scan, cell by cell, and how fast the scan went through it.

use jiff::Timestamp;
use netscan_model::Address;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::check::{Check, Findings};

/// Cells of a map, if it is not said how many.
pub const USUAL_CELLS: u32 = 1_024;
/// The most cells of a map.
const MOST_CELLS: u32 = 4_096;
/// Intervals of a pace, if it is not said how many.
pub const USUAL_POINTS: u32 = 120;
/// The most intervals of a pace.
const MOST_POINTS: u32 = 1_000;

/// Which part of the address space, and how finely.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ShowMap {
    /// A network. The smallest with all IPv4 addresses of the scan if it is not said, or with the IPv6
    /// ones of a scan that has no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200, example = "10.0.0.0/16")]
    pub within: Option<String>,
    /// How many cells, a power of two; 1024 if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 4096)]
    pub cells: Option<u32>,
}

impl Check for ShowMap {
    fn examine(&self, findings: &mut Findings) {
        let is_wrong =
            self.cells.is_some_and(|cells| !cells.is_power_of_two() || cells > MOST_CELLS);
        findings.add_if(is_wrong, "cells", "must be a power of two from 1 to 4096");
    }
}

/// What became of a network of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MapBody {
    /// The network; null when the scan has no address and none is asked for.
    #[schema(examples("10.0.0.0/16"))]
    pub within: Option<String>,
    /// How many leading bits the addresses of a cell have in common.
    pub prefix_of_a_cell: u32,
    /// How many cells the network has.
    pub cell_count: u32,
    /// Those with addresses of the scan, in ascending order.
    pub cells: Vec<CellBody>,
    /// All that the scan is to look at, also outside of the network: addresses, networks and ranges,
    /// a hundred at most. When they would be more, what lies between them is in them too.
    pub blocks: Vec<String>,
}

/// What became of the addresses in a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CellBody {
    /// Which cell of the network, from 0.
    pub index: u32,
    /// Its first address.
    pub first: Address,
    /// How many of its addresses are in each state.
    pub counts: CellCounts,
}

/// How many addresses are in each state: those that are left out are 0, and 9007199254740991 stands
/// for that many or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CellCounts {
    /// They answered, and were scanned to the end.
    #[serde(skip_serializing_if = "is_zero")]
    pub up: u64,
    /// They did not answer.
    #[serde(skip_serializing_if = "is_zero")]
    pub down: u64,
    /// The scanner gave up on them.
    #[serde(skip_serializing_if = "is_zero")]
    pub timed_out: u64,
    /// Left out because somebody said so.
    #[serde(skip_serializing_if = "is_zero")]
    pub excluded: u64,
    /// Left out because the project's scope does not allow them.
    #[serde(skip_serializing_if = "is_zero")]
    pub out_of_scope: u64,
    /// Could not be scanned after all attempts.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: u64,
    /// Not scanned because the scan was stopped.
    #[serde(skip_serializing_if = "is_zero")]
    pub cancelled: u64,
    /// With a worker now, which has not told of them yet.
    #[serde(skip_serializing_if = "is_zero")]
    pub running: u64,
    /// Not scanned yet, and with no worker.
    #[serde(skip_serializing_if = "is_zero")]
    pub pending: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How finely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ShowPace {
    /// How many intervals at most, 120 if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub points: Option<u32>,
}

impl Check for ShowPace {
    fn examine(&self, findings: &mut Findings) {
        let is_wrong = self.points.is_some_and(|points| points == 0 || points > MOST_POINTS);
        findings.add_if(is_wrong, "points", "must be from 1 to 1000");
    }
}

/// How fast a scan went, in intervals of the same length. A batch counts where it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaceBody {
    /// When the scan was started; null when it was not yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// When it ended, or now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// How long an interval is: a second at least.
    pub interval_ms: u64,
    /// What was done in each of them, in order.
    pub points: Vec<PointBody>,
}

/// What was done in an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PointBody {
    /// Addresses of the batches that ended in it, without what was left of them to others.
    pub addresses: u64,
    /// Hosts that these found up.
    pub hosts_up: u64,
    /// Open ports that these found.
    pub open_ports: u64,
}
