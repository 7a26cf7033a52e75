//! Steps on the coverage ledger: what became of each address of a scan.
//!
//! Rows never overlap, and the counters on the scan are moved by the same functions that write
//! rows, so that pending = planned − everything else always holds.

use netscan_model::address::{Address, AddressRange, AddressSet};
use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use sqlx::QueryBuilder;

use super::{damaged, number, push_list, read};
use crate::error::StoreError;
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// Writes ranges that are pending so far. The caller sees to it that they are.
pub(crate) async fn record(
    connection: &mut Connection,
    scan_key: i64,
    ranges: &[CoverageRange],
) -> Result<(), StoreError> {
    if ranges.is_empty() {
        return Ok(());
    }
    for chunk in ranges.chunks(ROWS_PER_STATEMENT) {
        let mut insert = QueryBuilder::<Backend>::new(
            "INSERT INTO coverage (scan_key, first, last, count, state, reason) ",
        );
        insert.push_values(chunk, |mut row, range| {
            row.push_bind(scan_key)
                .push_bind(range.addresses.first().to_key())
                .push_bind(range.addresses.last().to_key())
                .push_bind(number(range.addresses.count()))
                .push_bind(range.state.name())
                .push_bind(range.reason.as_str());
        });
        insert.build().execute(&mut *connection).await?;
    }
    let counts = ranges.iter().map(|range| (range.state, number(range.addresses.count())));
    move_counters(connection, scan_key, counts).await
}

/// Makes every address in one of `states` pending again, and says which these were.
pub(crate) async fn reopen(
    connection: &mut Connection,
    scan_key: i64,
    states: &[CoverageState],
) -> Result<AddressSet, StoreError> {
    let mut reopened = Vec::new();
    for state in states {
        let ranges = ranges_in(connection, scan_key, *state).await?;
        sqlx::query("DELETE FROM coverage WHERE scan_key = $1 AND state = $2")
            .bind(scan_key)
            .bind(state.name())
            .execute(&mut *connection)
            .await?;
        let back = ranges.iter().map(|range| (*state, -number(range.addresses.count())));
        move_counters(connection, scan_key, back).await?;
        reopened.extend(ranges.into_iter().map(|range| range.addresses));
    }
    Ok(reopened.into_iter().collect())
}

/// Makes the addresses among `wanted` that are in one of `states` pending again, and says which
/// these were. Lines that reach beyond `wanted` are kept for what lies outside.
pub(crate) async fn reopen_within(
    connection: &mut Connection,
    scan_key: i64,
    states: &[CoverageState],
    wanted: &AddressSet,
) -> Result<AddressSet, StoreError> {
    let mut reopened = AddressSet::new();
    let mut kept = Vec::new();
    for state in states {
        for line in ranges_in(connection, scan_key, *state).await? {
            let whole = AddressSet::from_iter([line.addresses]);
            let back = whole.intersect(wanted);
            if back.is_empty() {
                continue;
            }
            sqlx::query("DELETE FROM coverage WHERE scan_key = $1 AND first = $2")
                .bind(scan_key)
                .bind(line.addresses.first().to_key())
                .execute(&mut *connection)
                .await?;
            let counted = [(*state, -number(whole.count()))];
            move_counters(connection, scan_key, counted.into_iter()).await?;
            kept.extend(CoverageRange::of_all(&whole.subtract(&back), *state, &line.reason));
            reopened = reopened.union(&back);
        }
    }
    record(connection, scan_key, &kept).await?;
    Ok(reopened)
}

/// Makes one address pending again. A line that reaches beyond it is kept for what lies outside.
pub(crate) async fn reopen_one(
    connection: &mut Connection,
    scan_key: i64,
    address: Address,
) -> Result<(), StoreError> {
    let row: Option<(Vec<u8>, Vec<u8>, String, String)> = sqlx::query_as(
        "DELETE FROM coverage WHERE scan_key = $1 AND last >= $2 AND first =
             (SELECT first FROM coverage WHERE scan_key = $1 AND first <= $2
              ORDER BY first DESC LIMIT 1)
         RETURNING first, last, state, reason",
    )
    .bind(scan_key)
    .bind(address.to_key())
    .fetch_optional(&mut *connection)
    .await?;
    let Some((first, last, state, reason)) = row else { return Ok(()) };
    let (whole, state) = (range(&first, &last)?, read("a coverage state", &state)?);
    move_counters(connection, scan_key, [(state, -number(whole.count()))].into_iter()).await?;
    let rest = AddressSet::from_iter([whole]).subtract(&AddressSet::from_iter([address]));
    record(connection, scan_key, &CoverageRange::of_all(&rest, state, &reason)).await
}

/// The next `limit` lines in one of `states` (in any, if none is named) behind the address, in
/// ascending order.
pub(crate) async fn page(
    connection: &mut Connection,
    scan_key: i64,
    states: &[CoverageState],
    after: Option<Address>,
    limit: u32,
) -> Result<Vec<CoverageRange>, StoreError> {
    let mut select = QueryBuilder::<Backend>::new(
        "SELECT first, last, state, reason FROM coverage WHERE scan_key = ",
    );
    select.push_bind(scan_key);
    if let Some(after) = after {
        select.push(" AND first > ").push_bind(after.to_key());
    }
    if !states.is_empty() {
        push_list(select.push(" AND state"), states.iter().map(|state| state.name()));
    }
    select.push(" ORDER BY first LIMIT ").push_bind(i64::from(limit));
    let rows: Vec<(Vec<u8>, Vec<u8>, String, String)> =
        select.build_query_as().fetch_all(connection).await?;
    let line = |(first, last, state, reason): (Vec<u8>, Vec<u8>, String, String)| {
        let state = read("a coverage state", &state)?;
        Ok(CoverageRange { addresses: range(&first, &last)?, state, reason })
    };
    rows.into_iter().map(line).collect()
}

/// The addresses among `wanted` that the ledger already knows of.
pub(crate) async fn accounted(
    connection: &mut Connection,
    scan_key: i64,
    wanted: &AddressSet,
) -> Result<AddressSet, StoreError> {
    let (Some(lowest), Some(highest)) = (wanted.ranges().first(), wanted.ranges().last()) else {
        return Ok(AddressSet::new());
    };
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        // The row that begins at the lowest address or before it may reach into `wanted`.
        "SELECT first, last FROM coverage WHERE scan_key = $1 AND first <= $3
             AND first >= COALESCE((SELECT first FROM coverage WHERE scan_key = $1 AND first <= $2
                                    ORDER BY first DESC LIMIT 1), $2)",
    )
    .bind(scan_key)
    .bind(lowest.first().to_key())
    .bind(highest.last().to_key())
    .fetch_all(connection)
    .await?;
    let known =
        rows.iter().map(|(first, last)| range(first, last)).collect::<Result<AddressSet, _>>()?;
    Ok(wanted.intersect(&known))
}

/// Those of the addresses that the ledger already knows of, however far they lie apart.
pub(crate) async fn known_among(
    connection: &mut Connection,
    scan_key: i64,
    addresses: &[Address],
) -> Result<AddressSet, StoreError> {
    let mut known = Vec::new();
    for chunk in addresses.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new("WITH asked (address) AS (");
        select.push_values(chunk, |mut row, address| {
            row.push_bind(address.to_key());
        });
        // The line that begins at the address or before it.
        select.push(
            ") SELECT asked.address FROM asked JOIN coverage c ON c.last >= asked.address
                 AND c.first = (SELECT before.first FROM coverage before
                                WHERE before.first <= asked.address AND before.scan_key = ",
        );
        select.push_bind(scan_key);
        select.push(" ORDER BY before.first DESC LIMIT 1) WHERE c.scan_key = ").push_bind(scan_key);
        let rows: Vec<Vec<u8>> = select.build_query_scalar().fetch_all(&mut *connection).await?;
        for key in rows {
            let address = Address::from_key(&key);
            known.push(address.ok_or_else(|| damaged("an address", format!("{key:?}")))?);
        }
    }
    Ok(known.into_iter().collect())
}

/// Every address that the ledger has a row for.
pub(crate) async fn all_accounted(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<AddressSet, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT first, last FROM coverage WHERE scan_key = $1")
            .bind(scan_key)
            .fetch_all(connection)
            .await?;
    rows.iter().map(|(first, last)| range(first, last)).collect()
}

/// The rows in one state, in ascending order.
pub(crate) async fn ranges_in(
    connection: &mut Connection,
    scan_key: i64,
    state: CoverageState,
) -> Result<Vec<CoverageRange>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>, String)> = sqlx::query_as(
        "SELECT first, last, reason FROM coverage WHERE scan_key = $1 AND state = $2 ORDER BY first",
    )
    .bind(scan_key)
    .bind(state.name())
    .fetch_all(connection)
    .await?;
    let record = |(first, last, reason): (Vec<u8>, Vec<u8>, String)| {
        Ok(CoverageRange { addresses: range(&first, &last)?, state, reason })
    };
    rows.into_iter().map(record).collect()
}

/// The counters of a scan's row.
#[derive(sqlx::FromRow)]
pub(crate) struct Counters {
    planned: i64,
    up: i64,
    down: i64,
    timed_out: i64,
    unresolved: i64,
    excluded: i64,
    out_of_scope: i64,
    failed: i64,
    cancelled: i64,
}

/// How many addresses are in each state.
pub(crate) async fn coverage(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<Coverage, StoreError> {
    let row: Counters = sqlx::query_as(
        "SELECT planned, up, down, timed_out, unresolved, excluded, out_of_scope, failed, cancelled
         FROM scans WHERE scan_key = $1",
    )
    .bind(scan_key)
    .fetch_one(connection)
    .await?;
    Ok(row.coverage())
}

impl Counters {
    pub(crate) fn coverage(&self) -> Coverage {
        let known = [
            (CoverageState::Up, self.up),
            (CoverageState::Down, self.down),
            (CoverageState::TimedOut, self.timed_out),
            (CoverageState::Unresolved, self.unresolved),
            (CoverageState::Excluded, self.excluded),
            (CoverageState::OutOfScope, self.out_of_scope),
            (CoverageState::Failed, self.failed),
            (CoverageState::Cancelled, self.cancelled),
        ];
        let pending = self.planned - known.iter().map(|(_, count)| count).sum::<i64>();
        let states = known.into_iter().chain([(CoverageState::Pending, pending)]);
        Coverage::of(states.map(|(state, count)| (state, super::count(count))))
    }
}

async fn move_counters(
    connection: &mut Connection,
    scan_key: i64,
    counts: impl Iterator<Item = (CoverageState, i64)>,
) -> Result<(), StoreError> {
    let mut by_state = [0_i64; CoverageState::ALL.len()];
    for (state, count) in counts {
        by_state[state as usize] += count;
    }
    let of = |state: CoverageState| by_state[state as usize];
    sqlx::query(
        "UPDATE scans SET up = up + $2, down = down + $3, timed_out = timed_out + $4,
             unresolved = unresolved + $5, excluded = excluded + $6,
             out_of_scope = out_of_scope + $7, failed = failed + $8, cancelled = cancelled + $9
         WHERE scan_key = $1",
    )
    .bind(scan_key)
    .bind(of(CoverageState::Up))
    .bind(of(CoverageState::Down))
    .bind(of(CoverageState::TimedOut))
    .bind(of(CoverageState::Unresolved))
    .bind(of(CoverageState::Excluded))
    .bind(of(CoverageState::OutOfScope))
    .bind(of(CoverageState::Failed))
    .bind(of(CoverageState::Cancelled))
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) fn range(first: &[u8], last: &[u8]) -> Result<AddressRange, StoreError> {
    let ends = Address::from_key(first).zip(Address::from_key(last));
    ends.and_then(|(first, last)| AddressRange::new(first, last))
        .ok_or_else(|| damaged("a range of addresses", format!("{first:?}-{last:?}")))
}

pub(crate) fn addresses(text: &str) -> Result<AddressSet, StoreError> {
    read("a set of addresses", text)
}
