//! Where stored events come from.

use std::fmt::Display;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

/// One stored event, as the store hands it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place among the scan's events, from 1.
    pub seq: u64,
    /// The whole JSON frame. The same text goes to those who watch the scan and to those who watch
    /// its project, so it carries a `scan_id`.
    pub frame: Arc<str>,
    /// When it happened.
    pub at: Timestamp,
}

/// The store, as far as those who watch need it.
///
/// An event must not become visible before those of its scan that have smaller numbers: what is
/// passed over once is not looked for again.
pub trait History: Send + Sync + 'static {
    /// Why events could not be read.
    type Error: Display + Send;

    /// Up to `limit` events of `scan` after `since`, in order.
    fn events(
        &self,
        scan: Uuid,
        since: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, Self::Error>> + Send;

    /// The number of the scan's newest event; 0 when it has none.
    fn head(&self, scan: Uuid) -> impl Future<Output = Result<u64, Self::Error>> + Send;

    /// The project's scans, each with the number of its newest event. It is asked several times a
    /// second while the project is watched. Scans without events may be left out.
    fn heads(
        &self,
        project: Uuid,
    ) -> impl Future<Output = Result<Vec<(Uuid, u64)>, Self::Error>> + Send;
}
