//! The bus: where those who tell and those who watch meet.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use crate::cursor::Cursor;
use crate::feed::{Feed, Topic};
use crate::history::History;
use crate::line::LineFrame;
use crate::positions::Positions;
use crate::tail::Tail;
use crate::watcher::{ProjectWatcher, Watcher};

/// How much the bus holds, and how eagerly it reads.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The most stored events that are held of one watched scan or project.
    pub events: usize,
    /// The most bytes that their frames may have together.
    pub event_bytes: usize,
    /// The most lines that are held of one watched scan.
    pub lines: usize,
    /// The most bytes that they may have together.
    pub line_bytes: usize,
    /// How many events of a scan are read at a time for all who watch it.
    pub page: NonZeroU32,
    /// How many events a watcher that is behind reads at a time for itself. It is the most that a
    /// watcher ever holds.
    pub own_page: NonZeroU32,
    /// How many watchers that are behind may read at the same time. The others wait.
    pub readers: usize,
    /// How long after a look the history is looked at again when nobody rings.
    pub poll: Duration,
    /// The least time between two looks, however often somebody rings. For projects it is ten
    /// times as long.
    pub breath: Duration,
    /// How long a scan's events are still followed when nobody watches any more.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            events: 4_096,
            event_bytes: 4 << 20,
            lines: 2_000,
            line_bytes: 1 << 20,
            page: NonZeroU32::new(500).expect("500 is not 0"),
            own_page: NonZeroU32::new(100).expect("100 is not 0"),
            readers: 4,
            poll: Duration::from_millis(250),
            breath: Duration::from_millis(10),
            linger: Duration::from_secs(5),
        }
    }
}

/// What goes on in the bus, for operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many watch, scans and projects together.
    pub watchers: usize,
    /// How many scans are followed: those that are watched, and those that lately were.
    pub scans: usize,
    /// How many projects are.
    pub projects: usize,
    /// How many stored events and lines are held.
    pub held: usize,
    /// How many bytes they have together.
    pub held_bytes: usize,
    /// How many events the slowest watcher is behind what was read for it.
    pub worst_lag: u64,
    /// The longest that an event of any scan's newest page took from its time to its watchers.
    pub worst_delay: Duration,
    /// How many lines watchers were too slow for, since the start, all watchers together.
    pub lines_dropped: u64,
}

/// Live events of scans and projects, for as many as want to watch. Its clones are the same bus.
pub struct Bus<H> {
    shared: Arc<Shared<H>>,
}

/// What the bus, its tails and its watchers share.
pub(crate) struct Shared<H> {
    pub(crate) history: H,
    pub(crate) limits: Limits,
    /// The turns of those who read for themselves.
    pub(crate) readers: Semaphore,
    pub(crate) lines_dropped: AtomicU64,
    feeds: Mutex<Feeds>,
    access: watch::Sender<u64>,
}

#[derive(Default)]
struct Feeds {
    scans: HashMap<Uuid, Arc<Feed>>,
    projects: HashMap<Uuid, Arc<Feed>>,
}

impl<H> Clone for Bus<H> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<H: History> Bus<H> {
    /// A bus that nobody watches yet.
    pub fn new(history: H, limits: Limits) -> Self {
        let shared = Shared {
            history,
            readers: Semaphore::new(limits.readers.clamp(1, Semaphore::MAX_PERMITS)),
            limits,
            lines_dropped: AtomicU64::new(0),
            feeds: Mutex::default(),
            access: watch::Sender::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Says that something was stored for this scan, or for one that the caller does not know.
    /// Never waits, and costs next to nothing when nobody watches.
    pub fn ring(&self, scan: Option<Uuid>) {
        let feeds = self.shared.feeds();
        match scan {
            Some(scan) => feeds.scans.get(&scan).into_iter().for_each(|feed| feed.ring()),
            None => feeds.scans.values().for_each(|feed| feed.ring()),
        }
        feeds.projects.values().for_each(|feed| feed.ring());
    }

    /// Passes on what a batch's nmap says, to those who watch its scan now. Never waits. Whoever is
    /// too slow misses it.
    pub fn line(&self, scan: Uuid, line: LineFrame<'_>) {
        let feed = self.shared.feeds().scans.get(&scan).cloned();
        if let Some(feed) = feed.filter(|feed| feed.is_watched()) {
            feed.add_line(|number| line.to_text(scan, number));
        }
    }

    /// Watches one scan: its stored events after `since`, and its lines from now on. A `since`
    /// beyond the newest event waits for what comes after it.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime, which follows the scan.
    #[must_use]
    pub fn watch(&self, scan: Uuid, since: u64) -> Watcher<H> {
        let (feed, seat) = self.join(Topic::Scan(scan), since);
        let seen = Positions::of_one(scan, since);
        let cursor = Cursor::new(Arc::clone(&self.shared), seen, 0);
        Watcher::new(Arc::clone(&self.shared), feed, seat, cursor)
    }

    /// Watches all scans of a project, also those that it does not have yet: what is stored after
    /// this returns, and perhaps what was stored a moment before. While the history fails, this
    /// waits.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime, which follows the project.
    pub async fn watch_project(&self, project: Uuid) -> ProjectWatcher<H> {
        // Until it is known where the feed stands, nobody is behind.
        let (feed, seat) = self.join(Topic::Project(project), u64::MAX);
        let (seen, place) = feed.end().await;
        seat.store(place, Ordering::Relaxed);
        let cursor = Cursor::new(Arc::clone(&self.shared), seen, place);
        ProjectWatcher::new(feed, seat, cursor)
    }

    /// Says that somebody's access has changed: a session or token was revoked, a user disabled, a
    /// role taken away.
    pub fn access_changed(&self) {
        self.shared.access.send_modify(|changes| *changes += 1);
    }

    /// Tells whoever holds something open for somebody that it is time to ask again whether they
    /// still may. The number only counts the changes.
    #[must_use]
    pub fn access_changes(&self) -> watch::Receiver<u64> {
        self.shared.access.subscribe()
    }

    /// What goes on now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let feeds = self.shared.feeds();
        let mut counts = Counts {
            scans: feeds.scans.len(),
            projects: feeds.projects.len(),
            lines_dropped: self.shared.lines_dropped.load(Ordering::Relaxed),
            ..Counts::default()
        };
        feeds.scans.values().chain(feeds.projects.values()).for_each(|feed| counts.add(feed));
        counts
    }

    /// Takes a seat at a feed, which begins if there is none.
    fn join(&self, topic: Topic, mark: u64) -> (Arc<Feed>, Arc<AtomicU64>) {
        let mut feeds = self.shared.feeds();
        let (among, id) = feeds.of(topic);
        let feed = among.entry(id).or_insert_with(|| self.begin(topic));
        let seat = feed.state().take_seat(mark);
        (Arc::clone(feed), seat)
    }

    fn begin(&self, topic: Topic) -> Arc<Feed> {
        let feed = Arc::new(Feed::new(topic, &self.shared.limits));
        tokio::spawn(Tail::new(Arc::clone(&self.shared), Arc::clone(&feed)).run());
        feed
    }
}

impl<H> Shared<H> {
    /// Closes a feed, unless somebody has taken a seat meanwhile.
    pub(crate) fn close(&self, feed: &Feed) -> bool {
        // Seats are taken under this lock too, so none is taken at a feed that is closed.
        let mut feeds = self.feeds();
        if feed.state().clear_seats() {
            return false;
        }
        let (among, id) = feeds.of(feed.topic);
        among.remove(&id);
        true
    }

    fn feeds(&self) -> MutexGuard<'_, Feeds> {
        // A panic can leave nothing half done in there.
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feeds {
    fn of(&mut self, topic: Topic) -> (&mut HashMap<Uuid, Arc<Feed>>, Uuid) {
        match topic {
            Topic::Scan(id) => (&mut self.scans, id),
            Topic::Project(id) => (&mut self.projects, id),
        }
    }
}

impl Counts {
    fn add(&mut self, feed: &Feed) {
        let state = feed.state();
        let newest = state.newest_mark(feed.topic);
        for mark in state.marks() {
            self.watchers += 1;
            self.worst_lag = self.worst_lag.max(newest.saturating_sub(mark));
        }
        self.held += state.events.len() + state.lines.len();
        self.held_bytes += state.events.bytes() + state.lines.bytes();
        self.worst_delay = self.worst_delay.max(state.delay);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::StoredEvent;

    struct Nothing;

    impl History for Nothing {
        type Error = &'static str;

        async fn events(&self, _: Uuid, _: u64, _: u32) -> Result<Vec<StoredEvent>, Self::Error> {
            Ok(Vec::new())
        }

        async fn head(&self, _: Uuid) -> Result<u64, Self::Error> {
            Ok(0)
        }

        async fn heads(&self, _: Uuid) -> Result<Vec<(Uuid, u64)>, Self::Error> {
            Ok(Vec::new())
        }
    }

    #[tokio::test]
    async fn a_feed_is_not_closed_when_somebody_has_taken_a_seat_meanwhile() {
        let bus = Bus::new(Nothing, Limits::default());
        let (feed, seat) = bus.join(Topic::Scan(Uuid::nil()), 0);

        assert!(!bus.shared.close(&feed));
        assert_eq!(bus.counts().scans, 1);
        drop(seat);
        assert!(bus.shared.close(&feed));
        assert_eq!(bus.counts().scans, 0);
    }
}
