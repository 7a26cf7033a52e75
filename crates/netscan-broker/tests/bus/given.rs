//! What the tests begin with: a history in memory that can be made to fail, and some impatience.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use netscan_broker::{Bus, Frame, History, Limits, LineFrame, StoredEvent, Watcher};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

pub(crate) const SCAN: Uuid = Uuid::from_u128(1);
pub(crate) const OTHER_SCAN: Uuid = Uuid::from_u128(2);
pub(crate) const PROJECT: Uuid = Uuid::from_u128(100);

/// So long that only a ring can be why something is read in a test.
pub(crate) const NEVER: Duration = Duration::from_hours(1);
/// Longer than anything here takes on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_mins(1);

/// Scans and their events, all of them of [`PROJECT`].
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Inner>);

#[derive(Default)]
struct Inner {
    scans: Mutex<HashMap<Uuid, u64>>,
    is_down: AtomicBool,
    /// How often anything was asked.
    asked: AtomicU64,
    /// How many reads are under way, and whether they are made to wait.
    reading: AtomicU64,
    is_held_up: AtomicBool,
    /// The first event that is still there, of each scan.
    first: AtomicU64,
    /// The oldest event that was asked for since this was set to the largest number.
    oldest_asked: AtomicU64,
}

impl Memory {
    pub(crate) fn with(scan: Uuid, events: u64) -> Self {
        let memory = Self::default();
        memory.store(scan, events);
        memory
    }

    /// Stores so many more events.
    pub(crate) fn store(&self, scan: Uuid, events: u64) {
        *self.0.scans.lock().unwrap().entry(scan).or_default() += events;
    }

    pub(crate) fn is_down(&self, is_down: bool) {
        self.0.is_down.store(is_down, SeqCst);
    }

    /// Lets reads of events begin and not end.
    pub(crate) fn hold_up(&self, is_held_up: bool) {
        self.0.is_held_up.store(is_held_up, SeqCst);
    }

    pub(crate) fn reading(&self) -> u64 {
        self.0.reading.load(SeqCst)
    }

    /// Forgets the events before this one.
    pub(crate) fn prune(&self, first: u64) {
        self.0.first.store(first, SeqCst);
    }

    pub(crate) fn asked(&self) -> u64 {
        self.0.asked.load(SeqCst)
    }

    pub(crate) fn forget_what_was_asked(&self) {
        self.0.oldest_asked.store(u64::MAX, SeqCst);
    }

    pub(crate) fn oldest_asked(&self) -> u64 {
        self.0.oldest_asked.load(SeqCst)
    }

    fn ask(&self) -> Result<HashMap<Uuid, u64>, &'static str> {
        self.0.asked.fetch_add(1, SeqCst);
        if self.0.is_down.load(SeqCst) {
            return Err("the disk is full");
        }
        Ok(self.0.scans.lock().unwrap().clone())
    }
}

impl History for Memory {
    type Error = &'static str;

    async fn events(
        &self,
        scan: Uuid,
        since: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, Self::Error> {
        self.0.reading.fetch_add(1, SeqCst);
        // A store never answers at once.
        tokio::task::yield_now().await;
        while self.0.is_held_up.load(SeqCst) {
            tokio::task::yield_now().await;
        }
        self.0.reading.fetch_sub(1, SeqCst);
        let head = self.ask()?.get(&scan).copied().unwrap_or(0);
        self.0.oldest_asked.fetch_min(since.saturating_add(1), SeqCst);
        let first = since.saturating_add(1).max(self.0.first.load(SeqCst));
        let last = head.min(first.saturating_add((limit - 1).into()));
        Ok((first..=last).map(|seq| event(scan, seq)).collect())
    }

    async fn head(&self, scan: Uuid) -> Result<u64, Self::Error> {
        Ok(self.ask()?.get(&scan).copied().unwrap_or(0))
    }

    async fn heads(&self, _project: Uuid) -> Result<Vec<(Uuid, u64)>, Self::Error> {
        Ok(self.ask()?.into_iter().collect())
    }
}

fn event(scan: Uuid, seq: u64) -> StoredEvent {
    StoredEvent { seq, frame: text(scan, seq).into(), at: Timestamp::UNIX_EPOCH }
}

/// An event's JSON.
pub(crate) fn text(scan: Uuid, seq: u64) -> String {
    format!(r#"{{"event":"progress","seq":{seq},"scan_id":"{scan}"}}"#)
}

/// Small rings and quick looks, so that tests get to the edges soon.
pub(crate) fn limits() -> Limits {
    Limits {
        events: 64,
        event_bytes: 1 << 20,
        lines: 8,
        line_bytes: 1 << 20,
        page: size(10),
        own_page: size(7),
        readers: 4,
        poll: Duration::from_millis(5),
        breath: Duration::from_micros(100),
        linger: Duration::ZERO,
    }
}

pub(crate) fn size(size: u32) -> NonZeroU32 {
    NonZeroU32::new(size).unwrap()
}

pub(crate) fn say(bus: &Bus<Memory>, line: &str) {
    let line = LineFrame { batch_id: Uuid::from_u128(9), at: Timestamp::UNIX_EPOCH, line };
    bus.line(SCAN, line);
}

/// Waits for it, but not forever.
pub(crate) async fn soon<T>(answer: impl Future<Output = T>) -> T {
    timeout(PATIENCE, answer).await.expect("it comes in time")
}

/// Waits until it is so, but not forever.
pub(crate) async fn until(complaint: &str, is_so: impl Fn() -> bool) {
    let ends = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < ends, "{complaint}");
        tokio::task::yield_now().await;
    }
}

/// The number of the next frame, which is a stored event with the text that belongs to it.
pub(crate) async fn stored(watcher: &mut Watcher<Memory>) -> u64 {
    let frame = soon(watcher.next()).await.unwrap();
    seq_of(&frame, SCAN)
}

pub(crate) fn seq_of(frame: &Frame, scan: Uuid) -> u64 {
    let Frame::Stored { seq, text: told } = frame else { panic!("{frame:?} is not stored") };
    assert_eq!(**told, text(scan, *seq));
    *seq
}

/// The numbers of the next so many frames, which are stored events.
pub(crate) async fn next_stored(watcher: &mut Watcher<Memory>, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        numbers.push(stored(watcher).await);
    }
    numbers
}

/// Chance that is the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}
