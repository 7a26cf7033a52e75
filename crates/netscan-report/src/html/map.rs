//! The address space as a map: each square is a network of 256 parts, in the order of addresses.
//!
//! As long as few networks are concerned, a part is an address. When they become many, a part
//! becomes a /24, and then a /16: the map stays of one size whatever was scanned.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::Ipv4Addr;

use netscan_model::address::{AddressRange, Space};
use netscan_model::coverage::CoverageRange;
use netscan_model::observation::Host;

use super::charts::key;
use super::markup::escape;
use crate::words::{counted, grouped};

/// Squares before the map becomes coarser. The coarsest may have 256.
const MOST_SQUARES: u32 = 24;
/// IPv6 networks that are listed.
const MOST_NETWORKS: usize = 100;

/// What is drawn.
pub(super) struct Map {
    /// How many bits of an address tell which part it is in: 32, 24 or 16.
    bits: u32,
    /// The parts of each square, by the number of the square.
    squares: BTreeMap<u32, Box<[Part; 256]>>,
    /// The hosts in each /64, and the open ports that they have.
    ipv6: BTreeMap<u64, Part>,
    /// The hosts in /64s beyond those.
    ipv6_beyond: u64,
}

/// What is in a part of the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Part {
    /// Hosts with an open port.
    open: u32,
    /// Hosts that answered.
    up: u32,
    /// Addresses that were not scanned to the end.
    missed: u32,
}

impl Part {
    fn add(&mut self, other: Self) {
        self.open = self.open.saturating_add(other.open);
        self.up = self.up.saturating_add(other.up);
        self.missed = self.missed.saturating_add(other.missed);
    }
}

impl Map {
    /// A map that shows what was not scanned.
    pub(super) fn of(gaps: &[CoverageRange]) -> Self {
        let mut map =
            Self { bits: 32, squares: BTreeMap::new(), ipv6: BTreeMap::new(), ipv6_beyond: 0 };
        for gap in gaps.iter().filter(|gap| gap.addresses.space() == Space::V4) {
            map.miss(gap.addresses);
        }
        map
    }

    /// Marks what was not scanned, part by part.
    fn miss(&mut self, range: AddressRange) {
        let bits = |bits: u128| u32::try_from(bits).expect("an IPv4 address");
        let (mut first, last) = (bits(range.first().bits()), bits(range.last().bits()));
        loop {
            // Marking may make the map coarser, so a part is measured again each time.
            let is_wide = |bits: u32| (last - first) >> (40 - bits) >= MOST_SQUARES;
            while self.bits > 16 && is_wide(self.bits) {
                self.coarsen();
            }
            let end = first | (u32::MAX.checked_shr(self.bits).unwrap_or(0));
            let upto = end.min(last);
            let missed = (upto - first).saturating_add(1);
            self.mark(first, Part { missed, ..Part::default() });
            match upto.checked_add(1) {
                Some(next) if upto < last => first = next,
                _ => return,
            }
        }
    }

    /// Marks a host that answered.
    pub(super) fn add(&mut self, host: &Host) {
        let part = Part {
            open: u32::from(host.open_ports() > 0),
            up: u32::from(!host.timed_out),
            missed: 0,
        };
        match (host.address.space(), u32::try_from(host.address.bits())) {
            (Space::V4, Ok(bits)) => self.mark(bits, part),
            _ => self.mark_ipv6(host.address.bits(), part),
        }
    }

    fn mark(&mut self, address: u32, part: Part) {
        let number = address >> (32 - self.bits);
        let square = self.squares.entry(number >> 8);
        square.or_insert_with(|| Box::new([Part::default(); 256]))[(number & 255) as usize]
            .add(part);
        while self.squares.len() > MOST_SQUARES as usize && self.bits > 16 {
            self.coarsen();
        }
    }

    fn mark_ipv6(&mut self, address: u128, part: Part) {
        let network = u64::try_from(address >> 64).expect("64 bits are left");
        if self.ipv6.len() < MOST_NETWORKS || self.ipv6.contains_key(&network) {
            self.ipv6.entry(network).or_default().add(part);
        } else {
            self.ipv6_beyond += 1;
        }
    }

    /// Makes each square a part of a square.
    fn coarsen(&mut self) {
        self.bits -= 8;
        let fine = std::mem::take(&mut self.squares);
        for (number, parts) in fine {
            let mut sum = Part::default();
            parts.iter().for_each(|part| sum.add(*part));
            let square = self.squares.entry(number >> 8);
            square.or_insert_with(|| Box::new([Part::default(); 256]))[(number & 255) as usize]
                .add(sum);
        }
    }

    /// Whether there is anything to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.squares.is_empty() && self.ipv6.is_empty()
    }

    /// The map, with what its colours mean.
    pub(super) fn write(&self, page: &mut impl Write) -> io::Result<()> {
        if !self.squares.is_empty() {
            let (square, part) = match self.bits {
                32 => ("/24", "an address"),
                24 => ("/16", "a /24"),
                _ => ("/8", "a /16"),
            };
            writeln!(
                page,
                "<p class=\"note\">Each square is a {square}, each of its 256 parts {part}, row by row.</p>\n\
                 <ul class=\"nets\">"
            )?;
            for (number, parts) in &self.squares {
                self.square(*number, parts, page)?;
            }
            writeln!(page, "</ul>")?;
            self.legend(page)?;
        }
        self.write_ipv6(page)
    }

    fn square(&self, number: u32, parts: &[Part; 256], page: &mut impl Write) -> io::Result<()> {
        let prefix = self.bits - 8;
        let name = format!("{}/{prefix}", Ipv4Addr::from_bits(number << (32 - prefix)));
        let up = counted(parts.iter().map(|part| u64::from(part.up)).sum(), "host", "hosts");
        writeln!(
            page,
            "<li><p>{name}<br><span class=\"note\">{up}</span></p>\
             <svg viewBox=\"0 0 144 144\" role=\"img\" aria-label=\"{name}: {up}\">\
             <rect class=\"grid\" width=\"144\" height=\"144\"/>"
        )?;
        for class in ["o1", "o2", "o3", "missed"] {
            let mut path = String::new();
            for place in (0..256).filter(|place| self.class(parts[*place]) == Some(class)) {
                let (x, y) = (place % 16 * 9, place / 16 * 9);
                write!(path, "M{x} {y}h8v8h-8z").expect("a text takes all");
            }
            if !path.is_empty() {
                writeln!(page, "<path class=\"{class}\" d=\"{path}\"/>")?;
            }
        }
        writeln!(page, "</svg></li>")
    }

    /// What a part looks like: an address by what it has, a network by how many hosts.
    fn class(&self, part: Part) -> Option<&'static str> {
        let Part { open, up, missed } = part;
        match (self.bits, up) {
            (_, 0) => (missed > 0).then_some("missed"),
            (32, _) => Some(if open > 0 { "o1" } else { "o3" }),
            (_, 1..4) => Some("o3"),
            (_, 4..32) => Some("o2"),
            (_, _) => Some("o1"),
        }
    }

    fn legend(&self, page: &mut impl Write) -> io::Result<()> {
        let meanings: &[(&str, &str)] = if self.bits == 32 {
            &[("o1", "answered, with open ports"), ("o3", "answered, none open")]
        } else {
            &[("o3", "1 to 3 hosts answered"), ("o2", "4 to 31"), ("o1", "32 or more")]
        };
        let rest = [("missed", "not scanned to the end"), ("grid", "no answer, or not asked")];
        writeln!(page, "<ul class=\"legend\">")?;
        for (class, meaning) in meanings.iter().chain(&rest) {
            writeln!(page, "<li>{}{meaning}</li>", key(class))?;
        }
        writeln!(page, "</ul>")
    }

    fn write_ipv6(&self, page: &mut impl Write) -> io::Result<()> {
        if self.ipv6.is_empty() {
            return Ok(());
        }
        writeln!(page, "<h3>IPv6 networks</h3>\n<ul class=\"legend\">")?;
        for (network, part) in &self.ipv6 {
            let network = std::net::Ipv6Addr::from_bits(u128::from(*network) << 64);
            let hosts = counted(part.up.into(), "host", "hosts");
            writeln!(
                page,
                "<li>{}/64: {hosts}, {} with open ports</li>",
                escape(&network.to_string()),
                part.open
            )?;
        }
        if self.ipv6_beyond > 0 {
            writeln!(page, "<li>and {} hosts in other networks</li>", grouped(self.ipv6_beyond))?;
        }
        writeln!(page, "</ul>")
    }
}

#[cfg(test)]
mod tests {
    use netscan_model::coverage::CoverageState;

    use super::*;

    fn gap(addresses: &str) -> CoverageRange {
        let addresses = addresses.parse().unwrap();
        CoverageRange { addresses, state: CoverageState::Failed, reason: String::new() }
    }

    fn missed(map: &Map) -> u64 {
        map.squares.values().flat_map(|parts| parts.iter()).map(|part| u64::from(part.missed)).sum()
    }

    #[test]
    fn a_gap_is_marked_address_by_address_across_networks() {
        let map = Map::of(&[gap("10.0.0.254-10.0.1.1")]);

        assert_eq!((map.bits, map.squares.len(), missed(&map)), (32, 2, 4));
        assert_eq!(map.squares[&0x0a_00_01][1].missed, 1);
    }

    #[test]
    fn the_whole_address_space_is_still_a_map() {
        let map = Map::of(&[gap("0.0.0.0-255.255.255.255")]);

        assert_eq!((map.bits, map.squares.len(), missed(&map)), (16, 256, 1 << 32));
        let map = Map::of(&[gap("10.0.0.0-10.255.255.255")]);
        assert_eq!((map.bits, map.squares.len(), missed(&map)), (16, 1, 1 << 24));
        let map = Map::of(&[gap("10.0.0.0-10.0.255.255")]);
        assert_eq!((map.bits, map.squares.len(), missed(&map)), (24, 1, 1 << 16));
    }

    #[test]
    fn a_map_becomes_coarser_when_networks_become_many() {
        let mut map = Map::of(&[]);
        for number in 0..100_u32 {
            map.mark(number << 8 | 7, Part { up: 1, ..Part::default() });
        }

        assert_eq!((map.bits, map.squares.len()), (24, 1));
        assert_eq!(map.squares[&0].iter().filter(|part| part.up == 1).count(), 100);
    }
}
