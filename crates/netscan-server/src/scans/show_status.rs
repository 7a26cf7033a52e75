//! Shows where a scan is, what runs, and what waits and why.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use netscan_api::status::{RunningBody, ScanStatus, WaitingBody};
use netscan_model::access::Permission;
use netscan_model::batch::StateName;
use netscan_model::scan::{Desired, Scan, State as ScanState};
use netscan_orchestrator::runner::Activity;
use netscan_store::{BatchRecord, Waiting};
use uuid::Uuid;

use crate::app::App;
use crate::batches::{attempt_body, counts_body};
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// The slowest attempts that are told.
const MOST_SLOW: u32 = 5;
/// The failures that are told.
const MOST_FAILURES: u32 = 20;
/// The running batches that are told.
const MOST_RUNNING: u32 = 1_000;
/// Before so much of a scan is done, nobody can tell how long the rest takes.
const LEAST_PROGRESS: f64 = 0.01;

/// Shows where a scan is, what runs, and what waits and why.
#[utoipa::path(get, path = "/scans/{id}/status", operation_id = "show_scan_status", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id")),
    responses((status = 200, description = "Where it is.", body = ScanStatus)))]
pub(crate) async fn show_status(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<ScanStatus>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let now = caller.by().now;
    let scan = realm.scan(id).await?;
    let tally = realm.tally(id).await?;
    let slowest = realm.slowest_attempts(id, MOST_SLOW, now).await?;
    let (failures, failures_total) = realm.failed_attempts(id, MOST_FAILURES).await?;
    let leased = realm.batches_in(id, StateName::Leased, MOST_RUNNING).await?;
    let attempt = |record| attempt_body(id, record);
    Ok(Json(ScanStatus {
        coverage: realm.coverage(id).await?,
        batches: counts_body(realm.batch_counts(id, now).await?),
        hosts_up: tally.hosts_up,
        open_ports: tally.open_ports,
        waiting: realm.waiting(id, now).await?.into_iter().map(waiting).collect(),
        running: running(&app, leased, now),
        slowest: slowest.into_iter().map(attempt).collect(),
        failures: failures.into_iter().map(attempt).collect(),
        failures_total,
        forecast_ms: forecast_ms(&scan, now),
        scan_id: scan.id,
        number: scan.number,
        status: scan.status,
        desired: scan.desired,
        progress: scan.progress,
        reason: scan.reason,
        created_at: scan.created_at,
        started_at: scan.started_at,
        completed_at: scan.completed_at,
    }))
}

fn waiting(Waiting { batches, reason }: Waiting) -> WaitingBody {
    WaitingBody { batches, reason }
}

/// The batches with workers, and how far those are that this process runs.
fn running(app: &App, leased: Vec<BatchRecord>, now: Timestamp) -> Vec<RunningBody> {
    let activity = app.runner().map(|runner| runner.activity()).unwrap_or_default();
    let mut activity: HashMap<Uuid, Activity> =
        activity.into_iter().map(|activity| (activity.batch, activity)).collect();
    let body = |batch: BatchRecord| {
        let activity = activity.remove(&batch.id);
        let since = activity.as_ref().map(|activity| activity.since).or(batch.started_at);
        RunningBody {
            batch_id: Some(batch.id),
            batch_number: batch.number,
            worker: batch.worker,
            addresses: activity.as_ref().map_or(batch.address_count, |activity| activity.addresses),
            done: activity.as_ref().map_or(0, |activity| activity.done),
            since: since.unwrap_or(now),
            percent: activity.as_ref().and_then(|activity| activity.percent),
            task: activity.and_then(|activity| activity.task),
        }
    };
    leased.into_iter().map(body).collect()
}

/// How long the rest takes if it goes on as it went until now.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a forecast in milliseconds is neither negative nor exact"
)]
fn forecast_ms(scan: &Scan, now: Timestamp) -> Option<u64> {
    let is_going = scan.status == ScanState::Running && scan.desired == Desired::Run;
    if !is_going || scan.progress < LEAST_PROGRESS {
        return None;
    }
    let ran_ms = now.duration_since(scan.started_at?).as_millis().max(0) as f64;
    Some((ran_ms * (1.0 - scan.progress).max(0.0) / scan.progress) as u64)
}
