//! Live events for everyone who watches: bounded, replayable, and never in the way of a scan.
//!
//! ```text
//!  store ── History ──▶ tail ──▶ ring of stored events ──┐
//!    ▲                   ▲       (newest 4,096, 4 MiB)   ├──▶ Watcher   a cursor, no queue
//!    │                 ring()                            ├──▶ Watcher
//!  runner ── line() ───────────▶ ring of lines ──────────┘       │
//!                                (newest 2,000, 1 MiB)           └ older than the ring:
//!                                                                  reads pages from History
//! ```
//!
//! **A watcher is a cursor, not a queue.** What a thousand watchers of a scan are sent is held once,
//! already written as JSON, in a ring that has a bound in events and in bytes. A watcher only knows
//! how far it has come. So nobody who stalls costs memory, and nobody waits for anyone: a scan
//! rings a bell and goes on.
//!
//! **The store is the truth, the bell is a hint.** One task per watched scan, its tail, reads what
//! is new from [`History`]: at once when [`Bus::ring`] is called, and otherwise a few times a
//! second, since other processes write to the database too. A bell that is lost costs a quarter of
//! a second and never an event. The tail begins with the first watcher and ends some seconds after
//! the last.
//!
//! **Each stored event once, in order.** A tail begins with as many of the newest events as the
//! ring holds, so that a crowd that comes back reads from memory. A watcher that is further behind,
//! because it asked for what is older or because it stalled, reads pages from the history by itself
//! until it stands in the ring. Only so many pages are read at a time over all watchers, so that a
//! crowd does not take the database away from the scan.
//!
//! **Lines may be lost, and one is told which.** They are numbered for as long as a scan is watched
//! without a break, and whoever falls behind their ring is told the numbers it has missed. The
//! lines of a scan that nobody watches cost a look-up and are not kept.
//!
//! **A project's feed** works the same way over all of its scans, without lines. It asks
//! [`History::heads`] where there is news.

mod bus;
mod cursor;
mod feed;
mod history;
mod line;
mod positions;
mod ring;
mod tail;
mod watcher;

pub use bus::{Bus, Counts, Limits};
pub use history::{History, StoredEvent};
pub use line::LineFrame;
pub use watcher::{Frame, ProjectFrame, ProjectWatcher, Watcher};
