//! The plan of a scan: which addresses make a batch, and in which order batches run.
//!
//! The addresses of each family are numbered in ascending order, and batch *n* is the *n*-th slice
//! of that numbering. A shuffled plan runs the batches in the order of a seeded permutation of
//! their numbers, so that a subnet is not met by all workers at once. Nothing is stored per batch:
//! the plan of a /8 takes as much memory as that of one address.

use std::num::NonZeroU32;

use crate::address::{Address, AddressRange, AddressSet};

/// The order in which the batches of a plan run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In an order that looks random and depends on the seed alone.
    Shuffled {
        /// Any number; the same one gives the same order.
        seed: u64,
    },
    /// By address, IPv4 first.
    Ascending,
}

/// How a set of addresses is cut into batches.
#[derive(Clone, Debug)]
pub struct Plan {
    ipv4: Family,
    ipv6: Family,
    order: Order,
}

impl Plan {
    /// A plan over `addresses` with at most `batch_size` of them in a batch.
    ///
    /// Only `::/0` as a whole has more addresses than can be numbered; its last one is left out.
    #[must_use]
    pub fn new(addresses: &AddressSet, batch_size: NonZeroU32, order: Order) -> Self {
        let family = |is_ipv6| Family::new(&addresses.of_family(is_ipv6), batch_size);
        Self { ipv4: family(false), ipv6: family(true), order }
    }

    /// How many batches there are, at most `u64::MAX`.
    #[must_use]
    pub fn batch_count(&self) -> u64 {
        u64::try_from(self.batches_of_both()).unwrap_or(u64::MAX)
    }

    /// The batches in the order in which they are to run. Every address is in one of them; none
    /// holds both IPv4 and IPv6. Lazy: each is made when it is asked for.
    pub fn batches(&self) -> impl Iterator<Item = AddressSet> + '_ {
        let count = self.batches_of_both();
        let permutation = match self.order {
            Order::Shuffled { seed } => Some(Permutation::new(count, seed)),
            Order::Ascending => None,
        };
        (0..count).map(move |place| {
            let number = permutation.as_ref().map_or(place, |permutation| permutation.at(place));
            match number.checked_sub(self.ipv4.batches()) {
                None => self.ipv4.batch(number),
                Some(number) => self.ipv6.batch(number),
            }
        })
    }

    fn batches_of_both(&self) -> u128 {
        self.ipv4.batches().saturating_add(self.ipv6.batches())
    }
}

/// The number of addresses in a batch that keeps `concurrency` workers busy: two batches or more
/// for each, of 16 to 256 addresses. Where that is not possible, the addresses are spread evenly
/// over the workers.
#[must_use]
pub fn suggested_batch_size(count: u128, concurrency: NonZeroU32) -> NonZeroU32 {
    let workers = u128::from(concurrency.get());
    let half_share = count.div_ceil(2 * workers);
    let size = if half_share < 16 { count.div_ceil(workers).min(16) } else { half_share.min(256) };
    let size = u32::try_from(size).expect("at most 256");
    NonZeroU32::new(size).unwrap_or(NonZeroU32::MIN)
}

/// How long a batch is to take: between 30 s and 2 min, so that little is lost with one and little
/// time with starting them.
const GOAL_MS: u64 = 60_000;
/// The most addresses in a batch by themselves, whose ports this program asks side by side.
const MOST_DISCOVERED: u64 = 4_096;

/// The number of addresses in a batch that takes about a minute where `rate` probes per second may
/// be sent over `concurrency` batches, and each address takes `probes_each`.
#[must_use]
pub fn discovered_batch_size(
    count: u128,
    concurrency: NonZeroU32,
    probes_each: u32,
    rate: u64,
) -> NonZeroU32 {
    let workers = u64::from(concurrency.get());
    // A scan of fewer batches than it has places has the rate to itself.
    let probes = rate.saturating_mul(GOAL_MS / 1_000) / workers;
    let size = (probes / u64::from(probes_each.max(1))).clamp(1, MOST_DISCOVERED);
    least(size, count)
}

/// The number of addresses in a batch that takes about a minute where each address of an earlier
/// scan took `address_ms` of the whole scan's time, with as many batches at a time.
#[must_use]
pub fn observed_batch_size(
    count: u128,
    concurrency: NonZeroU32,
    address_ms: u64,
    most: NonZeroU32,
) -> NonZeroU32 {
    let workers = u64::from(concurrency.get());
    let size = GOAL_MS / address_ms.max(1).saturating_mul(workers);
    least(size.clamp(1, most.get().into()), count.div_ceil(workers.into()))
}

fn least(size: u64, count: u128) -> NonZeroU32 {
    let size = u32::try_from(u128::from(size).min(count)).expect("both are small");
    NonZeroU32::new(size).unwrap_or(NonZeroU32::MIN)
}

/// The numbered addresses of one family.
#[derive(Clone, Debug)]
struct Family {
    ranges: Vec<AddressRange>,
    /// The number of the first address of each range, and at the end the number of addresses.
    starts: Vec<u128>,
    batch_size: u128,
}

impl Family {
    fn new(addresses: &AddressSet, batch_size: NonZeroU32) -> Self {
        let mut starts = vec![0];
        for range in addresses.ranges() {
            starts.push(range.count().saturating_add(starts[starts.len() - 1]));
        }
        let batch_size = batch_size.get().into();
        Self { ranges: addresses.ranges().to_vec(), starts, batch_size }
    }

    fn count(&self) -> u128 {
        self.starts[self.starts.len() - 1]
    }

    fn batches(&self) -> u128 {
        self.count().div_ceil(self.batch_size)
    }

    fn batch(&self, number: u128) -> AddressSet {
        let mut at = number * self.batch_size;
        let end = at.saturating_add(self.batch_size).min(self.count());
        let mut index = self.starts.partition_point(|start| *start <= at) - 1;
        let mut parts = Vec::new();
        while at < end {
            let part_end = end.min(self.starts[index + 1]);
            let start = self.starts[index];
            parts.push(part(self.ranges[index], at - start, part_end - 1 - start));
            (at, index) = (part_end, index + 1);
        }
        parts.into_iter().collect()
    }
}

/// The addresses of `range` from the one at `first` to the one at `last`, counted from 0.
fn part(range: AddressRange, first: u128, last: u128) -> AddressRange {
    let at = |offset| Address::new(range.space(), range.first().bits() + offset);
    AddressRange::new(at(first), at(last)).expect("a part ascends")
}

/// An order of the numbers below `length`, computed number by number.
///
/// A Feistel network permutes the numbers of an even count of bits, whatever its round function;
/// numbers that fall outside `length` are permuted again until one falls inside (cycle walking).
/// There are less than four times as many numbers as are wanted, so this ends soon.
struct Permutation {
    length: u128,
    half_bits: u32,
    seed: u64,
}

impl Permutation {
    const ROUNDS: u64 = 4;

    fn new(length: u128, seed: u64) -> Self {
        let bits = u128::BITS - length.saturating_sub(1).leading_zeros();
        Self { length, half_bits: bits.div_ceil(2).max(1), seed }
    }

    fn at(&self, place: u128) -> u128 {
        let mut number = self.permute(place);
        while number >= self.length {
            number = self.permute(number);
        }
        number
    }

    fn permute(&self, number: u128) -> u128 {
        let mask = u64::MAX >> (u64::BITS - self.half_bits);
        let low = |bits: u128| u64::try_from(bits & u128::from(mask)).expect("masked to 64 bits");
        let (mut left, mut right) = (low(number >> self.half_bits), low(number));
        for round in 0..Self::ROUNDS {
            let key = mix(self.seed.wrapping_add(round));
            (left, right) = (right, left ^ (mix(right ^ key) & mask));
        }
        (u128::from(left) << self.half_bits) | u128::from(right)
    }
}

/// Spreads a change of any bit over all bits: one step of `SplitMix64`.
fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::Space;
    use crate::target::TargetList;

    fn set(text: &str) -> AddressSet {
        TargetList::parse(text).addresses(u128::MAX).unwrap()
    }

    fn size(size: u32) -> NonZeroU32 {
        NonZeroU32::new(size).unwrap()
    }

    fn shuffled(text: &str, batch_size: u32, seed: u64) -> Plan {
        Plan::new(&set(text), size(batch_size), Order::Shuffled { seed })
    }

    #[test]
    fn ascending_batches_are_slices_that_do_not_mix_families() {
        let plan =
            Plan::new(&set("10.0.0.0-4 10.9.0.0-2 ::1-::3 fe80::1%a"), size(3), Order::Ascending);

        let batches: Vec<_> = plan.batches().collect();

        let expected = ["10.0.0.0-2", "10.0.0.3-4 10.9.0.0", "10.9.0.1-2", "::1-::3", "fe80::1%a"];
        assert_eq!(batches, expected.map(set));
        assert_eq!(plan.batch_count(), 5);
    }

    #[test]
    fn nothing_to_scan_makes_no_batch() {
        let plan = Plan::new(&AddressSet::new(), size(256), Order::Shuffled { seed: 1 });

        assert_eq!((plan.batch_count(), plan.batches().count()), (0, 0));
    }

    #[test]
    fn the_seed_alone_decides_the_order() {
        let order = |seed| shuffled("10.0.0.0/16", 256, seed).batches().collect::<Vec<_>>();

        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
        assert!(!order(7).is_sorted_by_key(|batch| batch.ranges()[0]));
    }

    #[test]
    fn shuffled_neighbours_are_far_apart() {
        let plan = shuffled("10.0.0.0/8", 256, 1);
        let places: Vec<u128> =
            plan.batches().take(1000).map(|batch| batch.ranges()[0].first().bits() >> 8).collect();

        let near = places.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 256).count();

        // By chance a neighbour is that near in 8 of 1,000 cases.
        assert!(near < 30, "{near} of 1,000");
    }

    #[test]
    fn suggested_sizes_keep_workers_busy_twice_over() {
        let suggested = |count, workers| suggested_batch_size(count, size(workers)).get();

        assert_eq!(suggested(65_536, 4), 256);
        assert_eq!(suggested(256, 4), 32);
        assert_eq!(suggested(128, 4), 16);
        assert_eq!(suggested(100, 4), 16);
        assert_eq!(suggested(40, 8), 5);
        assert_eq!(suggested(3, 8), 1);
        assert_eq!(suggested(0, 8), 1);
        assert_eq!(suggested(u128::MAX, u32::MAX), 256);
    }

    #[test]
    fn batches_of_discovery_take_about_a_minute_and_are_never_large() {
        let suggested =
            |count, ports, rate| discovered_batch_size(count, size(4), ports, rate).get();

        assert_eq!(suggested(65_536, 1_000, 50_000), 750);
        assert_eq!(suggested(256, 1_000, 50_000), 256);
        assert_eq!(suggested(65_536, 65_535, 50_000), 11);
        assert_eq!(suggested(65_536, 10, 50_000), 4_096);
        assert_eq!(suggested(65_536, 1_000, 10), 1);
        assert_eq!(suggested(0, 0, 0), 1);
    }

    #[test]
    fn batches_follow_the_pace_of_an_earlier_scan() {
        let observed =
            |count, address_ms| observed_batch_size(count, size(4), address_ms, size(256));

        assert_eq!(observed(65_536, 100).get(), 150);
        assert_eq!(observed(65_536, 1).get(), 256);
        assert_eq!(observed(65_536, 60_000).get(), 1);
        assert_eq!(observed(100, 100).get(), 25);
    }

    #[test]
    fn every_number_has_one_place() {
        for length in (1..70).chain([255, 256, 257, 4096, 10_007]) {
            let permutation = Permutation::new(length, 5);

            let mut numbers: Vec<_> = (0..length).map(|place| permutation.at(place)).collect();

            numbers.sort_unstable();
            assert_eq!(numbers, (0..length).collect::<Vec<_>>());
        }
    }

    fn some_addresses() -> impl Strategy<Value = AddressSet> {
        let range =
            (any::<bool>(), 0..2000_u128, 0..90_u128).prop_map(|(is_ipv6, first, length)| {
                let space = if is_ipv6 { Space::V6(None) } else { Space::V4 };
                let at = |bits| Address::new(space, bits);
                AddressRange::new(at(first), at(first + length)).unwrap()
            });
        prop::collection::vec(range, 0..20).prop_map(AddressSet::from_iter)
    }

    proptest! {
        #[test]
        fn every_address_is_in_one_batch_of_its_family(
            addresses in some_addresses(),
            batch_size in 1..40_u32,
            seed in prop::option::of(any::<u64>()),
        ) {
            let order = seed.map_or(Order::Ascending, |seed| Order::Shuffled { seed });

            let plan = Plan::new(&addresses, size(batch_size), order);

            let batches: Vec<AddressSet> = plan.batches().collect();
            prop_assert_eq!(batches.len() as u64, plan.batch_count());
            let mut planned: Vec<Address> = batches.iter().flat_map(AddressSet::iter).collect();
            planned.sort_unstable();
            prop_assert_eq!(planned, addresses.iter().collect::<Vec<_>>());
            for batch in &batches {
                prop_assert!((1..=u128::from(batch_size)).contains(&batch.count()));
                prop_assert!(batch.of_family(true).is_empty() || batch.of_family(false).is_empty());
            }
        }
    }
}
