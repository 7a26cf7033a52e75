//! The order of probes: a permutation of `0..count` that is computed, not stored.
//!
//! Hosts and ports come in any order, so every slice of probes is a random sample of all of them:
//! what is true of one slice is true of any other, unless packets got lost.

/// The rounds of the network. Four make it a pseudo-random permutation (Luby and Rackoff).
const ROUNDS: usize = 4;

/// A permutation of the numbers below `count`.
#[derive(Clone, Debug)]
pub(super) struct Order {
    count: u64,
    keys: [u64; ROUNDS],
    left_bits: u32,
    right_bits: u32,
}

impl Order {
    /// The permutation of `0..count` that `seed` stands for.
    pub(super) fn new(count: u64, seed: u64) -> Self {
        let bits = (u64::BITS - count.saturating_sub(1).leading_zeros()).max(2);
        let mut chance = Chance::new(seed);
        let keys = std::array::from_fn(|_| chance.next());
        Self { count, keys, left_bits: bits / 2, right_bits: bits - bits / 2 }
    }

    /// Every number below `count`, once.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.count).map(|place| self.at(place))
    }

    /// The same, for whoever has no other use for it.
    pub(super) fn into_iter(self) -> impl Iterator<Item = u64> {
        (0..self.count).map(move |place| self.at(place))
    }

    /// The number that stands at `place`, which is below `count`.
    fn at(&self, place: u64) -> u64 {
        // The network permutes a power of two. Whatever falls outside is sent on until it falls
        // inside, which it does within two steps on average.
        let mut number = self.step(place);
        while number >= self.count {
            number = self.step(number);
        }
        number
    }

    fn step(&self, number: u64) -> u64 {
        let right_mask = (1 << self.right_bits) - 1;
        let left_mask = (1 << self.left_bits) - 1;
        let (mut left, mut right) = (number >> self.right_bits, number & right_mask);
        for pair in self.keys.chunks_exact(2) {
            left ^= mix(right ^ pair[0]) & left_mask;
            right ^= mix(left ^ pair[1]) & right_mask;
        }
        (left << self.right_bits) | right
    }
}

/// `SplitMix64`: numbers that a seed decides.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }
}

fn mix(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_comes_once(count in 0..5_000_u64, seed: u64) {
            let mut numbers: Vec<_> = Order::new(count, seed).iter().collect();
            numbers.sort_unstable();

            prop_assert_eq!(numbers, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_seed_decides_the_order() {
        let order = |seed| Order::new(1000, seed).iter().collect::<Vec<_>>();

        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
    }

    #[test]
    fn every_part_of_the_order_is_a_sample_of_all_hosts() {
        let (hosts, ports) = (16, 65_535);
        let order = Order::new(hosts * ports, 1);
        let mut probes_of = vec![0_u32; 16];

        for number in order.iter().skip(200_000).take(16_000) {
            probes_of[usize::try_from(number / ports).unwrap()] += 1;
        }

        // A thousand each, give or take five standard deviations.
        assert!(probes_of.iter().all(|count| (842..1158).contains(count)), "{probes_of:?}");
    }
}
