//! What became of the address space of a scan, cell by cell.

use std::num::NonZeroU32;

use netscan_model::address::{AddressRange, AddressSet};
use netscan_model::coverage::CoverageState;
use netscan_model::grid::Grid;
use uuid::Uuid;

use crate::Realm;
use crate::error::StoreError;
use crate::steps::{map, scans};

/// What became of a network of a scan.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanMap {
    /// The network and its cells; nothing when the scan has no addresses and no network is named.
    pub grid: Option<Grid>,
    /// The cells with addresses of the scan, in ascending order.
    pub cells: Vec<MapCell>,
    /// All that is to be scanned, also beyond the network.
    pub addresses: AddressSet,
}

/// What became of the addresses in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapCell {
    /// Which cell.
    pub index: u32,
    /// How many addresses are in each state, in the order of [`CoverageState::ALL`].
    pub(crate) counts: [u128; CoverageState::ALL.len()],
    /// How many of those that are pending a worker has.
    pub running: u128,
}

impl MapCell {
    /// How many addresses are in `state`.
    #[must_use]
    pub fn count(&self, state: CoverageState) -> u128 {
        self.counts[state as usize]
    }
}

impl Realm {
    /// What became of the addresses of the scan within a network, in at most so many cells; without a
    /// network, within the smallest that holds all IPv4 addresses of the scan, or, when it has none,
    /// all of the first IPv6 ones that can be in one.
    pub async fn map(
        &self,
        scan: Uuid,
        within: Option<AddressRange>,
        cells: NonZeroU32,
    ) -> Result<ScanMap, StoreError> {
        self.own(scan).await?;
        let mut step = self.store.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        let addresses = scans::addresses(&mut step, scan_key).await?;
        let network = within.or_else(|| around(&addresses)).map(AddressRange::around);
        let grid = network.and_then(|network| Grid::new(network, cells));
        let cells = match grid {
            Some(grid) => map::cells(&mut step, scan_key, grid, &addresses).await?,
            None => Vec::new(),
        };
        Ok(ScanMap { grid, cells, addresses })
    }
}

/// From the first address to the last that lies on the same number line.
fn around(addresses: &AddressSet) -> Option<AddressRange> {
    let first = addresses.ranges().first()?.first();
    let is_alike = |range: &&AddressRange| range.space() == first.space();
    let last = addresses.ranges().iter().rfind(is_alike)?.last();
    AddressRange::new(first, last)
}
