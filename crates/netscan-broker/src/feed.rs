//! What is held of one watched scan or project, for all who watch it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

use crate::bus::Limits;
use crate::history::StoredEvent;
use crate::positions::Positions;
use crate::ring::Ring;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Scan(Uuid),
    Project(Uuid),
}

impl fmt::Display for Topic {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scan(id) => write!(to, "scan {id}"),
            Self::Project(id) => write!(to, "project {id}"),
        }
    }
}

/// One topic's rings. Its tail writes to them, its watchers read.
pub(crate) struct Feed {
    pub(crate) topic: Topic,
    /// Rung when there may be something to read.
    pub(crate) bell: Notify,
    /// Tells all who wait that something was added.
    pub(crate) grown: Notify,
    state: Mutex<State>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) scan: Uuid,
    pub(crate) seq: u64,
    pub(crate) text: Arc<str>,
}

pub(crate) struct State {
    /// That it is known where the ring begins.
    pub(crate) is_open: bool,
    /// Up to where events were read.
    pub(crate) read: Positions,
    /// Up to where events are no longer in the ring, or never were.
    pub(crate) fallen: Positions,
    pub(crate) events: Ring<Entry>,
    pub(crate) lines: Ring<Arc<str>>,
    /// How long the oldest event of the newest page took to get here.
    pub(crate) delay: Duration,
    /// How far each watcher has come. One that is gone leaves a dead end.
    seats: Vec<Weak<AtomicU64>>,
}

impl Feed {
    pub(crate) fn new(topic: Topic, limits: &Limits) -> Self {
        let state = State {
            is_open: false,
            read: Positions::default(),
            fallen: Positions::default(),
            events: Ring::new(limits.events, limits.event_bytes),
            lines: Ring::new(limits.lines, limits.line_bytes),
            delay: Duration::ZERO,
            seats: Vec::new(),
        };
        Self { topic, bell: Notify::new(), grown: Notify::new(), state: Mutex::new(state) }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the ring behind `start`.
    pub(crate) fn open(&self, start: Positions) {
        let mut state = self.state();
        state.fallen = start.clone();
        state.read = start;
        state.is_open = true;
        drop(state);
        self.grown.notify_waiters();
    }

    /// Adds a page of a scan's events, and tells how many of them are new.
    pub(crate) fn add(&self, scan: Uuid, page: Vec<StoredEvent>) -> usize {
        let mut state = self.state();
        let mut added = 0;
        for event in page {
            added += usize::from(state.add(scan, event));
        }
        drop(state);
        if added > 0 {
            self.grown.notify_waiters();
        }
        added
    }

    /// Rings the bell. Rings that nobody has answered yet are one.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Adds a line, whose text is written once its number is known.
    pub(crate) fn add_line(&self, text: impl FnOnce(u64) -> Arc<str>) {
        let mut state = self.state();
        let text = text(state.lines.end());
        let bytes = text.len();
        state.lines.push(text, bytes, drop);
        drop(state);
        self.grown.notify_waiters();
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.state().is_watched()
    }

    /// Waits until it is known where the ring begins, and stands at its end.
    pub(crate) async fn end(&self) -> (Positions, u64) {
        loop {
            let grown = self.grown.notified();
            if let Some(end) = self.state().end() {
                return end;
            }
            grown.await;
        }
    }
}

impl State {
    /// A seat for one more watcher, which writes there how far it has come. It is given up by being
    /// dropped.
    pub(crate) fn take_seat(&mut self, mark: u64) -> Arc<AtomicU64> {
        let seat = Arc::new(AtomicU64::new(mark));
        self.seats.push(Arc::downgrade(&seat));
        seat
    }

    /// Forgets the seats that were given up, and tells whether one is left.
    pub(crate) fn clear_seats(&mut self) -> bool {
        self.seats.retain(|seat| seat.strong_count() > 0);
        !self.seats.is_empty()
    }

    /// How far each watcher has come.
    pub(crate) fn marks(&self) -> impl Iterator<Item = u64> {
        self.seats.iter().filter_map(Weak::upgrade).map(|seat| seat.load(Ordering::Relaxed))
    }

    /// How far a watcher that misses nothing has come.
    pub(crate) fn newest_mark(&self, topic: Topic) -> u64 {
        match topic {
            Topic::Scan(scan) => self.read.get(scan),
            Topic::Project(_) => self.events.end(),
        }
    }

    fn is_watched(&self) -> bool {
        self.seats.iter().any(|seat| seat.strong_count() > 0)
    }

    fn end(&self) -> Option<(Positions, u64)> {
        self.is_open.then(|| (self.read.clone(), self.events.end()))
    }

    fn add(&mut self, scan: Uuid, event: StoredEvent) -> bool {
        let is_new = self.read.advance(scan, event.seq);
        if is_new {
            let bytes = event.frame.len();
            let entry = Entry { scan, seq: event.seq, text: event.frame };
            self.events.push(entry, bytes, |oldest| {
                self.fallen.advance(oldest.scan, oldest.seq);
            });
        }
        is_new
    }
}
