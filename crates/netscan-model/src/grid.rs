//! The address space as a grid: a network cut into cells of one size, for maps of it.

use std::num::NonZeroU32;

use crate::address::{Address, AddressRange, AddressSet};

/// A network, and the cells that it is cut into: networks of one size, numbered in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    network: AddressRange,
    prefix: u32,
    cells: u32,
}

impl Grid {
    /// The network cut into so many cells, rounded down to a power of two, or into its addresses when
    /// it has no more of them.
    ///
    /// Nothing comes back for a range that is no network.
    #[must_use]
    pub fn new(network: AddressRange, cells: NonZeroU32) -> Option<Self> {
        let of_network = network.prefix()?;
        let prefix = (of_network + cells.ilog2()).min(network.space().width());
        Some(Self { network, prefix, cells: 1 << (prefix - of_network) })
    }

    /// What is cut.
    #[must_use]
    pub fn network(self) -> AddressRange {
        self.network
    }

    /// How many leading bits the addresses of a cell have in common.
    #[must_use]
    pub fn prefix(self) -> u32 {
        self.prefix
    }

    /// How many cells there are.
    #[must_use]
    pub fn cells(self) -> u32 {
        self.cells
    }

    /// The addresses in a cell.
    #[must_use]
    pub fn cell(self, index: u32) -> AddressRange {
        let offset = u128::from(index).checked_shl(self.host_bits()).unwrap_or(0);
        let first = Address::new(self.network.space(), self.network.first().bits() + offset);
        AddressRange::network(first, self.prefix).expect("a cell is a network")
    }

    /// How many addresses of the range are in each cell in which there are any.
    pub fn parts(self, range: AddressRange) -> impl Iterator<Item = (u32, u128)> {
        let first = range.first().max(self.network.first());
        let last = range.last().min(self.network.last());
        let inside = AddressRange::new(first, last);
        let cells = inside.map(|inside| self.index(inside.first())..=self.index(inside.last()));
        cells.into_iter().flatten().map(move |index| {
            let cell = self.cell(index);
            let part = AddressRange::new(first.max(cell.first()), last.min(cell.last()));
            (index, part.map_or(0, AddressRange::count))
        })
    }

    /// The cell of an address of the network.
    fn index(self, address: Address) -> u32 {
        let offset = address.bits() - self.network.first().bits();
        let index = offset.checked_shr(self.host_bits()).unwrap_or(0);
        u32::try_from(index).expect("a network has at most as many cells as a u32 can say")
    }

    fn host_bits(self) -> u32 {
        self.network.space().width() - self.prefix
    }
}

/// The addresses in at most `most` ranges: when they are more, with all that lies in the same networks.
#[must_use]
pub fn blocks(addresses: &AddressSet, most: usize) -> Vec<AddressRange> {
    let mut blocks = addresses.clone();
    let mut host_bits = 0;
    while blocks.ranges().len() > most.max(2) && host_bits < u128::BITS {
        host_bits += 4;
        let rounded = |range: &AddressRange| {
            let prefix = range.space().width().saturating_sub(host_bits);
            let end = |address| AddressRange::network(address, prefix).expect("it is short enough");
            AddressRange::new(end(range.first()).first(), end(range.last()).last())
        };
        blocks = blocks.ranges().iter().filter_map(rounded).collect();
    }
    blocks.ranges().to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(text: &str) -> AddressRange {
        text.parse().unwrap()
    }

    fn grid(network: &str, cells: u32) -> Grid {
        Grid::new(range(network), NonZeroU32::new(cells).unwrap()).unwrap()
    }

    #[test]
    fn a_network_is_cut_into_networks_of_one_size() {
        let grid = grid("10.0.0.0-10.0.255.255", 1_024);

        assert_eq!((grid.prefix(), grid.cells()), (26, 1_024));
        assert_eq!(grid.cell(0), range("10.0.0.0-10.0.0.63"));
        assert_eq!(grid.cell(1_023), range("10.0.255.192-10.0.255.255"));
    }

    #[test]
    fn there_are_no_more_cells_than_addresses() {
        assert_eq!(grid("10.0.0.0-10.0.0.7", 1_024).cells(), 8);
        assert_eq!(grid("10.0.0.7", 1_024).cells(), 1);
        assert_eq!(grid("10.0.0.0-10.0.0.7", 7).cells(), 4);
        assert_eq!(Grid::new(range("10.0.0.1-10.0.0.8"), NonZeroU32::MIN), None);
    }

    #[test]
    fn all_of_ipv6_may_be_one_cell_or_many() {
        let all = "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let (whole, cut) = (grid(all, 1), grid(all, 16));

        assert_eq!(whole.cell(0), range(all));
        let parts: Vec<_> = whole.parts(range("::1-::4")).collect();
        assert_eq!(parts, [(0, 4)]);
        assert_eq!(cut.parts(range(all)).count(), 16);
    }

    #[test]
    fn of_a_range_only_what_lies_in_the_network_counts() {
        let grid = grid("10.0.1.0-10.0.1.255", 4);
        let parts = |text| grid.parts(range(text)).collect::<Vec<_>>();

        assert_eq!(parts("10.0.0.0-10.0.1.69"), [(0, 64), (1, 6)]);
        assert_eq!(parts("10.0.1.192-10.9.9.9"), [(3, 64)]);
        assert_eq!(parts("10.0.2.0-10.0.2.9"), []);
        assert_eq!(parts("::-::ff"), []);
    }

    #[test]
    fn many_addresses_become_a_few_blocks() {
        let few: AddressSet = "10.0.0.1,10.0.0.7-10.0.0.9,::1".parse().unwrap();
        let many: AddressSet = (0..500_u32)
            .map(|place| {
                Address::from(std::net::IpAddr::from((0x0a00_0000 + place * 4).to_be_bytes()))
            })
            .chain(["10.9.0.1".parse().unwrap()])
            .collect();

        assert_eq!(blocks(&few, 100), few.ranges());
        assert_eq!(blocks(&many, 100), [range("10.0.0.0-10.0.7.207"), range("10.9.0.0-10.9.0.15")]);
    }

    proptest! {
        #[test]
        fn the_parts_of_a_range_are_all_of_it(first: u8, last: u8, bits in 0_u32..9) {
            let (first, last) = (first.min(last), first.max(last));
            let range = range(&format!("10.0.0.{first}-10.0.0.{last}"));
            let grid = grid("10.0.0.0-10.0.0.255", 1 << bits);

            let parts: Vec<_> = grid.parts(range).collect();

            prop_assert_eq!(parts.iter().map(|(_, count)| count).sum::<u128>(), range.count());
            for (index, count) in parts {
                let inside = range.iter().filter(|address| grid.cell(index).contains(*address));
                prop_assert_eq!(inside.count() as u128, count);
            }
        }
    }
}
