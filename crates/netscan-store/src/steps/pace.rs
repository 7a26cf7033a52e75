//! Steps on how fast a scan went.

use jiff::Timestamp;

use super::{count, millis, number};
use crate::error::StoreError;
use crate::pace::PacePoint;
use crate::sqlite::Connection;

/// What was done in each interval in which a batch ended, and which interval that is.
pub(crate) async fn done(
    connection: &mut Connection,
    scan_key: i64,
    since: Timestamp,
    interval_ms: u64,
) -> Result<Vec<(usize, PacePoint)>, StoreError> {
    // Of a batch that was cut, its parts carry what was left to do; of one that was cancelled, nobody
    // knows how much was done.
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT (b.ended_at - $2) / $3,
             SUM(CASE b.state WHEN 'cancelled' THEN 0 WHEN 'superseded' THEN b.address_count
                 - COALESCE((SELECT SUM(part.address_count) FROM batches part
                             WHERE part.parent_key = b.batch_key), 0)
                 ELSE b.address_count END),
             SUM(b.hosts_up), SUM(b.open_ports)
         FROM batches b
         WHERE b.scan_key = $1 AND b.state IN ('succeeded', 'failed', 'cancelled', 'superseded')
             AND b.ended_at IS NOT NULL
         GROUP BY (b.ended_at - $2) / $3",
    )
    .bind(scan_key)
    .bind(millis(since))
    .bind(number(interval_ms))
    .fetch_all(connection)
    .await?;
    let point = |(place, addresses, hosts_up, open_ports): (i64, i64, i64, i64)| {
        let (addresses, hosts_up) = (count(addresses), count(hosts_up));
        let place = usize::try_from(place).unwrap_or(0);
        (place, PacePoint { addresses, hosts_up, open_ports: count(open_ports) })
    };
    Ok(rows.into_iter().map(point).collect())
}
