//! Steps on scans: storing, finding, commanding and settling them.

use std::num::{NonZeroU32, NonZeroU64};

use jiff::Timestamp;
use netscan_model::address::AddressSet;
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::scan::{
    Command, Desired, Lifecycle, Limits, OpenBatches, Priority, Scan, State,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    batches, count, damaged, events, from_json, id, ledger, millis, number, read, some_time, time,
};
use crate::error::StoreError;
use crate::records::{Definition, LimitChanges, NewScan, NoAddress, ResolvedName};
use crate::sqlite::Connection;

const COLUMNS: &str =
    "SELECT s.scan_key, s.id, p.name AS project, s.number, s.series, s.name, s.notes,
     s.options, s.batch_size, s.concurrency, s.max_rate, s.host_timeout_ms,
     s.batch_timeout_ms, s.attempts, s.priority, s.state, s.desired, s.reason, s.created_at,
     s.started_at, s.completed_at
 FROM scans s JOIN projects p ON p.project_key = s.project_key ";

#[derive(sqlx::FromRow)]
pub(crate) struct ScanRow {
    pub(crate) scan_key: i64,
    id: String,
    project: String,
    number: i64,
    series: String,
    name: String,
    notes: String,
    options: String,
    batch_size: i64,
    concurrency: i64,
    max_rate: Option<i64>,
    host_timeout_ms: Option<i64>,
    batch_timeout_ms: Option<i64>,
    attempts: i64,
    priority: i64,
    state: String,
    desired: String,
    reason: Option<String>,
    created_at: i64,
    started_at: Option<i64>,
    completed_at: Option<i64>,
}

impl ScanRow {
    pub(crate) fn id(&self) -> Result<Uuid, StoreError> {
        id(&self.id)
    }

    pub(crate) fn number(&self) -> u64 {
        count(self.number)
    }

    pub(crate) fn options(&self) -> &str {
        &self.options
    }

    pub(crate) fn limits(&self) -> Result<Limits, StoreError> {
        Ok(Limits {
            batch_size: positive(self.batch_size)?,
            concurrency: positive(self.concurrency)?,
            max_rate: self.max_rate.map(positive).transpose()?,
            host_timeout_ms: self.host_timeout_ms.and_then(|ms| NonZeroU64::new(count(ms))),
            batch_timeout_ms: self.batch_timeout_ms.and_then(|ms| NonZeroU64::new(count(ms))),
            attempts: positive(self.attempts)?,
            priority: priority(self.priority)?,
        })
    }

    pub(crate) fn lifecycle(&self) -> Result<Lifecycle, StoreError> {
        Ok(Lifecycle {
            state: read("a scan state", &self.state)?,
            desired: read("a desired state", &self.desired)?,
        })
    }

    async fn into_scan(self, connection: &mut Connection) -> Result<Scan, StoreError> {
        let Lifecycle { state, desired } = self.lifecycle()?;
        let progress = ledger::coverage(connection, self.scan_key).await?.progress();
        Ok(Scan {
            id: id(&self.id)?,
            number: count(self.number),
            limits: self.limits()?,
            targets: definition(connection, self.scan_key).await?.targets,
            name: self.name,
            notes: self.notes,
            project: self.project,
            series: id(&self.series)?,
            status: state,
            desired,
            progress,
            options: self.options,
            created_at: time(self.created_at)?,
            started_at: some_time(self.started_at)?,
            completed_at: some_time(self.completed_at)?,
            reason: self.reason,
        })
    }
}

fn positive(value: i64) -> Result<NonZeroU32, StoreError> {
    let value = u32::try_from(value).ok().and_then(NonZeroU32::new);
    value.ok_or_else(|| damaged("a limit", "0"))
}

fn priority(value: i64) -> Result<Priority, StoreError> {
    let place = usize::try_from(value).ok();
    place
        .and_then(|place| Priority::ALL.get(place).copied())
        .ok_or_else(|| damaged("a priority", value))
}

fn rank(priority: Priority) -> i64 {
    priority as i64
}

/// Stores a scan with its ledger and its names; the batches come after it.
pub(crate) async fn create(
    connection: &mut Connection,
    new: &NewScan,
    project_key: i64,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let without_address = |denied: bool| {
        let is_it = move |name: &&ResolvedName| match &name.outcome {
            Ok(_) => false,
            Err(why) => (*why == NoAddress::Denied) == denied,
        };
        number(new.names.iter().filter(is_it).count())
    };
    let (unresolved, denied) = (without_address(false), without_address(true));
    let left_out: u128 = new.left_out.iter().map(|range| range.addresses.count()).sum();
    let planned =
        number(new.addresses.count().saturating_add(left_out)).saturating_add(unresolved + denied);
    let next_number: i64 =
        sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) + 1 FROM scans WHERE project_key = $1")
            .bind(project_key)
            .fetch_one(&mut *connection)
            .await?;
    let lifecycle = Lifecycle::created();
    let scan_key: i64 = sqlx::query_scalar(
        "INSERT INTO scans (id, project_key, number, series, name, notes, definition, options,
             addresses, batch_size, concurrency, max_rate, host_timeout_ms, batch_timeout_ms,
             attempts, priority, state, desired, last_seq, last_batch, planned, unresolved, out_of_scope, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             0, 0, $19, $20, $21, $22)
         RETURNING scan_key",
    )
    .bind(new.id.to_string())
    .bind(project_key)
    .bind(next_number)
    .bind(new.series.unwrap_or(new.id).to_string())
    .bind(&new.name)
    .bind(&new.notes)
    .bind(super::json(&new.definition))
    .bind(&new.options)
    .bind(new.addresses.to_string())
    .bind(i64::from(new.limits.batch_size.get()))
    .bind(i64::from(new.limits.concurrency.get()))
    .bind(new.limits.max_rate.map(|rate| i64::from(rate.get())))
    .bind(new.limits.host_timeout_ms.map(|ms| number(ms.get())))
    .bind(new.limits.batch_timeout_ms.map(|ms| number(ms.get())))
    .bind(i64::from(new.limits.attempts.get()))
    .bind(rank(new.limits.priority))
    .bind(lifecycle.state.name())
    .bind(lifecycle.desired.name())
    .bind(planned)
    .bind(unresolved)
    .bind(denied)
    .bind(millis(now))
    .fetch_one(&mut *connection)
    .await?;
    for name in &new.names {
        store_name(connection, scan_key, name).await?;
    }
    ledger::record(connection, scan_key, &new.left_out).await?;
    let told = vec![events::status(lifecycle.state, None)];
    events::tell(connection, scan_key, told, now).await?;
    Ok(scan_key)
}

async fn store_name(
    connection: &mut Connection,
    scan_key: i64,
    name: &ResolvedName,
) -> Result<(), StoreError> {
    let (addresses, why) = match &name.outcome {
        Ok(addresses) => (addresses.to_string(), None),
        Err(why) => (String::new(), Some(why)),
    };
    sqlx::query(
        "INSERT INTO names (scan_key, name, addresses, error, is_denied)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(scan_key)
    .bind(&name.name)
    .bind(addresses)
    .bind(why.map(ToString::to_string))
    .bind(i64::from(why == Some(&NoAddress::Denied)))
    .execute(connection)
    .await?;
    Ok(())
}

/// What the scan was made from. It may be large, and so it is not among the columns of [`ScanRow`].
pub(crate) async fn definition(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<Definition, StoreError> {
    let text: String = sqlx::query_scalar("SELECT definition FROM scans WHERE scan_key = $1")
        .bind(scan_key)
        .fetch_one(connection)
        .await?;
    from_json("a definition", &text)
}

/// The names that were resolved for the scan.
pub(crate) async fn names(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<Vec<ResolvedName>, StoreError> {
    let rows: Vec<(String, String, Option<String>, i64)> = sqlx::query_as(
        "SELECT name, addresses, error, is_denied FROM names WHERE scan_key = $1 ORDER BY name",
    )
    .bind(scan_key)
    .fetch_all(connection)
    .await?;
    let record = |(name, addresses, error, is_denied): (String, String, Option<String>, i64)| {
        let outcome = match error {
            None => Ok(ledger::addresses(&addresses)?),
            Some(_) if is_denied != 0 => Err(NoAddress::Denied),
            Some(error) => Err(NoAddress::Unresolved(error)),
        };
        Ok(ResolvedName { name, outcome })
    };
    rows.into_iter().map(record).collect()
}

/// Finds a scan of the project by id, unique prefix of it, number, or `latest`.
pub(crate) async fn find(
    connection: &mut Connection,
    project: &str,
    reference: &str,
) -> Result<Option<ScanRow>, StoreError> {
    if reference == "latest" {
        let row = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE p.name = $1 ORDER BY s.number DESC LIMIT 1"
        )))
        .bind(project)
        .fetch_optional(connection)
        .await?;
        return Ok(row);
    }
    if let Ok(wanted) = reference.parse::<i64>() {
        let row = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE p.name = $1 AND s.number = $2"
        )))
        .bind(project)
        .bind(wanted)
        .fetch_optional(&mut *connection)
        .await?;
        if row.is_some() {
            return Ok(row);
        }
    }
    let mut rows: Vec<ScanRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE p.name = $1 AND $3 <> '' AND substr(s.id, 1, CAST($2 AS INTEGER)) = $3"
    )))
    .bind(project)
    .bind(number(reference.len()))
    .bind(reference.to_ascii_lowercase())
    .fetch_all(connection)
    .await?;
    if rows.len() > 1 {
        let reference = reference.to_owned();
        return Err(StoreError::Ambiguous { reference, count: rows.len(), things: "scans" });
    }
    Ok(rows.pop())
}

/// The scan's row by its id, whatever its project.
pub(crate) async fn by_id(connection: &mut Connection, scan: Uuid) -> Result<ScanRow, StoreError> {
    let row = sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE s.id = $1")))
        .bind(scan.to_string())
        .fetch_optional(connection)
        .await?;
    row.ok_or(StoreError::NoScan { id: scan })
}

pub(crate) async fn by_key(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<ScanRow, StoreError> {
    let row = sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE s.scan_key = $1")))
        .bind(scan_key)
        .fetch_one(connection)
        .await?;
    Ok(row)
}

/// The scan as everyone may see it.
pub(crate) async fn show(connection: &mut Connection, scan_key: i64) -> Result<Scan, StoreError> {
    by_key(connection, scan_key).await?.into_scan(connection).await
}

/// The project's scans, newest first.
pub(crate) async fn list(
    connection: &mut Connection,
    project: &str,
) -> Result<Vec<Scan>, StoreError> {
    let rows: Vec<ScanRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE p.name = $1 ORDER BY s.number DESC"
    )))
    .bind(project)
    .fetch_all(&mut *connection)
    .await?;
    let mut scans = Vec::with_capacity(rows.len());
    for row in rows {
        scans.push(row.into_scan(connection).await?);
    }
    Ok(scans)
}

/// The keys of all scans that are neither over nor waiting to be started.
pub(crate) async fn active(connection: &mut Connection) -> Result<Vec<i64>, StoreError> {
    let keys = sqlx::query_scalar(
        "SELECT scan_key FROM scans WHERE state IN ('queued', 'running', 'paused')
             OR (state = 'created' AND desired = 'stop')",
    )
    .fetch_all(connection)
    .await?;
    Ok(keys)
}

/// The addresses that the scan's batches add up to.
pub(crate) async fn addresses(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<AddressSet, StoreError> {
    let text: String = sqlx::query_scalar("SELECT addresses FROM scans WHERE scan_key = $1")
        .bind(scan_key)
        .fetch_one(connection)
        .await?;
    ledger::addresses(&text)
}

/// The addresses of which nothing is known yet.
pub(crate) async fn pending(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<AddressSet, StoreError> {
    let all = addresses(connection, scan_key).await?;
    Ok(all.subtract(&ledger::all_accounted(connection, scan_key).await?))
}

/// Carries out a command on what people want, and settles what follows at once.
pub(crate) async fn command(
    connection: &mut Connection,
    scan_key: i64,
    command: Command,
    now: Timestamp,
) -> Result<(), StoreError> {
    let before = by_key(connection, scan_key).await?.lifecycle()?;
    let after = before.command(command)?;
    write_lifecycle(connection, scan_key, before, after, now).await?;
    settle(connection, scan_key, now).await
}

/// Brings the scan's state up to what its batches say.
pub(crate) async fn settle(
    connection: &mut Connection,
    scan_key: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let before = by_key(connection, scan_key).await?.lifecycle()?;
    if before.desired == Desired::Stop && !before.state.is_terminal() {
        cancel_waiting(connection, scan_key, now).await?;
    }
    let open: OpenBatches = batches::open(connection, scan_key).await?;
    let coverage = ledger::coverage(connection, scan_key).await?;
    write_lifecycle(connection, scan_key, before, before.settle(open, &coverage), now).await
}

async fn cancel_waiting(
    connection: &mut Connection,
    scan_key: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let is_any = batches::cancel_waiting(connection, scan_key, now).await?;
    if !is_any {
        return Ok(());
    }
    let leased = batches::leased_addresses(connection, scan_key).await?;
    let dropped = pending(connection, scan_key).await?.subtract(&leased);
    let ranges = CoverageRange::of_all(&dropped, CoverageState::Cancelled, "the scan was stopped");
    ledger::record(connection, scan_key, &ranges).await
}

/// Records everything that is not with a worker as failed, for one reason, and settles the scan.
pub(crate) async fn give_up(
    connection: &mut Connection,
    scan_key: i64,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if batches::cancel_waiting(connection, scan_key, now).await? {
        let leased = batches::leased_addresses(connection, scan_key).await?;
        let dropped = pending(connection, scan_key).await?.subtract(&leased);
        ledger::record(
            connection,
            scan_key,
            &CoverageRange::of_all(&dropped, CoverageState::Failed, reason),
        )
        .await?;
    }
    set_reason(connection, scan_key, Some(reason), now).await?;
    settle(connection, scan_key, now).await
}

/// Sends to rest every running scan but `focus`, and says of each that its program has ended: what
/// was interrupted does not go on unasked when another scan is started.
pub(crate) async fn interrupt(
    connection: &mut Connection,
    focus: uuid::Uuid,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let keys: Vec<i64> = sqlx::query_scalar(
        "SELECT scan_key FROM scans WHERE state = 'running' AND desired = 'run' AND id <> $1",
    )
    .bind(focus.to_string())
    .fetch_all(&mut *connection)
    .await?;
    for scan_key in &keys {
        command(connection, *scan_key, Command::Pause, now).await?;
        let reason = Some("the program that ran it has ended; resume it to go on");
        set_reason(connection, *scan_key, reason, now).await?;
    }
    Ok(count(number(keys.len())))
}

async fn write_lifecycle(
    connection: &mut Connection,
    scan_key: i64,
    before: Lifecycle,
    after: Lifecycle,
    now: Timestamp,
) -> Result<(), StoreError> {
    if before == after {
        return Ok(());
    }
    let coverage = ledger::coverage(connection, scan_key).await?;
    let is_new_state = before.state != after.state;
    let is_started = after.state != State::Created && !after.state.is_terminal();
    let started = is_started.then(|| millis(now));
    let completed = (is_new_state && after.state.is_terminal()).then(|| millis(now));
    sqlx::query(
        "UPDATE scans SET state = $2, desired = $3, started_at = COALESCE(started_at, $4),
             completed_at = $5, reason = CASE WHEN $6 <> 0 THEN NULL ELSE reason END
         WHERE scan_key = $1",
    )
    .bind(scan_key)
    .bind(after.state.name())
    .bind(after.desired.name())
    .bind(started)
    .bind(completed)
    // Why it had ended, or rested, says nothing once it goes on.
    .bind(i64::from(before.state.is_terminal() || before.desired != after.desired))
    .execute(&mut *connection)
    .await?;
    let mut told = Vec::new();
    if is_new_state {
        told.push(events::status(after.state, None));
    } else {
        told.push(events::event("desired", &json!({ "desired": after.desired })));
    }
    if is_new_state && after.state.is_terminal() {
        let body =
            json!({ "scan_id": by_key(connection, scan_key).await?.id, "status": after.state });
        told.insert(0, events::progress(&coverage));
        told.push(events::event("scan_complete", &body));
        let id = by_key(connection, scan_key).await?.id;
        let detail = json!({ "status": after.state });
        events::audit(connection, "netscan", "scan.end", &id, &detail, now).await?;
    }
    events::tell(connection, scan_key, told, now).await
}

/// Changes how a scan is run from now on.
pub(crate) async fn change_limits(
    connection: &mut Connection,
    scan_key: i64,
    changes: &LimitChanges,
    now: Timestamp,
) -> Result<(), StoreError> {
    let limits = by_key(connection, scan_key).await?.limits()?;
    let concurrency = changes.concurrency.unwrap_or(limits.concurrency);
    let max_rate = changes.max_rate.unwrap_or(limits.max_rate);
    let priority = changes.priority.unwrap_or(limits.priority);
    sqlx::query(
        "UPDATE scans SET concurrency = $2, max_rate = $3, priority = $4 WHERE scan_key = $1",
    )
    .bind(scan_key)
    .bind(i64::from(concurrency.get()))
    .bind(max_rate.map(|rate| i64::from(rate.get())))
    .bind(rank(priority))
    .execute(&mut *connection)
    .await?;
    let body = json!({ "concurrency": concurrency, "max_rate": max_rate, "priority": priority });
    events::tell(connection, scan_key, vec![events::event("limits", &body)], now).await
}

/// Changes how large the scan's batches are. The caller cuts them anew.
pub(crate) async fn set_batch_size(
    connection: &mut Connection,
    scan_key: i64,
    batch_size: NonZeroU32,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE scans SET batch_size = $2 WHERE scan_key = $1")
        .bind(scan_key)
        .bind(i64::from(batch_size.get()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Says in a few words why the scan is where it is, and tells of it when that is new.
pub(crate) async fn set_reason(
    connection: &mut Connection,
    scan_key: i64,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = by_key(connection, scan_key).await?;
    if row.reason.as_deref() == reason {
        return Ok(());
    }
    sqlx::query("UPDATE scans SET reason = $2 WHERE scan_key = $1")
        .bind(scan_key)
        .bind(reason)
        .execute(&mut *connection)
        .await?;
    let told = vec![events::status(row.lifecycle()?.state, reason)];
    events::tell(connection, scan_key, told, now).await
}

/// Tells how far the scan is.
pub(crate) async fn tell_progress(
    connection: &mut Connection,
    scan_key: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let coverage = ledger::coverage(connection, scan_key).await?;
    events::tell(connection, scan_key, vec![events::progress(&coverage)], now).await
}
