//! What `status` knows at one moment.

use std::cmp::Reverse;
use std::time::Duration;

use jiff::Timestamp;
use netscan_api::batch::AttemptBody;
use netscan_model::batch::StateName;
use netscan_model::scan::Scan;
use netscan_store::BatchCounts;
use serde::Serialize;

use super::waiting::{self, Waiting};
use crate::desk::{Batch, Desk, Most};
use crate::output::words;

/// The slowest attempts that are shown.
const MOST_SLOW: u32 = 5;
/// The failures that are shown.
const MOST_FAILURES: u32 = 20;
/// The batches that are listed of all scans that are not over.
const MOST_OPEN: u32 = 1_000;

/// How much is told of batches, one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// As many lines as fit on a terminal.
    Lines(u32),
    /// All of the scan that is named, or a thousand that are open.
    Everything,
}

/// Scans, with the batches and attempts of those that are named or not over.
#[derive(Debug, Serialize)]
pub(super) struct Picture {
    pub(super) scans: Vec<Scan>,
    pub(super) counts: Vec<Counted>,
    pub(super) batches: Vec<Batch>,
    /// How many there are of the kind that is listed.
    pub(super) batches_total: u64,
    pub(super) waiting: Vec<Waiting>,
    pub(super) slowest: Vec<Told>,
    pub(super) failures: Vec<Told>,
    pub(super) failures_total: u64,
    #[serde(skip)]
    pub(super) now: Timestamp,
}

/// How many batches a scan has in each state.
#[derive(Debug, Serialize)]
pub(super) struct Counted {
    /// The scan's number.
    pub(super) scan: u64,
    #[serde(flatten)]
    pub(super) batches: BatchCounts,
}

/// An attempt, with the scan that it belongs to.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    /// The scan's number.
    pub(super) scan: u64,
    #[serde(flatten)]
    pub(super) attempt: AttemptBody,
}

impl Told {
    /// The batch, as `resplit` takes it.
    pub(super) fn batch(&self) -> String {
        format!("{}/{}", self.scan, self.attempt.batch_number)
    }

    /// How long it has taken by `now`.
    pub(super) fn took(&self, now: Timestamp) -> Duration {
        words::between(self.attempt.started_at, self.attempt.ended_at.unwrap_or(now))
    }
}

impl Picture {
    pub(super) async fn take(
        desk: &Desk<'_>,
        reference: Option<&str>,
        detail: Detail,
    ) -> anyhow::Result<Self> {
        let scans = match reference {
            Some(reference) => vec![desk.scan(reference).await?],
            None => desk.scans().await?,
        };
        let mut picture = Self {
            scans: Vec::new(),
            counts: Vec::new(),
            batches: Vec::new(),
            batches_total: 0,
            waiting: Vec::new(),
            slowest: Vec::new(),
            failures: Vec::new(),
            failures_total: 0,
            now: Timestamp::now(),
        };
        let is_named = reference.is_some();
        for scan in scans.iter().filter(|scan| is_named || !scan.status.is_terminal()) {
            picture.add(desk, scan).await?;
            picture.list_batches(desk, scan, is_named, detail).await?;
        }
        picture.cut();
        Ok(Self { scans, ..picture })
    }

    async fn add(&mut self, desk: &Desk<'_>, scan: &Scan) -> anyhow::Result<()> {
        let most = Most { slowest: MOST_SLOW, failures: MOST_FAILURES };
        let overview = desk.overview(scan, most, self.now).await?;
        self.waiting.extend(waiting::of_scan(scan, &overview, desk.holder()));
        self.counts.push(Counted { scan: scan.number, batches: overview.counts });
        let told = |attempt| Told { scan: scan.number, attempt };
        self.slowest.extend(overview.slowest.into_iter().map(told));
        self.failures.extend(overview.failures.into_iter().map(told));
        self.failures_total += overview.failures_total;
        Ok(())
    }

    async fn list_batches(
        &mut self,
        desk: &Desk<'_>,
        scan: &Scan,
        is_named: bool,
        detail: Detail,
    ) -> anyhow::Result<()> {
        let counts = self.counts.last().map(|counted| counted.batches).unwrap_or_default();
        let (states, total, most): (&[_], _, _) = match detail {
            Detail::Everything if is_named => {
                self.batches_total = counts.total();
                self.batches = desk.batches(scan).await?;
                return Ok(());
            }
            Detail::Lines(most) if is_named && counts.total() <= most.into() => {
                (StateName::ALL, counts.total(), most)
            }
            Detail::Lines(most) => (&[StateName::Leased], counts.leased, most),
            Detail::Everything => {
                (&[StateName::Leased, StateName::Waiting], counts.open(), MOST_OPEN)
            }
        };
        self.batches_total += total;
        for state in states {
            let listed = u32::try_from(self.batches.len()).unwrap_or(u32::MAX);
            let most = most.saturating_sub(listed);
            self.batches.extend(desk.batches_in(scan, *state, most).await?);
        }
        if is_named {
            self.batches.sort_by_key(|batch| batch.body.number);
        }
        Ok(())
    }

    /// Leaves of several scans' attempts as many as of one.
    fn cut(&mut self) {
        let now = self.now;
        self.slowest.sort_by_key(|told| Reverse(told.took(now)));
        self.slowest.truncate(MOST_SLOW as usize);
        self.failures.sort_by_key(|told| told.attempt.started_at);
        let surplus = self.failures.len().saturating_sub(MOST_FAILURES as usize);
        self.failures.drain(..surplus);
    }

    /// Whether there is something left to watch.
    pub(super) fn may_change(&self) -> bool {
        self.scans.iter().any(|scan| !scan.status.is_terminal())
    }
}
