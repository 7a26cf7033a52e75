//! How often something took how long.

use std::time::Duration;

/// The upper bounds of the buckets, in seconds.
const BOUNDS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Times, counted by how long they were.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    /// One more than there are bounds, for what is beyond the last.
    counts: [u64; BOUNDS.len() + 1],
    sum: Duration,
}

impl Histogram {
    pub(super) fn add(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.counts[bucket] += 1;
        self.sum = self.sum.saturating_add(time);
    }

    /// How many were at most as long as each bound, in seconds; none stands for no bound.
    pub(super) fn cumulative(&self) -> impl Iterator<Item = (Option<f64>, u64)> {
        let bounds = BOUNDS.iter().copied().map(Some).chain([None]);
        let counts = self.counts.iter().scan(0, |total, count| {
            *total += count;
            Some(*total)
        });
        bounds.zip(counts)
    }

    /// All times together, in seconds.
    pub(super) fn sum(&self) -> f64 {
        self.sum.as_secs_f64()
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}
