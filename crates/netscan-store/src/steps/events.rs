//! Steps on events, which have a gap-free number per scan.

use jiff::Timestamp;
use netscan_model::coverage::Coverage;
use netscan_model::scan::State;
use serde::Serialize;
use serde_json::json;

use super::{count, from_json, json, millis, number, time};
use crate::error::StoreError;
use crate::records::EventRecord;
use crate::sqlite::{Connection, insert};

/// One thing to be told of a scan: its name, and the rest of it as JSON.
pub(crate) type Event = (&'static str, String);

pub(crate) fn event(name: &'static str, body: &impl Serialize) -> Event {
    (name, json(body))
}

/// Stores events under the scan's next numbers.
pub(crate) async fn tell(
    connection: &mut Connection,
    scan_key: i64,
    events: Vec<Event>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let new = number(events.len());
    let last: i64 = sqlx::query_scalar(
        "UPDATE scans SET last_seq = last_seq + $2 WHERE scan_key = $1 RETURNING last_seq",
    )
    .bind(scan_key)
    .bind(new)
    .fetch_one(&mut *connection)
    .await?;
    insert::events(connection, scan_key, last - new, millis(now), events).await
}

/// The event for a scan's new state, or for a new reason why it is there.
pub(crate) fn status(state: State, reason: Option<&str>) -> Event {
    event("status", &json!({ "status": state, "reason": reason }))
}

/// The event for a change of coverage.
pub(crate) fn progress(coverage: &Coverage) -> Event {
    event("progress", &json!({ "progress": coverage.progress(), "coverage": coverage }))
}

/// Events after `since`, oldest first.
pub(crate) async fn after(
    connection: &mut Connection,
    scan_key: i64,
    since: u64,
    limit: u32,
) -> Result<Vec<EventRecord>, StoreError> {
    let rows: Vec<(i64, i64, String, String)> = sqlx::query_as(
        "SELECT seq, at, event, body FROM events WHERE scan_key = $1 AND seq > $2
         ORDER BY seq LIMIT $3",
    )
    .bind(scan_key)
    .bind(number(since))
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    let record = |(seq, at, event, body): (i64, i64, String, String)| {
        Ok(EventRecord {
            seq: count(seq),
            ts: time(at)?,
            event,
            body: from_json("an event", &body)?,
        })
    };
    rows.into_iter().map(record).collect()
}
