//! Steps on batches: storing, listing, cutting, and carrying out what the model decides.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use netscan_model::address::AddressSet;
use netscan_model::batch::{Batch, Effect, Event, InvalidTransition, Part, State, StateName};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::scan::{Command, Desired, OpenBatches, Priority, Refusal};
use serde_json::json;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::scans::{positive, priority, rank};
use super::{count, damaged, events, id, ledger, millis, number, read, scans, some_time, time};
use crate::error::StoreError;
use crate::records::{BatchChanges, BatchCounts, BatchRecord, Split};
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// Stores waiting batches under the scan's next numbers, and says which these are. The iterator is
/// drawn a few hundred at a time, so a plan for a /8 is never in memory. Parts are as urgent as what
/// they were cut from.
pub(crate) async fn insert(
    connection: &mut Connection,
    scan_key: i64,
    parent: Option<&BatchRow>,
    parts: impl Iterator<Item = Part>,
    not_before: Timestamp,
) -> Result<RangeInclusive<u64>, StoreError> {
    let scan: String = sqlx::query_scalar("SELECT id FROM scans WHERE scan_key = $1")
        .bind(scan_key)
        .fetch_one(&mut *connection)
        .await?;
    let scan = id(&scan)?;
    let mut last: i64 = sqlx::query_scalar("SELECT last_batch FROM scans WHERE scan_key = $1")
        .bind(scan_key)
        .fetch_one(&mut *connection)
        .await?;
    let first = last + 1;
    let parent_key = parent.map(|parent| parent.batch_key);
    let priority = parent.map_or(rank(Priority::default()), |parent| parent.priority);
    let mut parts = parts.peekable();
    while parts.peek().is_some() {
        let mut insert = QueryBuilder::<Backend>::new(
            "INSERT INTO batches (id, scan_key, number, parent_key, addresses, address_count,
                 state, not_before, attempts_allowed, priority) ",
        );
        insert.push_values(parts.by_ref().take(ROWS_PER_STATEMENT), |mut row, part| {
            last += 1;
            row.push_bind(batch_id(scan, last).to_string())
                .push_bind(scan_key)
                .push_bind(last)
                .push_bind(parent_key)
                .push_bind(part.addresses.to_string())
                .push_bind(number(part.addresses.count()))
                .push_bind(StateName::Waiting.name())
                .push_bind(millis(not_before))
                .push_bind(i64::from(part.attempts_allowed))
                .push_bind(priority);
        });
        insert.build().execute(&mut *connection).await?;
    }
    sqlx::query("UPDATE scans SET last_batch = $2 WHERE scan_key = $1")
        .bind(scan_key)
        .bind(last)
        .execute(connection)
        .await?;
    Ok(count(first)..=count(last))
}

/// Parts that may all have as many attempts.
pub(crate) fn alike(
    sets: impl Iterator<Item = AddressSet>,
    attempts_allowed: u32,
) -> impl Iterator<Item = Part> {
    sets.map(move |addresses| Part { addresses, attempts_allowed })
}

/// A batch's id follows from its scan's and its number (RFC 9562, version 5).
fn batch_id(scan: Uuid, number: i64) -> Uuid {
    Uuid::new_v5(&scan, &number.to_be_bytes())
}

/// Removes every batch of a scan that has not been started.
pub(crate) async fn clear(connection: &mut Connection, scan_key: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM batches WHERE scan_key = $1")
        .bind(scan_key)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE scans SET last_batch = 0 WHERE scan_key = $1")
        .bind(scan_key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether batches wait and whether some are with workers.
pub(crate) async fn open(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<OpenBatches, StoreError> {
    // Not counted: of a large scan 65,536 may wait, and this is asked at every step.
    let any = "SELECT batch_key FROM batches WHERE scan_key = $1 AND state = $2 LIMIT 1";
    let mut found = [false; 2];
    for (found, state) in found.iter_mut().zip([StateName::Waiting, StateName::Leased]) {
        let row: Option<i64> = sqlx::query_scalar(any)
            .bind(scan_key)
            .bind(state.name())
            .fetch_optional(&mut *connection)
            .await?;
        *found = row.is_some();
    }
    let [is_any_waiting, is_any_leased] = found;
    Ok(OpenBatches { is_any_waiting, is_any_leased })
}

/// Cancels every batch that waits, tells of it, and says whether there was one.
pub(crate) async fn cancel_waiting(
    connection: &mut Connection,
    scan_key: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE batches SET state = 'cancelled', ended_at = $2
         WHERE scan_key = $1 AND state = 'waiting'",
    )
    .bind(scan_key)
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    let count = done.rows_affected();
    if count > 0 {
        let told = vec![events::event("batch_cancel", &json!({ "batches": count }))];
        events::tell(connection, scan_key, told, now).await?;
    }
    Ok(count > 0)
}

/// The addresses that are with workers.
pub(crate) async fn leased_addresses(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<AddressSet, StoreError> {
    let sets = leased_sets(connection, scan_key).await?;
    Ok(sets.iter().flat_map(AddressSet::ranges).copied().collect())
}

/// The addresses of each batch of the scan that a worker has.
pub(crate) async fn leased_sets(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<Vec<AddressSet>, StoreError> {
    let texts: Vec<String> = sqlx::query_scalar(
        "SELECT addresses FROM batches WHERE scan_key = $1 AND state = 'leased'",
    )
    .bind(scan_key)
    .fetch_all(connection)
    .await?;
    texts.iter().map(|text| ledger::addresses(text)).collect()
}

/// A batch as the lifecycle's rules see it, with what they need to be carried out.
#[derive(sqlx::FromRow)]
pub(crate) struct BatchRow {
    pub(crate) batch_key: i64,
    pub(crate) id: String,
    pub(crate) scan_key: i64,
    pub(crate) number: i64,
    addresses: String,
    state: String,
    not_before: i64,
    worker: Option<String>,
    lease_until: Option<i64>,
    pub(crate) epoch: i64,
    attempts: i64,
    attempts_allowed: i64,
    reason: Option<String>,
    cut_size: Option<i64>,
    is_unwanted: i64,
    priority: i64,
    /// How many times as long as usual its hosts may take.
    pub(crate) patience: i64,
    hosts_up: i64,
    open_ports: i64,
}

impl BatchRow {
    pub(crate) fn addresses(&self) -> Result<AddressSet, StoreError> {
        ledger::addresses(&self.addresses)
    }

    pub(crate) fn state(&self) -> Result<StateName, StoreError> {
        read("a batch state", &self.state)
    }

    fn batch(&self) -> Result<Batch, StoreError> {
        let lease = self.worker.clone().zip(self.lease_until);
        let state = match (self.state()?, lease) {
            (StateName::Waiting, _) => State::Waiting { not_before: time(self.not_before)? },
            (StateName::Leased, Some((worker, until))) => {
                State::Leased { worker, until: time(until)? }
            }
            (StateName::Leased, None) => return Err(damaged("a lease", "")),
            (StateName::Succeeded, _) => State::Succeeded,
            (StateName::Failed, _) => {
                State::Failed { reason: self.reason.clone().unwrap_or_default() }
            }
            (StateName::Cancelled, _) => State::Cancelled,
            (StateName::Superseded, _) => State::Superseded,
        };
        let attempts =
            u32::try_from(self.attempts).map_err(|_| damaged("a count", self.attempts))?;
        let allowed = u32::try_from(self.attempts_allowed);
        let attempts_allowed = allowed.map_err(|_| damaged("a count", self.attempts_allowed))?;
        Ok(Batch { state, attempts, attempts_allowed })
    }
}

const ROW: &str = "SELECT batch_key, id, scan_key, number, addresses, state, not_before, worker,
     lease_until, epoch, attempts, attempts_allowed, reason, cut_size, is_unwanted, priority, patience,
     hosts_up, open_ports
 FROM batches ";

pub(crate) async fn row(
    connection: &mut Connection,
    batch_key: i64,
) -> Result<BatchRow, StoreError> {
    let row = sqlx::query_as(sqlx::AssertSqlSafe(format!("{ROW} WHERE batch_key = $1")))
        .bind(batch_key)
        .fetch_one(connection)
        .await?;
    Ok(row)
}

/// Moves a batch by the model's rules, stores it, carries out the effects and tells of them.
pub(crate) async fn apply(
    connection: &mut Connection,
    row: &BatchRow,
    event: Event,
    now: Timestamp,
) -> Result<StateName, StoreError> {
    let reason = match &event {
        Event::Fail { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    let (batch, effects) = row.batch()?.apply(event, now)?;
    let state = batch.state.name();
    write(connection, row, &batch, reason.as_deref(), now).await?;
    for effect in effects {
        carry_out(connection, row, effect, now).await?;
    }
    if let Some(event) = announcement(row, &batch, reason.as_deref()) {
        events::tell(connection, row.scan_key, vec![event], now).await?;
    }
    Ok(state)
}

async fn write(
    connection: &mut Connection,
    row: &BatchRow,
    batch: &Batch,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (not_before, worker, until) = match &batch.state {
        State::Waiting { not_before } => (millis(*not_before), None, None),
        State::Leased { worker, until } => (row.not_before, Some(worker), Some(millis(*until))),
        _ => (row.not_before, None, None),
    };
    let state = batch.state.name();
    let is_over = !matches!(state, StateName::Waiting | StateName::Leased);
    sqlx::query(
        "UPDATE batches SET state = $2, not_before = $3, worker = $4, lease_until = $5,
             attempts = $6, reason = COALESCE($7, reason),
             started_at = CASE WHEN $2 = 'leased' THEN COALESCE(started_at, $8) ELSE started_at END,
             ended_at = CASE WHEN $9 THEN $8 ELSE NULL END,
             rate = CASE WHEN $2 = 'leased' THEN rate END,
             networks = CASE WHEN $2 = 'leased' THEN networks END
         WHERE batch_key = $1",
    )
    .bind(row.batch_key)
    .bind(state.name())
    .bind(not_before)
    .bind(worker)
    .bind(until)
    .bind(i64::from(batch.attempts))
    .bind(reason)
    .bind(millis(now))
    .bind(is_over)
    .execute(connection)
    .await?;
    Ok(())
}

async fn carry_out(
    connection: &mut Connection,
    row: &BatchRow,
    effect: Effect,
    now: Timestamp,
) -> Result<(), StoreError> {
    match effect {
        Effect::Split { parts, not_before } => {
            let numbers =
                insert(connection, row.scan_key, Some(row), parts.into_iter(), not_before).await?;
            let body = json!({ "batch_id": row.id, "parts": numbers.collect::<Vec<_>>() });
            let told = vec![events::event("batch_split", &body)];
            events::tell(connection, row.scan_key, told, now).await
        }
        Effect::GiveUp { addresses, reason } => {
            let lines = CoverageRange::of_all(&addresses, CoverageState::Failed, &reason);
            ledger::record(connection, row.scan_key, &lines).await
        }
    }
}

/// What is told of a batch that has become `now`, if anything is.
fn announcement(row: &BatchRow, now: &Batch, reason: Option<&str>) -> Option<events::Event> {
    let (id, state) = (&row.id, now.state.name());
    match state {
        StateName::Succeeded | StateName::Failed | StateName::Cancelled => {
            let summary = json!({ "hosts_up": row.hosts_up, "open_ports": row.open_ports });
            let body = json!({
                "batch_id": id, "status": state, "summary": summary, "reason": reason
            });
            Some(events::event("batch_complete", &body))
        }
        StateName::Waiting => {
            let body = json!({ "batch_id": id, "attempts": now.attempts, "reason": reason });
            Some(events::event("batch_retry", &body))
        }
        StateName::Leased | StateName::Superseded => None,
    }
}

/// Cuts a batch that waits into parts of `size` addresses, and asks the worker of one that runs to
/// do so. A batch that was cut before keeps the parts it has: asking twice is asking once.
pub(crate) async fn split(
    connection: &mut Connection,
    row: &BatchRow,
    size: NonZeroU32,
    now: Timestamp,
) -> Result<Split, StoreError> {
    let addresses = row.addresses()?;
    let done = ledger::accounted(connection, row.scan_key, &addresses).await?;
    let remaining = addresses.subtract(&done);
    match row.state()? {
        StateName::Superseded => Ok(Split::Done(children(connection, row.batch_key).await?)),
        StateName::Waiting | StateName::Leased if remaining.count() <= u128::from(size.get()) => {
            Ok(Split::SmallEnough)
        }
        StateName::Waiting => {
            apply(connection, row, Event::Split { parts: parts_of(&remaining, size) }, now).await?;
            Ok(Split::Done(children(connection, row.batch_key).await?))
        }
        // Nothing may run twice at a time, so the parts are made when the worker has ended.
        StateName::Leased => {
            sqlx::query("UPDATE batches SET cut_size = $2 WHERE batch_key = $1")
                .bind(row.batch_key)
                .bind(i64::from(size.get()))
                .execute(connection)
                .await?;
            Ok(Split::Asked)
        }
        state => Ok(Split::Over(state)),
    }
}

fn parts_of(remaining: &AddressSet, size: NonZeroU32) -> Vec<AddressSet> {
    remaining.cut(remaining.count().div_ceil(u128::from(size.get())))
}

/// The parts that the batch is to be cut into when its worker lets go of it with these addresses
/// left, if somebody asked for that.
fn wanted_parts(row: &BatchRow, remaining: &AddressSet) -> Option<Vec<AddressSet>> {
    let size = u32::try_from(row.cut_size?).ok().and_then(NonZeroU32::new)?;
    (remaining.count() > u128::from(size.get())).then(|| parts_of(remaining, size))
}

/// What becomes of a batch whose worker lets go of it with these addresses left, if somebody wants
/// it stopped or cut.
pub(crate) async fn carry_out_wish(
    connection: &mut Connection,
    row: &BatchRow,
    remaining: &AddressSet,
    now: Timestamp,
) -> Result<Option<StateName>, StoreError> {
    if row.is_unwanted != 0 && !remaining.is_empty() {
        return cancel(connection, row, now).await.map(Some);
    }
    match wanted_parts(row, remaining) {
        Some(parts) => apply(connection, row, Event::Split { parts }, now).await.map(Some),
        None => Ok(None),
    }
}

/// The batches with workers that somebody wants cut or stopped.
pub(crate) async fn to_be_recalled(connection: &mut Connection) -> Result<Vec<Uuid>, StoreError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM batches
         WHERE state = 'leased' AND (cut_size IS NOT NULL OR is_unwanted <> 0)",
    )
    .fetch_all(connection)
    .await?;
    ids.iter().map(|text| id(text)).collect()
}

/// Cancels a batch that waits, and asks the worker of one that runs to let go of it. One that is
/// cancelled already stays as it is.
pub(crate) async fn stop(
    connection: &mut Connection,
    row: &BatchRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    match row.state()? {
        StateName::Waiting => cancel(connection, row, now).await.map(|_| ()),
        StateName::Leased => {
            sqlx::query("UPDATE batches SET is_unwanted = 1 WHERE batch_key = $1")
                .bind(row.batch_key)
                .execute(connection)
                .await?;
            Ok(())
        }
        StateName::Cancelled => Ok(()),
        state => Err(InvalidTransition { state, verb: "be stopped" }.into()),
    }
}

/// Cancels a batch that somebody does not want, with what is left of it.
pub(crate) async fn cancel(
    connection: &mut Connection,
    row: &BatchRow,
    now: Timestamp,
) -> Result<StateName, StoreError> {
    let all = row.addresses()?;
    let remaining = all.subtract(&ledger::accounted(connection, row.scan_key, &all).await?);
    let lines =
        CoverageRange::of_all(&remaining, CoverageState::Cancelled, "the batch was stopped");
    ledger::record(connection, row.scan_key, &lines).await?;
    apply(connection, row, Event::Cancel, now).await
}

/// Makes a new batch of what a batch that was given up or stopped has left over. A scan that had
/// ended goes on with it.
pub(crate) async fn retry(
    connection: &mut Connection,
    row: &BatchRow,
    now: Timestamp,
) -> Result<BatchRecord, StoreError> {
    let state = row.state()?;
    if !matches!(state, StateName::Failed | StateName::Cancelled) {
        return Err(InvalidTransition { state, verb: "be tried again" }.into());
    }
    let scan = scans::by_key(connection, row.scan_key).await?;
    let lifecycle = scan.lifecycle()?;
    if lifecycle.state.is_terminal() {
        lifecycle.command(Command::Retry)?;
    } else if lifecycle.desired == Desired::Stop {
        let command = Command::Retry;
        return Err(Refusal::Stopping { command }.into());
    }
    let states = [CoverageState::Failed, CoverageState::Cancelled, CoverageState::TimedOut];
    let left = ledger::reopen_within(connection, row.scan_key, &states, &row.addresses()?).await?;
    if left.is_empty() {
        return Err(StoreError::NothingLeft { number: count(row.number) });
    }
    let part = Part { addresses: left, attempts_allowed: scan.limits()?.attempts.get() };
    let numbers = insert(connection, row.scan_key, Some(row), std::iter::once(part), now).await?;
    if lifecycle.state.is_terminal() {
        scans::command(connection, row.scan_key, Command::Retry, now).await?;
    }
    numbered(connection, row.scan_key, *numbers.start()).await
}

/// Changes how a batch that is not over is run.
pub(crate) async fn change(
    connection: &mut Connection,
    row: &BatchRow,
    changes: &BatchChanges,
) -> Result<(), StoreError> {
    let state = row.state()?;
    if !matches!(state, StateName::Waiting | StateName::Leased) {
        return Err(InvalidTransition { state, verb: "be changed" }.into());
    }
    sqlx::query(
        "UPDATE batches SET priority = COALESCE($2, priority),
             attempts_allowed = COALESCE($3, attempts_allowed)
         WHERE batch_key = $1",
    )
    .bind(row.batch_key)
    .bind(changes.priority.map(rank))
    .bind(changes.attempts_allowed.map(|attempts| i64::from(attempts.get())))
    .execute(connection)
    .await?;
    Ok(())
}

/// The organisation's batch with this id.
pub(crate) async fn by_id(
    connection: &mut Connection,
    batch: Uuid,
    organisation_key: i64,
) -> Result<Option<BatchRow>, StoreError> {
    let row = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{ROW} WHERE id = $1 AND EXISTS
             (SELECT 1 FROM scans s JOIN projects p ON p.project_key = s.project_key
              WHERE s.scan_key = batches.scan_key AND p.organisation_key = $2)"
    )))
    .bind(batch.to_string())
    .bind(organisation_key)
    .fetch_optional(connection)
    .await?;
    Ok(row)
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    id: String,
    scan: String,
    number: i64,
    parent: Option<String>,
    addresses: String,
    address_count: i64,
    state: String,
    not_before: i64,
    worker: Option<String>,
    attempts: i64,
    attempts_allowed: i64,
    priority: i64,
    rate: Option<i64>,
    reason: Option<String>,
    hosts_up: i64,
    open_ports: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
}

const LISTED: &str = "SELECT b.id, s.id AS scan, b.number, parent.id AS parent, b.addresses,
     b.address_count, b.state, b.not_before, b.worker, b.attempts, b.attempts_allowed, b.priority,
     b.rate, b.reason, b.hosts_up, b.open_ports, b.started_at, b.ended_at
 FROM batches b JOIN scans s ON s.scan_key = b.scan_key
     LEFT JOIN batches parent ON parent.batch_key = b.parent_key ";

fn record(row: ListedRow) -> Result<BatchRecord, StoreError> {
    Ok(BatchRecord {
        id: id(&row.id)?,
        scan_id: id(&row.scan)?,
        number: count(row.number),
        parent_id: row.parent.as_deref().map(id).transpose()?,
        status: read("a batch state", &row.state)?,
        addresses: ledger::addresses(&row.addresses)?,
        address_count: count(row.address_count),
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        attempts_allowed: u32::try_from(row.attempts_allowed).unwrap_or(u32::MAX),
        priority: priority(row.priority)?,
        rate: row.rate.map(positive).transpose()?,
        worker: row.worker,
        not_before: time(row.not_before)?,
        reason: row.reason,
        hosts_up: count(row.hosts_up),
        open_ports: count(row.open_ports),
        started_at: some_time(row.started_at)?,
        ended_at: some_time(row.ended_at)?,
    })
}

/// The scan's batches by number.
pub(crate) async fn list(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<Vec<BatchRecord>, StoreError> {
    let rows: Vec<ListedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{LISTED} WHERE b.scan_key = $1 ORDER BY b.number"
    )))
    .bind(scan_key)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(record).collect()
}

/// The children of a batch that was cut.
pub(crate) async fn children(
    connection: &mut Connection,
    batch_key: i64,
) -> Result<Vec<BatchRecord>, StoreError> {
    let rows: Vec<ListedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{LISTED} WHERE b.parent_key = $1 ORDER BY b.number"
    )))
    .bind(batch_key)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(record).collect()
}

/// Finds a batch of the project by id or unique prefix of it, by `SCAN/NUMBER`, or by its number
/// in the newest scan.
pub(crate) async fn find(
    connection: &mut Connection,
    project_key: i64,
    reference: &str,
) -> Result<Option<BatchRow>, StoreError> {
    let by_number = match reference.split_once('/') {
        Some((scan, batch)) => Some((scan, batch)),
        None if reference.parse::<i64>().is_ok() => Some(("latest", reference)),
        None => None,
    };
    if let Some((scan, batch)) = by_number {
        let Some(scan) = scans::find(connection, project_key, scan).await? else { return Ok(None) };
        let found = in_scan(connection, scan.scan_key, batch).await?;
        if found.is_some() || reference.contains('/') {
            return Ok(found);
        }
    }
    let rows: Vec<BatchRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{ROW} WHERE $2 <> '' AND substr(id, 1, CAST($1 AS INTEGER)) = $2
             AND scan_key IN (SELECT scan_key FROM scans WHERE project_key = $3)"
    )))
    .bind(number(reference.len()))
    .bind(reference.to_ascii_lowercase())
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    only(rows, reference)
}

/// Finds a batch of one scan by number, id or unique prefix of it.
pub(crate) async fn in_scan(
    connection: &mut Connection,
    scan_key: i64,
    reference: &str,
) -> Result<Option<BatchRow>, StoreError> {
    let rows: Vec<BatchRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{ROW} WHERE scan_key = $1
             AND (number = $2 OR ($4 <> '' AND substr(id, 1, CAST($3 AS INTEGER)) = $4))"
    )))
    .bind(scan_key)
    .bind(reference.parse::<i64>().unwrap_or(-1))
    .bind(number(reference.len()))
    .bind(reference.to_ascii_lowercase())
    .fetch_all(connection)
    .await?;
    let numbered = rows.iter().position(|row| row.number.to_string() == reference);
    match numbered {
        Some(place) => Ok(rows.into_iter().nth(place)),
        None => only(rows, reference),
    }
}

fn only(mut rows: Vec<BatchRow>, reference: &str) -> Result<Option<BatchRow>, StoreError> {
    if rows.len() > 1 {
        let reference = reference.to_owned();
        return Err(StoreError::Ambiguous { reference, count: rows.len(), things: "batches" });
    }
    Ok(rows.pop())
}

/// How many batches of the scan are in each state, and what those that wait for their time wait for.
pub(crate) async fn counts(
    connection: &mut Connection,
    scan_key: i64,
    now: Timestamp,
) -> Result<BatchCounts, StoreError> {
    let rows: Vec<(String, i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT state, COUNT(*),
             COALESCE(SUM(CASE WHEN state = 'waiting' AND not_before > $2 THEN 1 ELSE 0 END), 0),
             MIN(CASE WHEN state = 'waiting' AND not_before > $2 THEN not_before END)
         FROM batches WHERE scan_key = $1 GROUP BY state",
    )
    .bind(scan_key)
    .bind(millis(now))
    .fetch_all(connection)
    .await?;
    let mut counts = BatchCounts::default();
    for (state, batches, backing_off, next_try) in rows {
        let place = match read("a batch state", &state)? {
            StateName::Waiting => {
                counts.backing_off = count(backing_off);
                counts.next_try = some_time(next_try)?;
                &mut counts.waiting
            }
            StateName::Leased => &mut counts.leased,
            StateName::Succeeded => &mut counts.succeeded,
            StateName::Failed => &mut counts.failed,
            StateName::Cancelled => &mut counts.cancelled,
            StateName::Superseded => &mut counts.superseded,
        };
        *place = count(batches);
    }
    Ok(counts)
}

/// The first `most` batches of the scan in one state, by number.
pub(crate) async fn in_state(
    connection: &mut Connection,
    scan_key: i64,
    state: StateName,
    most: u32,
) -> Result<Vec<BatchRecord>, StoreError> {
    let rows: Vec<ListedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{LISTED} WHERE b.scan_key = $1 AND b.state = $2 ORDER BY b.number LIMIT $3"
    )))
    .bind(scan_key)
    .bind(state.name())
    .bind(i64::from(most))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(record).collect()
}

/// The next `limit` batches of the scan behind this number, by number, in one state or in any.
pub(crate) async fn page(
    connection: &mut Connection,
    scan_key: i64,
    state: Option<StateName>,
    after: u64,
    limit: u32,
) -> Result<Vec<BatchRecord>, StoreError> {
    let rows: Vec<ListedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{LISTED} WHERE b.scan_key = $1 AND b.number > $2
             AND (CAST($3 AS TEXT) IS NULL OR b.state = $3)
         ORDER BY b.number LIMIT $4"
    )))
    .bind(scan_key)
    .bind(number(after))
    .bind(state.map(StateName::name))
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(record).collect()
}

/// The scan's batch with this number.
async fn numbered(
    connection: &mut Connection,
    scan_key: i64,
    batch_number: u64,
) -> Result<BatchRecord, StoreError> {
    let row: ListedRow = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{LISTED} WHERE b.scan_key = $1 AND b.number = $2"
    )))
    .bind(scan_key)
    .bind(number(batch_number))
    .fetch_one(connection)
    .await?;
    record(row)
}

/// How many batches of the whole database are in each state.
pub(crate) async fn totals(
    connection: &mut Connection,
) -> Result<Vec<(StateName, u64)>, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT state, COUNT(*) FROM batches GROUP BY state ORDER BY state")
            .fetch_all(connection)
            .await?;
    let total =
        |(state, batches): (String, i64)| Ok((read("a batch state", &state)?, count(batches)));
    rows.into_iter().map(total).collect()
}

/// One batch as people see it.
pub(crate) async fn show(
    connection: &mut Connection,
    batch_key: i64,
) -> Result<BatchRecord, StoreError> {
    let row: ListedRow =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{LISTED} WHERE b.batch_key = $1")))
            .bind(batch_key)
            .fetch_one(connection)
            .await?;
    record(row)
}
