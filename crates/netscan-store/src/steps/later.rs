//! Steps on hosts that took too long: they come back alone and with more time, behind everything
//! else, so that nobody waits for them and they are not given up either.

use jiff::Timestamp;
use netscan_model::address::{AddressRange, AddressSet};
use netscan_model::coverage::CoverageState;
use netscan_model::scan::{Desired, Priority};
use serde_json::json;

use super::batches::{self, BatchRow};
use super::{events, ledger, number, scans};
use crate::error::StoreError;
use crate::records::Lease;
use crate::sqlite::Connection;

/// How many times as long as the scan's limit says a host may take the second time.
const PATIENCE: i64 = 4;
const REASON: &str = "the host's time limit was reached; it is tried once more, alone and with \
                      four times as much time";

/// Makes a batch of each host of an attempt's batch that reached the scan's time limit for hosts,
/// unless this was its second time. What was learned of it stays until more is known.
pub(crate) async fn put_off(
    connection: &mut Connection,
    lease: &Lease,
    row: &BatchRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let is_first_time = row.patience == 1;
    if lease.limits.host_timeout_ms.is_none() || !is_first_time {
        return Ok(());
    }
    if scans::by_key(connection, row.scan_key).await?.lifecycle()?.desired == Desired::Stop {
        return Ok(());
    }
    let states = [CoverageState::TimedOut];
    let late = ledger::reopen_within(connection, row.scan_key, &states, &row.addresses()?).await?;
    if late.is_empty() {
        return Ok(());
    }
    let alone = late.iter().map(|address| AddressSet::from_iter([AddressRange::from(address)]));
    let parts = batches::alike(alone, lease.limits.attempts.get());
    let numbers = batches::insert(connection, row.scan_key, Some(row), parts, now).await?;
    sqlx::query(
        "UPDATE batches SET patience = $4, priority = $5, reason = $6
         WHERE scan_key = $1 AND number BETWEEN $2 AND $3",
    )
    .bind(row.scan_key)
    .bind(number(*numbers.start()))
    .bind(number(*numbers.end()))
    .bind(PATIENCE)
    .bind(scans::rank(Priority::Low))
    .bind(REASON)
    .execute(&mut *connection)
    .await?;
    let reason = "their hosts took too long, and are tried once more, alone";
    let parts: Vec<_> = numbers.collect();
    let body = json!({ "batch_id": row.id, "parts": parts, "reason": reason });
    events::tell(connection, row.scan_key, vec![events::event("batch_split", &body)], now).await
}
