//! One who watches a scan or a project: a place in a feed, and nothing that grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::consume_budget;
use uuid::Uuid;

use crate::bus::Shared;
use crate::cursor::{Behind, Cursor, Step};
use crate::feed::{Entry, Feed, State};
use crate::history::History;

/// Stored events go before lines, but after so many of them a line that waits gets its turn.
const STORED_PER_LINE: u32 = 16;

/// What a watcher of a scan is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A stored event: each once, in order, none left out.
    Stored {
        /// Its number.
        seq: u64,
        /// Its JSON.
        text: Arc<str>,
    },
    /// A line of a batch.
    Line {
        /// Its JSON.
        text: Arc<str>,
    },
    /// The watcher was too slow for these lines, and goes on behind them. Lines are numbered for as
    /// long as their scan is watched.
    Gap {
        /// The first that was missed.
        from: u64,
        /// The last.
        to: u64,
    },
}

/// A stored event of one of a project's scans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFrame {
    /// Whose event it is.
    pub scan: Uuid,
    /// Its number in that scan.
    pub seq: u64,
    /// Its JSON.
    pub text: Arc<str>,
}

/// One who watches a scan. It holds no events but those of a page that it is reading for itself.
pub struct Watcher<H: History> {
    shared: Arc<Shared<H>>,
    feed: Arc<Feed>,
    seat: Arc<AtomicU64>,
    cursor: Cursor<H>,
    next_line: u64,
    stored_in_a_row: u32,
}

/// One who watches all scans of a project. Of each scan, every event comes once and in order.
pub struct ProjectWatcher<H: History> {
    feed: Arc<Feed>,
    seat: Arc<AtomicU64>,
    cursor: Cursor<H>,
}

/// What a watcher does next.
enum Next<T> {
    Give(T),
    CatchUp(Behind),
    Wait,
}

impl<H: History> Watcher<H> {
    pub(crate) fn new(
        shared: Arc<Shared<H>>,
        feed: Arc<Feed>,
        seat: Arc<AtomicU64>,
        cursor: Cursor<H>,
    ) -> Self {
        let next_line = feed.state().lines.end();
        Self { shared, feed, seat, cursor, next_line, stored_in_a_row: 0 }
    }

    /// The next frame, as soon as there is one. May be dropped while it waits: nothing is lost.
    ///
    /// # Errors
    ///
    /// The history's error, when this watcher is so far behind that it must read for itself and
    /// cannot. The next call tries again; pause before it. A watcher that keeps up waits instead.
    pub async fn next(&mut self) -> Result<Frame, H::Error> {
        // A watcher with much to catch up on is always ready. Others want to run too.
        consume_budget().await;
        let feed = Arc::clone(&self.feed);
        loop {
            let grown = feed.grown.notified();
            match self.step(&feed) {
                Next::Give(frame) => return Ok(frame),
                Next::CatchUp(behind) => self.cursor.catch_up(behind).await?,
                Next::Wait => grown.await,
            }
        }
    }

    fn step(&mut self, feed: &Feed) -> Next<Frame> {
        let state = feed.state();
        if self.stored_in_a_row >= STORED_PER_LINE
            && let Some(frame) = self.next_line(&state)
        {
            return Next::Give(frame);
        }
        match self.cursor.step(&state) {
            Step::Found(entry) => Next::Give(self.stored(entry)),
            Step::Behind(behind) => Next::CatchUp(behind),
            Step::AtTheEnd => self.next_line(&state).map_or(Next::Wait, Next::Give),
        }
    }

    fn stored(&mut self, entry: Entry) -> Frame {
        self.stored_in_a_row = self.stored_in_a_row.saturating_add(1);
        self.seat.store(entry.seq, Ordering::Relaxed);
        Frame::Stored { seq: entry.seq, text: entry.text }
    }

    /// The next line, or the gap before it.
    fn next_line(&mut self, state: &State) -> Option<Frame> {
        let (from, first) = (self.next_line, state.lines.first());
        let frame = if from < first {
            self.shared.lines_dropped.fetch_add(first - from, Ordering::Relaxed);
            self.next_line = first;
            Frame::Gap { from, to: first - 1 }
        } else {
            let text = Arc::clone(state.lines.get(from)?);
            self.next_line += 1;
            Frame::Line { text }
        };
        self.stored_in_a_row = 0;
        Some(frame)
    }
}

impl<H: History> ProjectWatcher<H> {
    pub(crate) fn new(feed: Arc<Feed>, seat: Arc<AtomicU64>, cursor: Cursor<H>) -> Self {
        Self { feed, seat, cursor }
    }

    /// The next event, as soon as there is one. May be dropped while it waits: nothing is lost.
    ///
    /// # Errors
    ///
    /// As with [`Watcher::next`].
    pub async fn next(&mut self) -> Result<ProjectFrame, H::Error> {
        consume_budget().await;
        let feed = Arc::clone(&self.feed);
        loop {
            let grown = feed.grown.notified();
            match self.step(&feed) {
                Next::Give(frame) => return Ok(frame),
                Next::CatchUp(behind) => self.cursor.catch_up(behind).await?,
                Next::Wait => grown.await,
            }
        }
    }

    fn step(&mut self, feed: &Feed) -> Next<ProjectFrame> {
        match self.cursor.step(&feed.state()) {
            Step::Found(Entry { scan, seq, text }) => {
                self.seat.store(self.cursor.place(), Ordering::Relaxed);
                Next::Give(ProjectFrame { scan, seq, text })
            }
            Step::Behind(behind) => Next::CatchUp(behind),
            Step::AtTheEnd => Next::Wait,
        }
    }
}
