//! How fast a scan went.

use std::num::NonZeroU32;

use jiff::Timestamp;
use uuid::Uuid;

use crate::Realm;
use crate::error::StoreError;
use crate::steps::{pace, scans};

/// No interval is shorter, in milliseconds: batches end some seconds apart at best.
const SHORTEST: u64 = 1_000;

/// How fast a scan went, in intervals of the same length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// When it was started.
    pub since: Timestamp,
    /// When it ended, or now.
    pub until: Timestamp,
    /// How long an interval is; the last may end after `until`.
    pub interval_ms: u64,
    /// What was done in each.
    pub points: Vec<PacePoint>,
}

/// What was done in an interval: of batches that ended in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacePoint {
    /// Addresses that need not be looked at again.
    pub addresses: u64,
    /// Hosts found up.
    pub hosts_up: u64,
    /// Open ports found.
    pub open_ports: u64,
}

impl Realm {
    /// How fast the scan went from its start to its end, or to `now`, in at most so many intervals;
    /// nothing when it was not started yet.
    pub async fn pace(
        &self,
        scan: Uuid,
        most: NonZeroU32,
        now: Timestamp,
    ) -> Result<Option<Pace>, StoreError> {
        self.own(scan).await?;
        let mut step = self.store.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        let scan = scans::show(&mut step, scan_key).await?;
        let Some(since) = scan.started_at else { return Ok(None) };
        let until = scan.completed_at.unwrap_or(now).max(since);
        let took_ms = u64::try_from(until.duration_since(since).as_millis()).unwrap_or(0);
        let interval_ms = took_ms.div_ceil(most.get().into()).max(SHORTEST);
        let count = usize::try_from(took_ms.div_ceil(interval_ms).max(1)).unwrap_or(usize::MAX);
        let mut points = vec![PacePoint::default(); count];
        for (place, done) in pace::done(&mut step, scan_key, since, interval_ms).await? {
            let point = &mut points[place.min(count - 1)];
            point.addresses += done.addresses;
            point.hosts_up += done.hosts_up;
            point.open_ports += done.open_ports;
        }
        Ok(Some(Pace { since, until, interval_ms, points }))
    }
}
