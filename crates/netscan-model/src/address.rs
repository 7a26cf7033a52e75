//! Addresses and sets of them: the arithmetic under targets, scope, plan and coverage.
//!
//! A set is a sorted list of disjoint ranges, so a /8 costs as much as a single address and no
//! operation here walks over addresses one by one, except [`AddressSet::iter`].
//! What a user may write, and what may be scanned, is decided in [`crate::target`] and
//! [`crate::scope`].

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The interface that a link-local IPv6 address belongs to, such as `eth0` in `fe80::1%eth0`
/// (RFC 4007, section 11).
///
/// At most 15 bytes, the longest interface name that Linux knows (`IFNAMSIZ` less its NUL).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone {
    bytes: [u8; 15],
    length: u8,
}

impl Zone {
    /// The zone's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("a zone is ASCII")
    }
}

impl FromStr for Zone {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let starts_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if text.len() > 15 || !starts_well || !text.bytes().all(is_legal) {
            return Err(InvalidAddress { text: text.to_owned() });
        }
        let mut bytes = [0; 15];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { bytes, length: u8::try_from(text.len()).expect("checked above") })
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), out)
    }
}

/// The number line that an address lies on. Ranges never cross from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// All IPv4 addresses.
    V4,
    /// All IPv6 addresses, seen from one interface if a zone is given.
    V6(Option<Zone>),
}

impl Space {
    /// The bits of the highest address.
    #[must_use]
    pub fn highest(self) -> u128 {
        match self {
            Space::V4 => u128::from(u32::MAX),
            Space::V6(_) => u128::MAX,
        }
    }

    /// The number of bits in an address: 32 or 128.
    #[must_use]
    pub fn width(self) -> u32 {
        match self {
            Space::V4 => 32,
            Space::V6(_) => 128,
        }
    }
}

/// One IPv4 or IPv6 address, with its zone if it has one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    space: Space,
    bits: u128,
}

impl Address {
    /// The address at `bits` of `space`; for IPv4 only the low 32 bits count.
    #[must_use]
    pub fn new(space: Space, bits: u128) -> Self {
        Self { space, bits: bits & space.highest() }
    }

    /// The number line that it lies on.
    #[must_use]
    pub fn space(self) -> Space {
        self.space
    }

    /// The address as a number.
    #[must_use]
    pub fn bits(self) -> u128 {
        self.bits
    }

    /// Whether it is an IPv6 address.
    #[must_use]
    pub fn is_ipv6(self) -> bool {
        self.space != Space::V4
    }

    /// The address without its zone.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        match self.space {
            Space::V4 => {
                IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(self.bits).expect("masked in new")))
            }
            Space::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(self.bits)),
        }
    }

    /// The zone, for an IPv6 address that was written with one.
    #[must_use]
    pub fn zone(self) -> Option<Zone> {
        match self.space {
            Space::V4 => None,
            Space::V6(zone) => zone,
        }
    }

    /// The same address seen from `zone`; an IPv4 address stays as it is.
    #[must_use]
    pub fn with_zone(self, zone: Option<Zone>) -> Self {
        match self.space {
            Space::V4 => self,
            Space::V6(_) => Self { space: Space::V6(zone), bits: self.bits },
        }
    }

    /// Bytes that sort as addresses do: a family byte, the address in network order, the zone.
    #[must_use]
    pub fn to_key(self) -> Vec<u8> {
        match self.ip() {
            IpAddr::V4(ip) => [&[4][..], &ip.octets()].concat(),
            IpAddr::V6(ip) => {
                let zone = self.zone();
                let zone = zone.as_ref().map_or("", Zone::as_str);
                [&[6][..], &ip.octets(), zone.as_bytes()].concat()
            }
        }
    }

    /// The address that [`Address::to_key`] was called on, or nothing if these are other bytes.
    #[must_use]
    pub fn from_key(key: &[u8]) -> Option<Self> {
        match key.split_first()? {
            (4, octets) => {
                let octets: [u8; 4] = octets.try_into().ok()?;
                Some(IpAddr::from(octets).into())
            }
            (6, rest) => {
                let (octets, zone) = rest.split_at_checked(16)?;
                let octets: [u8; 16] = octets.try_into().ok()?;
                let address = Address::from(IpAddr::from(octets));
                if zone.is_empty() {
                    return Some(address);
                }
                let zone = std::str::from_utf8(zone).ok()?.parse().ok()?;
                Some(address.with_zone(Some(zone)))
            }
            _ => None,
        }
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self { space: Space::V4, bits: ip.to_bits().into() },
            IpAddr::V6(ip) => Self { space: Space::V6(None), bits: ip.to_bits() },
        }
    }
}

/// A text that is not an address, or not a range of addresses, in canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an address")]
pub struct InvalidAddress {
    /// What was read.
    pub text: String,
}

impl FromStr for Address {
    type Err = InvalidAddress;

    /// Reads dotted quad or RFC 4291 text, with `%zone` behind an IPv6 address.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAddress { text: text.to_owned() };
        match text.split_once('%') {
            None => Ok(text.parse::<IpAddr>().map_err(|_| invalid())?.into()),
            Some((ip, zone)) => {
                let ip: Ipv6Addr = ip.parse().map_err(|_| invalid())?;
                let zone = zone.parse().map_err(|_| invalid())?;
                Ok(Address::from(IpAddr::V6(ip)).with_zone(Some(zone)))
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.zone() {
            None => write!(out, "{}", self.ip()),
            Some(zone) => write!(out, "{}%{}", self.ip(), zone.as_str()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The addresses from `first` to `last`, both included, on one number line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressRange {
    space: Space,
    first: u128,
    last: u128,
}

impl AddressRange {
    /// The range from one address to another.
    ///
    /// Nothing comes back when `first` is above `last`, or when they differ in family or zone.
    #[must_use]
    pub fn new(first: Address, last: Address) -> Option<Self> {
        let is_sound = first.space == last.space && first.bits <= last.bits;
        is_sound.then_some(Self { space: first.space, first: first.bits, last: last.bits })
    }

    /// The network that `address` lies in, with `prefix` leading bits fixed: its first and its
    /// last address included, as nmap does. Host bits of `address` are cleared.
    ///
    /// Nothing comes back for a prefix longer than the address.
    #[must_use]
    pub fn network(address: Address, prefix: u32) -> Option<Self> {
        let space = address.space;
        let host_bits = space.width().checked_sub(prefix)?;
        let mask = if host_bits == 128 { u128::MAX } else { (1 << host_bits) - 1 };
        Some(Self { space, first: address.bits & !mask, last: address.bits | mask })
    }

    /// The lowest address.
    #[must_use]
    pub fn first(self) -> Address {
        Address { space: self.space, bits: self.first }
    }

    /// The highest address.
    #[must_use]
    pub fn last(self) -> Address {
        Address { space: self.space, bits: self.last }
    }

    /// The address before the lowest, if there is one.
    #[must_use]
    pub fn before(self) -> Option<Address> {
        Some(Address { space: self.space, bits: self.first.checked_sub(1)? })
    }

    /// The number line that it lies on.
    #[must_use]
    pub fn space(self) -> Space {
        self.space
    }

    /// How many addresses it holds, at least one. `::/0` has one more than a `u128` can say, and
    /// answers `u128::MAX`.
    #[must_use]
    pub fn count(self) -> u128 {
        (self.last - self.first).saturating_add(1)
    }

    /// The prefix of the network that the range is, if it is one.
    #[must_use]
    pub fn prefix(self) -> Option<u32> {
        let around = self.around();
        (around == self).then(|| self.common_bits())
    }

    /// The smallest network that holds it.
    #[must_use]
    pub fn around(self) -> Self {
        let network = Self::network(self.first(), self.common_bits());
        network.expect("addresses have at most all of their bits in common")
    }

    /// How many leading bits its addresses have in common.
    fn common_bits(self) -> u32 {
        self.space.width() - (u128::BITS - (self.first ^ self.last).leading_zeros())
    }

    /// Whether `address` lies in it.
    #[must_use]
    pub fn contains(self, address: Address) -> bool {
        self.space == address.space && (self.first..=self.last).contains(&address.bits)
    }

    /// Its `length` addresses from the one at `offset`; the caller keeps both inside the range.
    fn part(self, offset: u128, length: u128) -> Self {
        let first = self.first + offset;
        Self { space: self.space, first, last: first + (length - 1) }
    }

    /// Every address in it, in ascending order.
    pub fn iter(self) -> impl Iterator<Item = Address> {
        (self.first..=self.last).map(move |bits| Address { space: self.space, bits })
    }
}

impl From<Address> for AddressRange {
    fn from(address: Address) -> Self {
        Self { space: address.space, first: address.bits, last: address.bits }
    }
}

impl FromStr for AddressRange {
    type Err = InvalidAddress;

    /// Reads what [`fmt::Display`] writes: `a` or `a-b`, both in full.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAddress { text: text.to_owned() };
        // A zone may hold a hyphen, an address may not: the range's hyphen is the one whose both
        // sides are addresses.
        if let Ok(address) = text.parse::<Address>() {
            return Ok(address.into());
        }
        text.match_indices('-')
            .find_map(|(at, _)| Self::new(text[..at].parse().ok()?, text[at + 1..].parse().ok()?))
            .ok_or_else(invalid)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return write!(out, "{}", self.first());
        }
        write!(out, "{}-{}", self.first(), self.last())
    }
}

impl fmt::Debug for AddressRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A set of addresses, kept as sorted ranges that neither overlap nor touch.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct AddressSet {
    ranges: Vec<AddressRange>,
}

impl AddressSet {
    /// The set without an address.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it holds no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many addresses it holds, at most `u128::MAX`.
    #[must_use]
    pub fn count(&self) -> u128 {
        self.ranges.iter().fold(0, |sum: u128, range| sum.saturating_add(range.count()))
    }

    /// Its ranges in ascending order, IPv4 first.
    #[must_use]
    pub fn ranges(&self) -> &[AddressRange] {
        &self.ranges
    }

    /// Every address in ascending order. Lazy, so that a /8 can be begun.
    pub fn iter(&self) -> impl Iterator<Item = Address> + '_ {
        self.ranges.iter().flat_map(|range| range.iter())
    }

    /// Whether `address` is in it.
    #[must_use]
    pub fn contains(&self, address: Address) -> bool {
        let after = self
            .ranges
            .partition_point(|range| (range.space, range.first) <= (address.space, address.bits));
        after > 0 && self.ranges[after - 1].contains(address)
    }

    /// Whether every address of `other` is in it.
    #[must_use]
    pub fn contains_all(&self, other: &Self) -> bool {
        other.subtract(self).is_empty()
    }

    /// The addresses in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.ranges.iter().chain(&other.ranges).copied().collect()
    }

    /// The addresses in this set that are not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len());
        let mut holes = other.ranges.iter().peekable();
        for range in &self.ranges {
            let mut rest = Some(*range);
            while let (Some(left), Some(hole)) = (rest, holes.peek()) {
                if (hole.space, hole.last) < (left.space, left.first) {
                    holes.next();
                } else if (hole.space, hole.first) > (left.space, left.last) {
                    break;
                } else {
                    if hole.first > left.first {
                        ranges.push(AddressRange { last: hole.first - 1, ..left });
                    }
                    rest = (hole.last < left.last)
                        .then(|| AddressRange { first: hole.last + 1, ..left });
                }
            }
            ranges.extend(rest);
        }
        Self { ranges }
    }

    /// The addresses in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        self.subtract(&self.subtract(other))
    }

    /// The addresses of one family: IPv6 or IPv4.
    #[must_use]
    pub fn of_family(&self, is_ipv6: bool) -> Self {
        let ranges = self.ranges.iter().filter(|range| range.first().is_ipv6() == is_ipv6);
        Self { ranges: ranges.copied().collect() }
    }

    /// The `length` addresses that follow the first `offset`, fewer at the end.
    #[must_use]
    pub fn slice(&self, offset: u128, length: u128) -> Self {
        let (mut skip, mut wanted) = (offset, length);
        let mut ranges = Vec::new();
        for range in &self.ranges {
            if wanted == 0 {
                break;
            }
            if skip >= range.count() {
                skip -= range.count();
                continue;
            }
            let taken = wanted.min(range.count() - skip);
            ranges.push(range.part(skip, taken));
            (skip, wanted) = (0, wanted - taken);
        }
        Self { ranges }
    }

    /// The set cut into `parts` sets of nearly the same size, in ascending order. Fewer come back
    /// when there are fewer addresses than parts.
    #[must_use]
    pub fn cut(&self, parts: u128) -> Vec<Self> {
        let count = self.count();
        let parts = parts.clamp(1, count.max(1));
        let bound = |part: u128| count / parts * part + (count % parts).min(part);
        (0..parts)
            .map(|part| self.slice(bound(part), bound(part + 1) - bound(part)))
            .filter(|set| !set.is_empty())
            .collect()
    }
}

impl FromIterator<AddressRange> for AddressSet {
    fn from_iter<I: IntoIterator<Item = AddressRange>>(ranges: I) -> Self {
        let mut sorted: Vec<_> = ranges.into_iter().collect();
        sorted.sort_unstable();
        let mut ranges: Vec<AddressRange> = Vec::with_capacity(sorted.len());
        for range in sorted {
            match ranges.last_mut() {
                Some(before)
                    if before.space == range.space
                        && range.first <= before.last.saturating_add(1) =>
                {
                    before.last = before.last.max(range.last);
                }
                _ => ranges.push(range),
            }
        }
        Self { ranges }
    }
}

impl FromIterator<Address> for AddressSet {
    fn from_iter<I: IntoIterator<Item = Address>>(addresses: I) -> Self {
        addresses.into_iter().map(AddressRange::from).collect()
    }
}

impl FromStr for AddressSet {
    type Err = InvalidAddress;

    /// Reads what [`fmt::Display`] writes: ranges with commas between, or nothing.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self::new());
        }
        text.split(',').map(AddressRange::from_str).collect()
    }
}

impl fmt::Display for AddressSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, range) in self.ranges.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(out, "{comma}{range}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for AddressSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{{{self}}}")
    }
}

macro_rules! serialize_as_text {
    ($($type:ty),*) => { $(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )* };
}

serialize_as_text!(Address, AddressRange, AddressSet);

#[cfg(feature = "schema")]
macro_rules! text_schema {
    ($($type:ident, $description:literal, $example:literal;)*) => { $(
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some($description))
                    .examples([$example])
                    .into()
            }
        }

        impl utoipa::ToSchema for $type {}
    )* };
}

#[cfg(feature = "schema")]
text_schema! {
    Address, "An IPv4 or IPv6 address, with its zone behind `%` if it has one.", "192.0.2.1";
    AddressRange, "An address, or the first and the last of a range.", "192.0.2.0-192.0.2.255";
    AddressSet, "Addresses and ranges with commas between them.", "192.0.2.1,192.0.2.8-192.0.2.15";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(text: &str) -> AddressSet {
        text.parse().unwrap()
    }

    #[test]
    fn touching_and_overlapping_ranges_become_one() {
        let merged = set("10.0.0.5-10.0.0.9,10.0.0.1-10.0.0.4,10.0.0.8-10.0.0.20");

        assert_eq!(merged.to_string(), "10.0.0.1-10.0.0.20");
    }

    #[test]
    fn a_range_ends_where_its_family_or_zone_ends() {
        let mixed = set("255.255.255.255,::,fe80::1%a-b-fe80::2%a-b,fe80::3");

        assert_eq!(mixed.ranges().len(), 4);
        assert_eq!(mixed.to_string().parse::<AddressSet>().unwrap(), mixed);
    }

    #[test]
    fn a_range_has_a_smallest_network_around_it() {
        let range = |text: &str| text.parse::<AddressRange>().unwrap();

        for (inside, network, prefix) in [
            ("10.0.0.1", "10.0.0.1", 32),
            ("10.0.0.4-10.0.0.7", "10.0.0.4-10.0.0.7", 30),
            ("10.0.0.1-10.0.0.4", "10.0.0.0-10.0.0.7", 29),
            ("0.0.0.0-255.255.255.255", "0.0.0.0-255.255.255.255", 0),
            ("fe80::1%eth0-fe80::2%eth0", "fe80::%eth0-fe80::3%eth0", 126),
        ] {
            assert_eq!(range(inside).around(), range(network), "{inside}");
            assert_eq!(range(network).prefix(), Some(prefix), "{network}");
        }
        assert_eq!(range("10.0.0.1-10.0.0.4").prefix(), None);
    }

    #[test]
    fn the_whole_of_ipv6_counts_as_the_largest_number() {
        let everything = AddressRange::network("::".parse().unwrap(), 0).unwrap();

        assert_eq!(everything.count(), u128::MAX);
        assert!(AddressSet::from_iter([everything]).contains("ffff::".parse().unwrap()));
    }

    #[test]
    fn keys_sort_as_addresses_do_and_come_back() {
        let ascending = ["9.0.0.0", "10.0.0.1", "::1", "fe80::1", "fe80::1%a", "fe80::2"];
        let keys = ascending.map(|text| text.parse::<Address>().unwrap().to_key());

        assert!(keys.is_sorted());
        assert_eq!(keys.map(|key| Address::from_key(&key).unwrap().to_string()), ascending);
        assert_eq!(Address::from_key(&[6, 1]), None);
    }

    #[test]
    fn a_cut_gives_parts_of_nearly_the_same_size() {
        let parts = set("10.0.0.0-10.0.0.9,10.9.0.0").cut(3);

        assert_eq!(
            parts,
            [set("10.0.0.0-10.0.0.3"), set("10.0.0.4-10.0.0.7"), set("10.0.0.8-10.0.0.9,10.9.0.0")]
        );
        assert_eq!(set("10.0.0.1").cut(9), [set("10.0.0.1")]);
        assert!(AddressSet::new().cut(2).is_empty());
    }

    /// Small numbers on two number lines, so that random sets meet often.
    fn some_ranges() -> impl Strategy<Value = Vec<(bool, u8, u8)>> {
        prop::collection::vec((any::<bool>(), 0..40_u8, 0..12_u8), 0..8)
    }

    fn range((is_ipv6, first, length): (bool, u8, u8)) -> AddressRange {
        let space = if is_ipv6 { Space::V6(None) } else { Space::V4 };
        let at = |bits: u8| Address::new(space, bits.into());
        AddressRange::new(at(first), at(first + length)).unwrap()
    }

    fn naive(ranges: &[(bool, u8, u8)]) -> BTreeSet<Address> {
        ranges.iter().flat_map(|parts| range(*parts).iter().collect::<Vec<_>>()).collect()
    }

    fn listed(set: &AddressSet) -> BTreeSet<Address> {
        set.iter().collect()
    }

    proptest! {
        #[test]
        fn set_arithmetic_agrees_with_naive_sets(a in some_ranges(), b in some_ranges(), at in 0..60_u8) {
            let (left, right) = (naive(&a), naive(&b));
            let ours: AddressSet = a.into_iter().map(range).collect();
            let theirs: AddressSet = b.into_iter().map(range).collect();
            let address = Address::new(Space::V4, at.into());

            prop_assert_eq!(listed(&ours), left.clone());
            prop_assert_eq!(ours.count(), left.len() as u128);
            prop_assert_eq!(ours.contains(address), left.contains(&address));
            prop_assert_eq!(listed(&ours.union(&theirs)), &left | &right);
            prop_assert_eq!(listed(&ours.subtract(&theirs)), &left - &right);
            prop_assert_eq!(listed(&ours.intersect(&theirs)), &left & &right);
            prop_assert_eq!(ours.to_string().parse::<AddressSet>().unwrap(), ours.clone());
            let slice: Vec<_> = left.iter().copied().skip(at.into()).take(7).collect();
            prop_assert_eq!(ours.slice(at.into(), 7).iter().collect::<Vec<_>>(), slice);
            let cut: AddressSet = ours.cut(3).iter().flat_map(|part| part.ranges().to_vec()).collect();
            prop_assert_eq!(cut, ours);
        }
    }
}
