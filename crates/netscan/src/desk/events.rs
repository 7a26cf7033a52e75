//! What happened to a scan, as it is stored.

use netscan_api::frame::EventBody;
use netscan_api::query::ListEvents;
use netscan_model::scan::Scan;
use netscan_store::EventRecord;

use super::{Desk, Place};

/// Events that are read at a time.
const PAGE: u32 = 200;

impl Desk<'_> {
    /// The next events behind number `since`, oldest first.
    pub(crate) async fn events(&self, scan: &Scan, since: u64) -> anyhow::Result<Vec<EventBody>> {
        self.some_events(scan, since, PAGE).await
    }

    /// The number of the scan's last event; 0 before the first.
    pub(crate) async fn last_event(&self, scan: &Scan) -> anyhow::Result<u64> {
        if let Place::Here(realm) = &self.place {
            return Ok(realm.head(scan.id).await?);
        }
        // A server lists events and does not count them. They are numbered without gaps, so the
        // last is found by doubling, and then by halving what is left.
        let (mut there, mut beyond) = (0, 1);
        while self.has_event_behind(scan, beyond - 1).await? {
            (there, beyond) = (beyond, beyond.saturating_mul(2));
        }
        while beyond - there > 1 {
            let middle = there + (beyond - there) / 2;
            if self.has_event_behind(scan, middle - 1).await? {
                there = middle;
            } else {
                beyond = middle;
            }
        }
        Ok(there)
    }

    async fn has_event_behind(&self, scan: &Scan, since: u64) -> anyhow::Result<bool> {
        Ok(!self.some_events(scan, since, 1).await?.is_empty())
    }

    async fn some_events(
        &self,
        scan: &Scan,
        since: u64,
        most: u32,
    ) -> anyhow::Result<Vec<EventBody>> {
        match &self.place {
            Place::Here(realm) => {
                let body = |EventRecord { seq, ts, event, body }| {
                    EventBody::new(scan.id, seq, ts, &event, body)
                };
                let events = realm.events(scan.id, since, most).await?;
                Ok(events.into_iter().map(body).collect())
            }
            Place::There(client) => {
                let query = ListEvents { since: Some(since), limit: Some(most) };
                Ok(client.events(scan.id, &query).await?.items)
            }
        }
    }
}
