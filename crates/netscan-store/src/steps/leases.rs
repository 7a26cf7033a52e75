//! Steps of a worker: take a batch, keep it, hand in what was found, end the attempt.
//!
//! Every write of a worker carries its lease's epoch, and is refused when the batch has been given
//! to someone else meanwhile.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;

use jiff::Timestamp;
use netscan_model::address::AddressSet;
use netscan_model::batch::{Event, LONGEST_BACK_OFF, Outcome, StateName};
use netscan_model::coverage::CoverageRange;
use netscan_model::scan::{Desired, State};
use serde_json::json;
use uuid::Uuid;

use super::room::{self, Claim};
use super::{
    batches, count, events, from_json, hosts, id, json, later, ledger, millis, read, scans,
    some_time, time,
};
use crate::error::StoreError;
use crate::records::{
    AttemptDetail, AttemptRecord, AttemptReport, Lease, LeaseRequest, Politeness, Renewal,
    ServerLimits, Verdict, Waiting,
};
use crate::sqlite::Connection;

/// As many batches that wait are looked at in each scan for one that is polite to run now.
const LOOK_AHEAD: i64 = 16;

/// Takes the next batch that may run: of the most urgent scan, the oldest first.
pub(crate) async fn take(
    connection: &mut Connection,
    request: &LeaseRequest,
    now: Timestamp,
) -> Result<Option<Lease>, StoreError> {
    let Some((batch_key, rate)) = next(connection, request, now).await? else { return Ok(None) };
    let until = now + request.duration;
    let row = batches::row(connection, batch_key).await?;
    let lease = Event::Lease { worker: request.worker.clone(), until };
    batches::apply(connection, &row, lease, now).await?;
    let all = row.addresses()?;
    let epoch: i64 = sqlx::query_scalar(
        "UPDATE batches SET epoch = epoch + 1, rate = $2, networks = $3
         WHERE batch_key = $1 RETURNING epoch",
    )
    .bind(batch_key)
    .bind(rate.map(|rate| i64::from(rate.get())))
    .bind(room::networks_of(&all).to_string())
    .fetch_one(&mut *connection)
    .await?;
    let attempt = Uuid::new_v5(&id(&row.id)?, &epoch.to_be_bytes());
    open_attempt(connection, batch_key, attempt, epoch, &request.worker, now).await?;

    let addresses = all.subtract(&ledger::accounted(connection, row.scan_key, &all).await?);
    let targets: Vec<_> = addresses.ranges().iter().map(ToString::to_string).collect();
    let body = json!({ "batch_id": row.id, "attempt": epoch, "targets": targets });
    let told = vec![events::event("batch_start", &body)];
    events::tell(connection, row.scan_key, told, now).await?;
    scans::settle(connection, row.scan_key, now).await?;

    let scan = scans::by_key(connection, row.scan_key).await?;
    Ok(Some(Lease {
        scan: scan.id()?,
        scan_number: scan.number(),
        project_id: scan.project_id()?,
        organisation_id: scan.organisation_id()?,
        batch: id(&row.id)?,
        batch_number: count(row.number),
        attempt,
        attempt_number: count(epoch),
        epoch,
        until,
        addresses,
        options: scan.options().to_owned(),
        modules: scan.modules()?,
        limits: scan.limits()?,
        patience: scans::positive(row.patience)?,
        rate,
        seal: scans::seal(connection, row.scan_key).await?,
        scan_key: row.scan_key,
        batch_key,
    }))
}

/// The next batch that may run, and the packets per second that it may send.
async fn next(
    connection: &mut Connection,
    request: &LeaseRequest,
    now: Timestamp,
) -> Result<Option<(i64, Option<NonZeroU32>)>, StoreError> {
    let ground = Ground::look(connection).await?;
    for claim in scans::claims(connection, request.only).await? {
        if ground.obstacle(&claim)?.is_some() {
            continue;
        }
        let rate = room::rate(&claim, &ground.server)?;
        for (batch_key, addresses) in candidates(connection, claim.scan_key, now).await? {
            if ground.too_loud(&addresses, rate)?.is_none() {
                return Ok(Some((batch_key, rate)));
            }
        }
    }
    Ok(None)
}

/// The scan's batches that may be next as far as it is concerned, with their addresses.
async fn candidates(
    connection: &mut Connection,
    scan_key: i64,
    now: Timestamp,
) -> Result<Vec<(i64, String)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT batch_key, addresses FROM batches
         WHERE scan_key = $1 AND state = 'waiting'
             -- A pause that is longer than any can be comes from a clock set back.
             AND (not_before <= $2 OR not_before > $3)
         ORDER BY priority DESC, number LIMIT $4",
    )
    .bind(scan_key)
    .bind(millis(now))
    .bind(millis(now + LONGEST_BACK_OFF))
    .bind(LOOK_AHEAD)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// What runs now, and how much may.
struct Ground {
    server: ServerLimits,
    /// Batches with workers by scan, and by project.
    by_scan: HashMap<i64, u64>,
    by_project: HashMap<i64, u64>,
    /// Scans that are running, by project.
    running: HashMap<i64, u64>,
    /// The batches that run, if anyone has to be polite towards what they scan.
    neighbours: Vec<room::Neighbour>,
}

impl Ground {
    async fn look(connection: &mut Connection) -> Result<Self, StoreError> {
        let server = room::server_limits(connection).await?;
        let leased: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT b.scan_key, s.project_key, COUNT(*)
             FROM batches b JOIN scans s ON s.scan_key = b.scan_key
             WHERE b.state = 'leased' GROUP BY b.scan_key, s.project_key",
        )
        .fetch_all(&mut *connection)
        .await?;
        let running: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT project_key, COUNT(*) FROM scans WHERE state = 'running' GROUP BY project_key",
        )
        .fetch_all(&mut *connection)
        .await?;
        let is_polite = server.politeness != Politeness::default();
        let neighbours = if is_polite { room::neighbours(connection).await? } else { Vec::new() };
        let mut ground = Self {
            server,
            by_scan: HashMap::new(),
            by_project: HashMap::new(),
            running: running.into_iter().map(|(key, scans)| (key, count(scans))).collect(),
            neighbours,
        };
        for (scan, project, batches) in leased {
            ground.by_scan.insert(scan, count(batches));
            *ground.by_project.entry(project).or_default() += count(batches);
        }
        Ok(ground)
    }

    /// Why no batch of the scan may be leased now, whichever it is.
    fn obstacle(&self, claim: &Claim) -> Result<Option<String>, StoreError> {
        let of = |map: &HashMap<i64, u64>, key| map.get(&key).copied().unwrap_or(0);
        let own = of(&self.by_scan, claim.scan_key);
        let beside = of(&self.by_project, claim.project_key);
        let running = of(&self.running, claim.project_key);
        let is_new = own == 0 && !claim.is_running();
        if is_new && claim.scans()?.is_some_and(|most| running >= most) {
            let reason = "the project runs as many scans already as it may at a time";
            return Ok(Some(format!("{reason}: {running}")));
        }
        let levels = [
            ("scan", claim.own()?, own),
            ("project", claim.project()?, beside),
            ("server", self.server.level(), self.by_scan.values().sum()),
        ];
        let full = levels.into_iter().find(|(_, level, leased)| !level.has_room(*leased));
        Ok(full.map(|(name, level, _)| match level.places() {
            Some(1) => format!("the only place of the {name} is taken"),
            places => format!("all {} places of the {name} are taken", places.unwrap_or(0)),
        }))
    }

    /// Why a batch of these addresses may not run beside those that do.
    fn too_loud(
        &self,
        addresses: &str,
        rate: Option<NonZeroU32>,
    ) -> Result<Option<String>, StoreError> {
        if self.neighbours.is_empty() {
            return Ok(None);
        }
        let addresses = ledger::addresses(addresses)?;
        Ok(room::too_loud(self.server.politeness, &self.neighbours, &addresses, rate))
    }
}

/// What the scan's batches wait for, if any wait.
pub(crate) async fn waiting(
    connection: &mut Connection,
    scan: &scans::ScanRow,
    now: Timestamp,
) -> Result<Vec<Waiting>, StoreError> {
    let counts = batches::counts(connection, scan.scan_key, now).await?;
    let mut waiting = Vec::new();
    let ready = counts.waiting.saturating_sub(counts.backing_off);
    if ready > 0 {
        let reason = why_ready_waits(connection, scan, now).await?;
        waiting.push(Waiting { batches: ready, reason });
    }
    if let Some(next) = counts.next_try {
        let reason = format!("failed, and will be tried again; the first at {next}");
        waiting.push(Waiting { batches: counts.backing_off, reason });
    }
    Ok(waiting)
}

/// Why batches wait whose time has come.
async fn why_ready_waits(
    connection: &mut Connection,
    scan: &scans::ScanRow,
    now: Timestamp,
) -> Result<String, StoreError> {
    let lifecycle = scan.lifecycle()?;
    match (lifecycle.state, lifecycle.desired) {
        (State::Created, _) => return Ok("the scan has not been started".to_owned()),
        (_, Desired::Pause) => return Ok("the scan is paused".to_owned()),
        (_, Desired::Stop) => return Ok("the scan is being stopped".to_owned()),
        (_, Desired::Run) => {}
    }
    let ground = Ground::look(connection).await?;
    if let Some(obstacle) = ground.obstacle(&scan.claim)? {
        return Ok(obstacle);
    }
    let rate = room::rate(&scan.claim, &ground.server)?;
    let mut loud = None;
    for (_, addresses) in candidates(connection, scan.scan_key, now).await? {
        match ground.too_loud(&addresses, rate)? {
            None => return Ok("no worker has taken them yet".to_owned()),
            why => loud = loud.or(why),
        }
    }
    Ok(loud.unwrap_or_else(|| "no worker has taken them yet".to_owned()))
}

async fn open_attempt(
    connection: &mut Connection,
    batch_key: i64,
    attempt: Uuid,
    epoch: i64,
    worker: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO attempts (id, batch_key, number, epoch, worker, outcome, detail, started_at)
         VALUES ($1, $2, $3, $3, $4, $5, $6, $7)",
    )
    .bind(attempt.to_string())
    .bind(batch_key)
    .bind(epoch)
    .bind(worker)
    .bind(Outcome::Running.name())
    .bind(json(&AttemptDetail::default()))
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// The batch's row, if the lease still holds.
pub(crate) async fn held(
    connection: &mut Connection,
    lease: &Lease,
) -> Result<batches::BatchRow, StoreError> {
    let row = batches::row(connection, lease.batch_key).await?;
    if row.epoch != lease.epoch || row.state()? != StateName::Leased {
        return Err(StoreError::Stale { batch: lease.batch.to_string() });
    }
    Ok(row)
}

/// Keeps the lease for another while.
pub(crate) async fn renew(
    connection: &mut Connection,
    lease: &Lease,
    duration: std::time::Duration,
    now: Timestamp,
) -> Result<Renewal, StoreError> {
    let row = held(connection, lease).await?;
    let until = now + duration;
    batches::apply(connection, &row, Event::Renew { until }, now).await?;
    let desired = scans::by_key(connection, lease.scan_key).await?.lifecycle()?.desired;
    Ok(Renewal { desired, until })
}

/// Writes down what the attempt started, while it runs.
pub(crate) async fn note(
    connection: &mut Connection,
    lease: &Lease,
    detail: &AttemptDetail,
) -> Result<(), StoreError> {
    held(connection, lease).await?;
    sqlx::query("UPDATE attempts SET detail = $3 WHERE batch_key = $1 AND epoch = $2")
        .bind(lease.batch_key)
        .bind(lease.epoch)
        .bind(json(detail))
        .execute(connection)
        .await?;
    Ok(())
}

/// Records addresses of the batch that must not be scanned after all, and tells of it. Those that
/// are accounted for already stay as they are.
pub(crate) async fn withhold(
    connection: &mut Connection,
    lease: &Lease,
    lines: &[CoverageRange],
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = held(connection, lease).await?;
    let all = row.addresses()?;
    let mut pending = all.subtract(&ledger::accounted(connection, lease.scan_key, &all).await?);
    let mut new = Vec::new();
    for line in lines {
        let addresses = pending.intersect(&AddressSet::from_iter([line.addresses]));
        pending = pending.subtract(&addresses);
        new.extend(CoverageRange::of_all(&addresses, line.state, &line.reason));
    }
    if new.is_empty() {
        return Ok(());
    }
    ledger::record(connection, lease.scan_key, &new).await?;
    let accounted = lines.iter().map(|line| line.addresses).collect();
    hosts::forget_timed_out(connection, lease.scan_key, &accounted).await?;
    let withheld: Vec<_> = new.iter().map(|line| line.addresses.to_string()).collect();
    let reasons: BTreeSet<_> = new.iter().map(|line| line.reason.as_str()).collect();
    let reason = reasons.into_iter().collect::<Vec<_>>().join("; ");
    let body = json!({ "batch_id": lease.batch, "withheld": withheld, "reason": reason });
    events::tell(connection, lease.scan_key, vec![events::event("security", &body)], now).await
}

/// Ends the attempt, decides on the batch by what the ledger says is left, and settles the scan.
pub(crate) async fn finish(
    connection: &mut Connection,
    lease: &Lease,
    report: &AttemptReport,
    now: Timestamp,
) -> Result<StateName, StoreError> {
    let row = held(connection, lease).await?;
    let all = row.addresses()?;
    let remaining = all.subtract(&ledger::accounted(connection, lease.scan_key, &all).await?);
    let (outcome, reason) = judged(report, &remaining);
    close_attempt(connection, lease, outcome, &reason, &report.detail, now).await?;
    let wished = batches::carry_out_wish(connection, &row, &remaining, now).await?;
    let state = if let Some(state) = wished {
        state
    } else {
        let event = event_of(lease, report.verdict, outcome, reason, remaining);
        let state = batches::apply(connection, &row, event, now).await?;
        later::put_off(connection, lease, &row, now).await?;
        state
    };
    scans::tell_progress(connection, lease.scan_key, now).await?;
    scans::settle(connection, lease.scan_key, now).await?;
    Ok(state)
}

/// What the end of an attempt means for its batch.
fn event_of(
    lease: &Lease,
    verdict: Verdict,
    outcome: Outcome,
    reason: String,
    remaining: AddressSet,
) -> Event {
    match verdict {
        Verdict::Judge if outcome == Outcome::Succeeded => Event::Succeed,
        Verdict::Judge => {
            let has_progressed = remaining.count() < lease.addresses.count();
            Event::Fail { outcome, reason, remaining, has_progressed }
        }
        Verdict::Cut(parts) if remaining.count() > 1 => {
            Event::Split { parts: remaining.cut(u128::from(parts.max(2))) }
        }
        Verdict::Cut(_) | Verdict::HandBack => Event::Release { remaining },
    }
}

/// A success that left addresses over is none.
fn judged(report: &AttemptReport, remaining: &AddressSet) -> (Outcome, String) {
    if report.outcome == Outcome::Succeeded && !remaining.is_empty() {
        let reason = format!("nmap said nothing of {} addresses", remaining.count());
        return (Outcome::Truncated, reason);
    }
    (report.outcome, report.reason.clone())
}

async fn close_attempt(
    connection: &mut Connection,
    lease: &Lease,
    outcome: Outcome,
    reason: &str,
    detail: &AttemptDetail,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE attempts SET outcome = $3, reason = $4, detail = $5, ended_at = $6
         WHERE batch_key = $1 AND epoch = $2",
    )
    .bind(lease.batch_key)
    .bind(lease.epoch)
    .bind(outcome.name())
    .bind((!reason.is_empty()).then_some(reason))
    .bind(json(detail))
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Which leases are taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reclaim {
    /// All: nobody else can be running batches of this database, and we have just started. That
    /// was not the batches' fault, so no attempt is used.
    All,
    /// Those that were not renewed in time. An attempt is used: the batch may be what killed its
    /// worker.
    Lapsed,
}

/// Takes back the batches of workers that are gone, and says how many these were.
pub(crate) async fn reclaim(
    connection: &mut Connection,
    which: Reclaim,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let keys: Vec<i64> = sqlx::query_scalar(
        "SELECT batch_key FROM batches WHERE state = 'leased' AND ($1 OR lease_until < $2)",
    )
    .bind(which == Reclaim::All)
    .bind(millis(now))
    .fetch_all(&mut *connection)
    .await?;
    for batch_key in &keys {
        take_back(connection, *batch_key, which, now).await?;
    }
    Ok(count(super::number(keys.len())))
}

async fn take_back(
    connection: &mut Connection,
    batch_key: i64,
    which: Reclaim,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = batches::row(connection, batch_key).await?;
    let all = row.addresses()?;
    let done = ledger::accounted(connection, row.scan_key, &all).await?;
    let remaining = all.subtract(&done);
    let reason = "the program that ran it is gone";
    end_attempt(connection, &row, Outcome::Lost, reason, now).await?;
    if batches::carry_out_wish(connection, &row, &remaining, now).await?.is_none() {
        let event = match which {
            Reclaim::All => Event::Release { remaining },
            Reclaim::Lapsed => Event::Fail {
                outcome: Outcome::Lost,
                reason: reason.to_owned(),
                remaining,
                has_progressed: false,
            },
        };
        batches::apply(connection, &row, event, now).await?;
    }
    scans::tell_progress(connection, row.scan_key, now).await?;
    scans::settle(connection, row.scan_key, now).await
}

/// Ends the attempt at a batch that was taken from its worker. What it noted is kept.
pub(crate) async fn end_attempt(
    connection: &mut Connection,
    row: &batches::BatchRow,
    outcome: Outcome,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE attempts SET outcome = $3, reason = $4, ended_at = $5
         WHERE batch_key = $1 AND epoch = $2",
    )
    .bind(row.batch_key)
    .bind(row.epoch)
    .bind(outcome.name())
    .bind(reason)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct AttemptRow {
    id: String,
    batch_number: i64,
    batch_id: String,
    number: i64,
    epoch: i64,
    worker: String,
    outcome: String,
    reason: Option<String>,
    detail: String,
    started_at: i64,
    ended_at: Option<i64>,
}

/// The attempts at the scan's batches, oldest first.
pub(crate) async fn attempts(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<Vec<AttemptRecord>, StoreError> {
    let rows: Vec<AttemptRow> = sqlx::query_as(
        "SELECT a.id, b.number AS batch_number, b.id AS batch_id, a.number, a.epoch, a.worker,
             a.outcome, a.reason, a.detail, a.started_at, a.ended_at
         FROM attempts a JOIN batches b ON b.batch_key = a.batch_key
         WHERE b.scan_key = $1 ORDER BY a.started_at, b.number, a.number",
    )
    .bind(scan_key)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(attempt).collect()
}

/// The database's own id, if it has one yet.
pub(crate) async fn instance(connection: &mut Connection) -> Result<Option<Uuid>, StoreError> {
    let found: Option<String> =
        sqlx::query_scalar("SELECT id FROM instance").fetch_optional(connection).await?;
    found.as_deref().map(id).transpose()
}

/// The database's own id, made at its first use.
pub(crate) async fn ensure_instance(
    connection: &mut Connection,
    new_id: Uuid,
    now: Timestamp,
) -> Result<Uuid, StoreError> {
    if let Some(found) = instance(connection).await? {
        return Ok(found);
    }
    sqlx::query("INSERT INTO instance (id, created_at) VALUES ($1, $2)")
        .bind(new_id.to_string())
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(new_id)
}

/// The `most` attempts at the scan's batches that took longest, or have been running longest by now.
pub(crate) async fn slowest(
    connection: &mut Connection,
    scan_key: i64,
    most: u32,
    now: Timestamp,
) -> Result<Vec<AttemptRecord>, StoreError> {
    let keys: Vec<i64> = sqlx::query_scalar(
        "SELECT a.attempt_key FROM batches b JOIN attempts a ON a.batch_key = b.batch_key
         WHERE b.scan_key = $1
         ORDER BY COALESCE(a.ended_at, $3) - a.started_at DESC, a.attempt_key LIMIT $2",
    )
    .bind(scan_key)
    .bind(i64::from(most))
    .bind(millis(now))
    .fetch_all(&mut *connection)
    .await?;
    attempts_of(connection, &keys).await
}

/// The first `most` attempts at the scan's batches, oldest first.
pub(crate) async fn earliest(
    connection: &mut Connection,
    scan_key: i64,
    most: u32,
) -> Result<Vec<AttemptRecord>, StoreError> {
    let keys: Vec<i64> = sqlx::query_scalar(
        "SELECT a.attempt_key FROM batches b JOIN attempts a ON a.batch_key = b.batch_key
         WHERE b.scan_key = $1 ORDER BY a.attempt_key LIMIT $2",
    )
    .bind(scan_key)
    .bind(i64::from(most))
    .fetch_all(&mut *connection)
    .await?;
    attempts_of(connection, &keys).await
}

/// The next `limit` attempts at the scan's batches behind this one, by batch and number.
pub(crate) async fn page(
    connection: &mut Connection,
    scan_key: i64,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<AttemptRecord>, StoreError> {
    let place: Option<(i64, i64)> = match after {
        Some(attempt) => {
            sqlx::query_as(
                "SELECT b.number, a.epoch FROM attempts a
                     JOIN batches b ON b.batch_key = a.batch_key
                 WHERE a.id = $1 AND b.scan_key = $2",
            )
            .bind(attempt.to_string())
            .bind(scan_key)
            .fetch_optional(&mut *connection)
            .await?
        }
        None => None,
    };
    let (batch, epoch) = place.unwrap_or((0, 0));
    let rows: Vec<AttemptRow> = sqlx::query_as(
        "SELECT a.id, b.number AS batch_number, b.id AS batch_id, a.number, a.epoch, a.worker,
             a.outcome, a.reason, a.detail, a.started_at, a.ended_at
         FROM batches b JOIN attempts a ON a.batch_key = b.batch_key
         WHERE b.scan_key = $1 AND b.number >= $2 AND (b.number > $2 OR a.epoch > $3)
         ORDER BY b.number, a.epoch LIMIT $4",
    )
    .bind(scan_key)
    .bind(batch)
    .bind(epoch)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(attempt).collect()
}

/// The attempt with this id, if it was made at a batch of the organisation.
pub(crate) async fn attempt_of(
    connection: &mut Connection,
    organisation_key: i64,
    wanted: Uuid,
) -> Result<Option<AttemptRecord>, StoreError> {
    let row: Option<AttemptRow> = sqlx::query_as(
        "SELECT a.id, b.number AS batch_number, b.id AS batch_id, a.number, a.epoch, a.worker,
             a.outcome, a.reason, a.detail, a.started_at, a.ended_at
         FROM attempts a JOIN batches b ON b.batch_key = a.batch_key
             JOIN scans s ON s.scan_key = b.scan_key
             JOIN projects p ON p.project_key = s.project_key
         WHERE a.id = $1 AND p.organisation_key = $2",
    )
    .bind(wanted.to_string())
    .bind(organisation_key)
    .fetch_optional(connection)
    .await?;
    row.map(attempt).transpose()
}

/// How many batches are with workers, and when the attempt began that runs longest.
pub(crate) async fn in_use(
    connection: &mut Connection,
) -> Result<(u64, Option<Timestamp>), StoreError> {
    let (leases, oldest): (i64, Option<i64>) = sqlx::query_as(
        "SELECT COUNT(*), MIN(a.started_at) FROM batches b
             LEFT JOIN attempts a ON a.batch_key = b.batch_key AND a.epoch = b.epoch
         WHERE b.state = 'leased'",
    )
    .fetch_one(connection)
    .await?;
    Ok((count(leases), some_time(oldest)?))
}

/// The last `most` attempts at the scan's batches that ended otherwise than they should, oldest
/// first, and how many there are in all. What the operator ended has not failed.
pub(crate) async fn failures(
    connection: &mut Connection,
    scan_key: i64,
    most: u32,
) -> Result<(Vec<AttemptRecord>, u64), StoreError> {
    let mut rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT a.attempt_key, COUNT(*) OVER ()
         FROM batches b JOIN attempts a ON a.batch_key = b.batch_key
         WHERE b.scan_key = $1 AND a.outcome NOT IN ('running', 'succeeded', 'killed')
         ORDER BY a.attempt_key DESC LIMIT $2",
    )
    .bind(scan_key)
    .bind(i64::from(most))
    .fetch_all(&mut *connection)
    .await?;
    rows.reverse();
    let total = rows.first().map_or(0, |(_, total)| count(*total));
    let keys: Vec<i64> = rows.into_iter().map(|(key, _)| key).collect();
    Ok((attempts_of(connection, &keys).await?, total))
}

/// These attempts, in this order.
async fn attempts_of(
    connection: &mut Connection,
    keys: &[i64],
) -> Result<Vec<AttemptRecord>, StoreError> {
    let mut attempts = Vec::with_capacity(keys.len());
    for key in keys {
        let row: AttemptRow = sqlx::query_as(
            "SELECT a.id, b.number AS batch_number, b.id AS batch_id, a.number, a.epoch, a.worker,
                 a.outcome, a.reason, a.detail, a.started_at, a.ended_at
             FROM attempts a JOIN batches b ON b.batch_key = a.batch_key WHERE a.attempt_key = $1",
        )
        .bind(key)
        .fetch_one(&mut *connection)
        .await?;
        attempts.push(attempt(row)?);
    }
    Ok(attempts)
}

fn attempt(row: AttemptRow) -> Result<AttemptRecord, StoreError> {
    let detail: AttemptDetail = from_json("an attempt", &row.detail)?;
    Ok(AttemptRecord {
        id: id(&row.id)?,
        batch_number: count(row.batch_number),
        batch_id: id(&row.batch_id)?,
        number: count(row.number),
        epoch: row.epoch,
        worker: row.worker,
        outcome: read("an attempt outcome", &row.outcome)?,
        reason: row.reason,
        started_at: time(row.started_at)?,
        ended_at: some_time(row.ended_at)?,
        detail,
    })
}
