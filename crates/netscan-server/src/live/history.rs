//! Stored events for those who watch, written as JSON once for all of them.

use netscan_api::frame::stored_frame;
use netscan_broker::{History, StoredEvent};
use netscan_store::{EventRecord, Store, StoreError};
use uuid::Uuid;

/// The store, as the bus reads it.
#[derive(Clone, Debug)]
pub struct StoredHistory {
    store: Store,
}

impl StoredHistory {
    /// What `store` holds. Who may watch which scan is asked before anything is read here.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl History for StoredHistory {
    type Error = StoreError;

    async fn events(
        &self,
        scan: Uuid,
        since: u64,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let records = self.store.events(scan, since, limit).await?;
        Ok(records.into_iter().map(|record| frame(scan, &record)).collect())
    }

    async fn head(&self, scan: Uuid) -> Result<u64, StoreError> {
        self.store.head(scan).await
    }

    async fn heads(&self, project: Uuid) -> Result<Vec<(Uuid, u64)>, StoreError> {
        self.store.heads(project).await
    }
}

fn frame(scan: Uuid, record: &EventRecord) -> StoredEvent {
    let EventRecord { seq, ts, event, body } = record;
    let frame = stored_frame(scan, *seq, *ts, event, body).into();
    StoredEvent { seq: *seq, frame, at: *ts }
}
