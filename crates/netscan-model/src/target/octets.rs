//! Octet patterns such as `10.0.0-3.1,5`: four lists, one for each octet of an IPv4 address.
//!
//! An octet is `*`, or a list of numbers and ranges. A range may be open: `-3` is `0-3`, `250-` is
//! `250-255`, and `-` is all, as nmap means them. Unlike nmap, leading zeros are rejected.

use std::fmt;

use super::TargetError;
use crate::address::{Address, AddressRange, Space};

/// The most separate ranges that one pattern may fall apart into.
pub const MOST_RANGES_OF_A_PATTERN: u64 = 262_144;

/// The IPv4 addresses that have one of some values in each octet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OctetPattern {
    octets: [Octet; 4],
}

impl OctetPattern {
    /// How many addresses it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.octets.iter().map(Octet::count).product()
    }

    /// Whether `address` is one of them.
    #[must_use]
    pub fn contains(&self, address: Address) -> bool {
        let octets = match address.ip() {
            std::net::IpAddr::V4(ip) => ip.octets(),
            std::net::IpAddr::V6(_) => return false,
        };
        self.octets.iter().zip(octets).all(|(octet, value)| octet.contains(value))
    }

    /// How many ranges [`OctetPattern::ranges`] gives. At most [`MOST_RANGES_OF_A_PATTERN`] in a
    /// pattern that the parser accepted.
    #[must_use]
    pub fn range_count(&self) -> u64 {
        let (before, last) = self.before_the_stars();
        before.iter().map(Octet::count).product::<u64>() * last.runs.len() as u64
    }

    /// Its addresses in ascending order, in ranges that do not overlap.
    pub fn ranges(&self) -> impl Iterator<Item = AddressRange> + use<> {
        let (before, last) = self.before_the_stars();
        let values: Vec<Vec<u8>> = before.iter().map(|octet| octet.values().collect()).collect();
        let runs = last.runs.clone();
        let free_bits = 8 * (3 - before.len());
        (0..self.range_count()).map(move |number| {
            let (mut number, run) = split_off(number, &runs);
            let mut prefix = 0;
            for (place, values) in values.iter().enumerate().rev() {
                let (rest, value) = split_off(number, values);
                number = rest;
                prefix |= u128::from(value) << (8 * (3 - place));
            }
            let first = prefix | (u128::from(run.0) << free_bits);
            let last = prefix | (((u128::from(run.1) + 1) << free_bits) - 1);
            AddressRange::new(Address::new(Space::V4, first), Address::new(Space::V4, last))
                .expect("a run ascends")
        })
    }

    /// The smallest range that holds all of it.
    #[must_use]
    pub fn hull(&self) -> AddressRange {
        let bits = |of: fn(&Octet) -> u8| {
            let octets = self.octets.each_ref().map(of);
            Address::new(Space::V4, u32::from_be_bytes(octets).into())
        };
        AddressRange::new(bits(Octet::lowest), bits(Octet::highest)).expect("runs ascend")
    }

    /// The last octet that is not `*`, whose runs make the ranges, and the octets before it.
    fn before_the_stars(&self) -> (&[Octet], &Octet) {
        let last = self.octets.iter().rposition(|octet| !octet.is_any()).unwrap_or(0);
        (&self.octets[..last], &self.octets[last])
    }

    /// Reads four octets with dots between.
    pub(super) fn parse(text: &str) -> Result<Self, TargetError> {
        let parts: Vec<&str> = text.split('.').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(TargetError::EmptyOctet);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TargetError::BareNumber);
        }
        let octets: Vec<Octet> =
            parts.iter().map(|part| Octet::parse(part)).collect::<Result<_, _>>()?;
        let octets = octets.try_into().map_err(|_| TargetError::WrongOctets)?;
        let pattern = Self { octets };
        let ranges = pattern.range_count();
        if ranges > MOST_RANGES_OF_A_PATTERN {
            return Err(TargetError::TooScattered { ranges, most: MOST_RANGES_OF_A_PATTERN });
        }
        Ok(pattern)
    }
}

/// The item of `items` that a mixed-radix `number` ends with, and the number without that digit.
fn split_off<T: Copy>(number: u64, items: &[T]) -> (u64, T) {
    let length = items.len() as u64;
    let digit = usize::try_from(number % length).expect("below the length of a slice");
    (number / length, items[digit])
}

impl fmt::Display for OctetPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = &self.octets;
        write!(out, "{a}.{b}.{c}.{d}")
    }
}

/// The values of one octet: ascending runs that neither overlap nor touch, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Octet {
    runs: Vec<(u8, u8)>,
}

impl Octet {
    fn is_any(&self) -> bool {
        self.runs == [(0, u8::MAX)]
    }

    fn count(&self) -> u64 {
        self.runs.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    fn contains(&self, value: u8) -> bool {
        self.runs.iter().any(|(first, last)| (first..=last).contains(&&value))
    }

    fn values(&self) -> impl Iterator<Item = u8> + '_ {
        self.runs.iter().flat_map(|(first, last)| *first..=*last)
    }

    fn lowest(&self) -> u8 {
        self.runs.first().expect("an octet has a run").0
    }

    fn highest(&self) -> u8 {
        self.runs.last().expect("an octet has a run").1
    }

    fn parse(text: &str) -> Result<Self, TargetError> {
        if text == "*" {
            return Ok(Self { runs: vec![(0, u8::MAX)] });
        }
        let mut sorted: Vec<(u8, u8)> = text.split(',').map(run).collect::<Result<_, _>>()?;
        sorted.sort_unstable();
        let mut runs: Vec<(u8, u8)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match runs.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => runs.push((first, last)),
            }
        }
        Ok(Self { runs })
    }
}

impl fmt::Display for Octet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return out.write_str("*");
        }
        for (place, (first, last)) in self.runs.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(out, "{comma}{first}")?;
            if first != last {
                write!(out, "-{last}")?;
            }
        }
        Ok(())
    }
}

/// Reads `5`, `1-5`, `-5`, `250-` or `-`.
fn run(text: &str) -> Result<(u8, u8), TargetError> {
    if text.is_empty() {
        return Err(TargetError::EmptyOctet);
    }
    let Some((first, last)) = text.split_once('-') else {
        let value = number(text)?;
        return Ok((value, value));
    };
    if last.contains('-') {
        return Err(TargetError::MalformedOctet { octet: text.to_owned() });
    }
    let first = if first.is_empty() { 0 } else { number(first)? };
    let last = if last.is_empty() { u8::MAX } else { number(last)? };
    if first > last { Err(TargetError::Reversed) } else { Ok((first, last)) }
}

fn number(text: &str) -> Result<u8, TargetError> {
    let octet = text.to_owned();
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TargetError::MalformedOctet { octet });
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(TargetError::LeadingZero { octet });
    }
    text.parse().map_err(|_| TargetError::OctetTooLarge { octet })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> OctetPattern {
        OctetPattern::parse(text).unwrap()
    }

    fn ranges(text: &str) -> Vec<String> {
        pattern(text).ranges().map(|range| range.to_string()).collect()
    }

    #[test]
    fn ranges_come_in_ascending_order_and_join_over_stars() {
        assert_eq!(ranges("10.0.0-1.1,5"), ["10.0.0.1", "10.0.0.5", "10.0.1.1", "10.0.1.5"]);
        assert_eq!(ranges("10.1,3-4.*.*"), ["10.1.0.0-10.1.255.255", "10.3.0.0-10.4.255.255"]);
        assert_eq!(ranges("*.*.*.*"), ["0.0.0.0-255.255.255.255"]);
    }

    #[test]
    fn alternatives_are_sorted_and_joined() {
        assert_eq!(pattern("10.0.0.9,1,3,2,2-5").to_string(), "10.0.0.1-5,9");
        assert_eq!(pattern("9.9.0-,7.250-,-3").to_string(), "9.9.*.0-3,250-255");
        assert_eq!(pattern("9.0-255.-.*").to_string(), "9.*.*.*");
    }

    #[test]
    fn hull_goes_from_the_lowest_to_the_highest_address() {
        assert_eq!(pattern("127.9,1.0-1.*").hull().to_string(), "127.1.0.0-127.9.1.255");
    }

    /// A short list for one octet: the values, and a spelling of them.
    fn list() -> impl Strategy<Value = (BTreeSet<u8>, String)> {
        let run = (any::<u8>(), 0..4_u8, 0..4_u8).prop_map(|(first, length, spelling)| {
            let last = first.saturating_add(length);
            match spelling {
                0 if first < 6 => ((0..=first).collect(), format!("-{first}")),
                1 if first > 250 => ((first..=255).collect(), format!("{first}-")),
                2 => (BTreeSet::from([first]), first.to_string()),
                _ => ((first..=last).collect(), format!("{first}-{last}")),
            }
        });
        prop::collection::vec(run, 1..3).prop_map(|runs| {
            let (values, texts): (Vec<BTreeSet<u8>>, Vec<String>) = runs.into_iter().unzip();
            (values.into_iter().flatten().collect(), texts.join(","))
        })
    }

    fn list_or_star() -> impl Strategy<Value = (BTreeSet<u8>, String)> {
        prop_oneof![4 => list(), 1 => Just(((0..=255).collect(), "*".to_owned()))]
    }

    fn naive(octets: &[(BTreeSet<u8>, String); 4]) -> Vec<Address> {
        let mut addresses = vec![];
        for a in &octets[0].0 {
            for b in &octets[1].0 {
                for c in &octets[2].0 {
                    for d in &octets[3].0 {
                        addresses.push(std::net::IpAddr::V4(Ipv4Addr::new(*a, *b, *c, *d)).into());
                    }
                }
            }
        }
        addresses
    }

    proptest! {
        #[test]
        fn a_pattern_holds_what_four_nested_loops_give(
            (a, b, c, d) in (list(), list(), list(), list_or_star()),
        ) {
            let octets = [a, b, c, d];
            let text = octets.each_ref().map(|octet| octet.1.clone()).join(".");
            let expected = naive(&octets);

            let found = pattern(&text);

            prop_assert_eq!(found.count(), expected.len() as u64);
            prop_assert_eq!(found.range_count(), found.ranges().count() as u64);
            prop_assert!(expected.iter().all(|address| found.contains(*address)));
            prop_assert_eq!(pattern(&found.to_string()), found.clone());
            prop_assert_eq!(found.ranges().flat_map(AddressRange::iter).collect::<Vec<_>>(), expected);
        }
    }
}
