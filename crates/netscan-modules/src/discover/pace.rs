//! How fast: a bucket that no second may overflow, and a rate that follows what arrives.
//!
//! Probes are sent in slices of 10 ms, in random order. So every slice is a sample of the same
//! hosts and ports, and the same share of it is answered, unless packets get lost or stay away too
//! long. A share below that of other slices therefore means: too fast.
//!
//! ```text
//!   slice 0 ─ slice 1 ─ slice 2 ─ …     sent by the sender, answers counted by the listener
//!              └── two round trips ──▶ judged: as many answers as before? faster : slower
//! ```
//!
//! Answers that stand in queues count as missing, too: before a queue overflows, it is long.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

/// How long probes are sent for before their answers are counted together.
pub(super) const SLICE: Duration = Duration::from_millis(10);
/// Probes per second to begin with.
const FIRST_RATE: f64 = 50_000.0;
/// Probes per second at most. Two cores do not send more.
const HIGHEST_RATE: f64 = 1_000_000.0;
/// Probes per second at least: a host that answers less than this is slow, not the network.
const LOWEST_RATE: f64 = 500.0;
/// The longest that may be sent at once, as a part of a second: 2 % of what a second allows.
const BURST_SECONDS: f64 = 0.02;
/// How many judged slices a slice is compared with.
const MEMORY: usize = 48;
/// How many standard deviations below the best share are no chance.
const SIGMAS: f64 = 4.0;
/// What share more may be missing before it counts, for what is not random.
const TOLERANCE: f64 = 0.02;
/// Fewer probes than these tell nothing.
const FEWEST_PROBES: u32 = 64;

/// Lets packets through so that no second has more of them than the rate.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    tokens: f64,
    filled_at: Duration,
}

impl Bucket {
    /// A bucket that holds one packet.
    pub(super) fn new(now: Duration) -> Self {
        Self { tokens: 1.0, filled_at: now }
    }

    /// Fills up for the time that has passed, and tells how many packets may go.
    pub(super) fn fill(&mut self, rate: f64, now: Duration) -> usize {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = now;
        let room = (rate * BURST_SECONDS).max(1.0);
        self.tokens = (self.tokens + passed * rate).min(room);
        whole(self.tokens)
    }

    /// Packets that went, ours and those that the kernel sent on its own.
    pub(super) fn take(&mut self, packets: usize) {
        self.tokens -= float(packets);
    }

    /// How long until the next one may go.
    pub(super) fn wait(&self, rate: f64) -> Duration {
        Duration::from_secs_f64(((1.0 - self.tokens) / rate).clamp(0.0, 1.0))
    }
}

/// What became of one slice, after its answers had time to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slice {
    pub(super) sent: u32,
    pub(super) answered: u32,
    /// Whether it was begun after the last change of the rate had taken hold.
    pub(super) is_current: bool,
    /// Whether its answers were given more time than they should need. Then nothing speaks for
    /// more.
    is_late: bool,
}

impl Slice {
    /// A slice whose answers came in good time.
    pub(super) fn new(sent: u32, answered: u32, is_current: bool) -> Self {
        Self { sent, answered, is_current, is_late: false }
    }

    /// The same after more time.
    pub(super) fn after_more_time(self) -> Self {
        Self { is_late: true, ..self }
    }

    fn share(self) -> f64 {
        f64::from(self.answered) / f64::from(self.sent)
    }
}

/// What a slice made of the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Faster,
    Slower,
}

/// The rate, as one slice after the other is judged.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    rate: f64,
    highest: f64,
    /// Whether nothing was lost yet: then the rate doubles.
    is_starting: bool,
    /// The slices judged last.
    recent: VecDeque<Slice>,
    /// Too few to be judged alone.
    gathered: Option<Slice>,
    /// How often in a row the rate was raised.
    raises: i32,
    /// How often the rate was lowered.
    slowdowns: u32,
    fastest: f64,
    /// Packets per second that really went last.
    achieved: f64,
}

impl Pace {
    /// The pace at the beginning, never above `max_rate`.
    pub(super) fn new(max_rate: Option<NonZeroU32>) -> Self {
        let highest = max_rate.map_or(HIGHEST_RATE, |rate| f64::from(rate.get()));
        let rate = FIRST_RATE.min(highest);
        Self {
            rate,
            highest,
            is_starting: true,
            recent: VecDeque::new(),
            gathered: None,
            raises: 0,
            slowdowns: 0,
            fastest: rate,
            achieved: HIGHEST_RATE,
        }
    }

    /// Packets per second now.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// How often it had to slow down.
    pub(super) fn slowdowns(&self) -> u32 {
        self.slowdowns
    }

    /// The most that it allowed.
    pub(super) fn fastest(&self) -> u32 {
        u32::try_from(whole(self.fastest)).unwrap_or(u32::MAX)
    }

    /// Other probes follow, of which another share is answered.
    pub(super) fn begin_round(&mut self) {
        self.recent.clear();
        self.gathered = None;
    }

    /// Whether it would be better to wait for more answers to a slice before it is judged.
    pub(super) fn is_worth_waiting(&self, slice: Slice) -> bool {
        self.usual_share().is_some_and(|usual| is_short(slice, usual))
    }

    /// Changes the rate by what became of a slice. `answers_per_second` are those that come in now.
    pub(super) fn judge(&mut self, slice: Slice, answers_per_second: f64) -> Change {
        let Some(slice) = self.gather(slice) else { return Change::None };
        let usual = self.usual_share();
        let is_short = usual.is_some_and(|usual| is_short(slice, usual));
        self.recent.push_back(slice);
        if self.recent.len() > MEMORY {
            self.recent.pop_front();
        }
        if !slice.is_current {
            return Change::None;
        }
        if is_short {
            self.fall_back(answers_per_second / usual.unwrap_or(1.0));
            Change::Slower
        } else if slice.is_late {
            Change::None
        } else {
            self.speed_up();
            Change::Faster
        }
    }

    /// So many packets went within that time.
    pub(super) fn note_sent(&mut self, packets: u32, took: Duration) {
        if packets >= FEWEST_PROBES {
            self.achieved = f64::from(packets) / took.max(SLICE).as_secs_f64();
        }
    }

    /// What was lost is asked for again and again: half of it is enough.
    pub(super) fn ease(&mut self) {
        self.fall_back(self.rate * 0.6);
    }

    /// The kernel would not take more.
    pub(super) fn slow_down(&mut self) {
        self.fall_back(self.rate * 0.7);
    }

    /// Goes on a little below what the network carries.
    fn fall_back(&mut self, carried: f64) {
        self.is_starting = false;
        self.slowdowns += 1;
        self.raises = 0;
        let carried = carried.clamp(self.rate * 0.6, self.rate);
        self.rate = (carried * 0.85).max(LOWEST_RATE.min(self.highest));
    }

    fn speed_up(&mut self) {
        // Slowly at first, for the limit is near; then faster and faster, for it seems to be gone.
        let factor =
            if self.is_starting { 2.0 } else { 1.1 + 0.05 * f64::from(self.raises.min(18)) };
        self.raises += 1;
        // What the machine could not send says nothing of what the network would carry.
        let proven = (2.0 * self.achieved).max(self.rate);
        self.rate = (self.rate * factor).min(proven).min(self.highest);
        self.fastest = self.fastest.max(self.rate);
    }

    /// Adds up slices until they are enough to be judged.
    fn gather(&mut self, slice: Slice) -> Option<Slice> {
        let before = self.gathered.take();
        let together = before.map_or(slice, |before| Slice {
            sent: before.sent + slice.sent,
            answered: before.answered + slice.answered,
            ..slice
        });
        if together.sent < FEWEST_PROBES {
            self.gathered = Some(together);
            return None;
        }
        Some(together)
    }

    /// The share of probes that is answered when nothing is lost.
    fn usual_share(&self) -> Option<f64> {
        // The best of many samples is better than they all are on average, so the upper quarter
        // is what a slice must keep up with.
        let mut shares: Vec<f64> = self.recent.iter().map(|slice| slice.share()).collect();
        shares.sort_unstable_by(f64::total_cmp);
        shares.get(shares.len() * 3 / 4).copied()
    }
}

/// Whether fewer answers came than chance explains.
fn is_short(slice: Slice, usual: f64) -> bool {
    let deviation = (usual * (1.0 - usual) / f64::from(slice.sent)).sqrt();
    slice.share() < usual - SIGMAS * deviation - TOLERANCE
}

/// The whole part of what is neither negative nor large.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn whole(number: f64) -> usize {
    number.clamp(0.0, 1e9) as usize
}

#[expect(clippy::cast_precision_loss, reason = "packets of a moment are few")]
fn float(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network that carries so many packets per second and loses the rest.
    #[derive(Clone, Copy)]
    struct Network {
        capacity: f64,
        loss: f64,
        live: f64,
    }

    impl Network {
        /// What becomes of a slice at `rate`.
        fn carry(&self, rate: f64) -> Slice {
            let sent = rate * SLICE.as_secs_f64();
            let arriving = (self.capacity * SLICE.as_secs_f64()).min(sent);
            let answered = arriving * (1.0 - self.loss) * self.live;
            let count = |number| u32::try_from(whole(number)).unwrap();
            Slice::new(count(sent), count(answered), true)
        }
    }

    fn rates(network: &Network, max_rate: Option<u32>, slices: usize) -> Vec<f64> {
        let mut pace = Pace::new(max_rate.and_then(NonZeroU32::new));
        let mut judged = || {
            let slice = network.carry(pace.rate());
            pace.judge(slice, f64::from(slice.answered) / SLICE.as_secs_f64());
            pace.rate()
        };
        (0..slices).map(|_| judged()).collect()
    }

    #[test]
    fn the_rate_doubles_until_it_reaches_its_limit() {
        let network = Network { capacity: 1e9, loss: 0.0, live: 1.0 };

        assert_eq!(rates(&network, None, 6), [1e5, 2e5, 4e5, 8e5, 1e6, 1e6]);
        assert_eq!(rates(&network, Some(70_000), 2), [7e4, 7e4]);
        assert_eq!(rates(&network, Some(100), 9), [100.0; 9]);
    }

    #[test]
    fn the_rate_stays_near_what_the_network_carries() {
        let network = Network { capacity: 150_000.0, loss: 0.0, live: 0.8 };

        let late = rates(&network, None, 200).split_off(20);

        let mean = late.iter().sum::<f64>() / float(late.len());
        assert!((100_000.0..170_000.0).contains(&mean), "{mean}");
        assert!(late.iter().all(|rate| *rate < 200_000.0), "{late:?}");
    }

    #[test]
    fn what_is_lost_now_and_then_is_made_good_soon() {
        let good = Network { capacity: 1e9, loss: 0.0, live: 1.0 };
        let bad = Network { loss: 0.5, ..good };
        let mut pace = Pace::new(None);
        let mut judge = |network: &Network| {
            let slice = network.carry(pace.rate());
            pace.judge(slice, f64::from(slice.answered) / SLICE.as_secs_f64());
            pace.rate()
        };
        let before: Vec<f64> = (0..8).map(|_| judge(&good)).collect();
        let during = judge(&bad);
        let after: Vec<f64> = (0..10).map(|_| judge(&good)).collect();

        assert_eq!(vec![before[7], during, after[9]], [1e6, 510_000.0, 1e6]);
    }

    #[test]
    fn steady_loss_is_no_reason_to_slow_down() {
        let network = Network { capacity: 1e9, loss: 0.02, live: 0.5 };

        assert_eq!(rates(&network, None, 9)[8..], [1e6]);
    }

    #[test]
    fn silent_hosts_are_no_reason_to_slow_down() {
        let network = Network { capacity: 1e9, loss: 0.0, live: 0.0 };

        assert_eq!(rates(&network, None, 9)[8..], [1e6]);
    }

    #[test]
    fn a_slice_from_before_the_last_change_changes_nothing() {
        let mut pace = Pace::new(None);
        let slice = Slice::new(500, 500, false);

        assert_eq!(pace.judge(slice, 0.0), Change::None);
        assert!((pace.rate() - FIRST_RATE).abs() < 1.0);
    }

    #[test]
    fn answers_that_come_late_are_no_reason_to_change() {
        let mut pace = Pace::new(None);
        pace.judge(Slice::new(500, 500, true), 0.0);
        let in_time = Slice::new(500, 300, true);
        let later = Slice::new(500, 500, true).after_more_time();

        assert!(pace.is_worth_waiting(in_time));
        assert_eq!(pace.judge(later, 0.0), Change::None);
        assert_eq!(pace.judge(in_time.after_more_time(), 0.0), Change::Slower);
    }

    #[test]
    fn few_probes_are_judged_together() {
        let mut pace = Pace::new(None);
        let slice = Slice::new(30, 30, true);

        let changes = [0, 1, 2].map(|_| pace.judge(slice, 0.0));

        assert_eq!(changes, [Change::None, Change::None, Change::Faster]);
    }

    /// Sends whenever it may, and looks at every window of one second.
    fn most_in_a_second(rate: f64, pause: Duration) -> usize {
        let mut bucket = Bucket::new(Duration::ZERO);
        let mut sent: Vec<Duration> = Vec::new();
        let mut now = Duration::ZERO;
        while now < Duration::from_secs(4) {
            let packets = bucket.fill(rate, now);
            bucket.take(packets);
            sent.extend(std::iter::repeat_n(now, packets));
            now += pause.max(bucket.wait(rate));
        }
        let within = |from: Duration| {
            sent.iter().filter(|at| (from..from + Duration::from_secs(1)).contains(*at)).count()
        };
        sent.iter().step_by(7).map(|from| within(*from)).max().unwrap()
    }

    #[test]
    fn no_second_has_more_than_the_rate_and_a_twentieth() {
        for (rate, pause_us, most) in
            [(10.0, 1, 10), (100.0, 1, 102), (2_000.0, 1_000, 2_040), (2_000.0, 90_000, 2_040)]
        {
            let found = most_in_a_second(rate, Duration::from_micros(pause_us));

            assert!(found <= most, "{found} packets at {rate} per second");
        }
    }

    #[test]
    fn the_rate_is_reached() {
        assert!(most_in_a_second(2_000.0, Duration::from_millis(1)) >= 1_950);
    }
}
