//! How far one watcher has come in a feed, and how it gets on.

use std::future::pending;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::vec;

use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::bus::Shared;
use crate::feed::{Entry, State};
use crate::history::{History, StoredEvent};
use crate::positions::Positions;

pub(crate) struct Cursor<H: History> {
    shared: Arc<Shared<H>>,
    seen: Positions,
    /// The next place in the ring. It means nothing once it has fallen out.
    place: u64,
    /// A page that was read from the history, of which these events are left.
    page: (Uuid, vec::IntoIter<StoredEvent>),
    reading: Option<Reading<H::Error>>,
}

/// What comes next for a watcher.
pub(crate) enum Step {
    Found(Entry),
    /// Events are missing that only the history has.
    Behind(Behind),
    AtTheEnd,
}

#[derive(Clone, Copy)]
pub(crate) struct Behind {
    scan: Uuid,
    until: u64,
}

/// A page on its way from the history. It goes on while nobody waits for it, so that a watcher
/// whose owner does something else meanwhile neither loses it nor keeps others from reading.
struct Reading<E> {
    behind: Behind,
    task: JoinHandle<Result<Vec<StoredEvent>, E>>,
}

impl<H: History> Cursor<H> {
    /// Stands behind what was `seen`, at that place of the ring; at 0 it looks for its own place.
    pub(crate) fn new(shared: Arc<Shared<H>>, seen: Positions, place: u64) -> Self {
        let page = (Uuid::nil(), Vec::new().into_iter());
        Self { shared, seen, place, page, reading: None }
    }

    pub(crate) fn place(&self) -> u64 {
        self.place
    }

    pub(crate) fn step(&mut self, state: &State) -> Step {
        if let Some(entry) = self.next_of_page() {
            return Step::Found(entry);
        }
        if !state.is_open {
            return Step::AtTheEnd;
        }
        if self.place < state.events.first() {
            if let Some((scan, until)) = state.fallen.ahead_of(&self.seen) {
                return Step::Behind(Behind { scan, until });
            }
            self.place = state.events.first();
        }
        self.next_of_ring(state).map_or(Step::AtTheEnd, Step::Found)
    }

    /// Reads one page of what the ring no longer has. Whoever stops waiting may begin again and
    /// loses nothing.
    pub(crate) async fn catch_up(&mut self, behind: Behind) -> Result<(), H::Error> {
        let since = self.seen.get(behind.scan);
        let shared = &self.shared;
        let reading = self.reading.get_or_insert_with(|| Reading::start(shared, behind, since));
        let ended = (&mut reading.task).await;
        let Behind { scan, until } = reading.behind;
        self.reading = None;
        let page = match ended {
            Ok(page) => page?,
            Err(fault) if fault.is_panic() => resume_unwind(fault.into_panic()),
            // The runtime ends, and whoever waits here ends with it.
            Err(_) => pending().await,
        };
        if page.last().is_none_or(|event| event.seq <= since) {
            // The history no longer has them either. To ask again would never end.
            self.seen.advance(scan, until);
        }
        self.page = (scan, page.into_iter());
        Ok(())
    }

    fn next_of_page(&mut self) -> Option<Entry> {
        let (scan, events) = &mut self.page;
        let event = events.find(|event| self.seen.advance(*scan, event.seq))?;
        Some(Entry { scan: *scan, seq: event.seq, text: event.frame })
    }

    fn next_of_ring(&mut self, state: &State) -> Option<Entry> {
        while let Some(entry) = state.events.get(self.place) {
            self.place += 1;
            if self.seen.advance(entry.scan, entry.seq) {
                return Some(entry.clone());
            }
        }
        None
    }
}

impl<E: Send + 'static> Reading<E> {
    fn start<H: History<Error = E>>(shared: &Arc<Shared<H>>, behind: Behind, since: u64) -> Self {
        let shared = Arc::clone(shared);
        let limit = shared.limits.own_page.get();
        let task = tokio::spawn(async move {
            // Nobody closes the semaphore; if somebody did, reading would still be right.
            let _turn = shared.readers.acquire().await;
            shared.history.events(behind.scan, since, limit).await
        });
        Self { behind, task }
    }
}

impl<E> Drop for Reading<E> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
