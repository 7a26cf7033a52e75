//! Lists workers and what they run.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use netscan_api::Page;
use netscan_api::worker::{WorkerBatch, WorkerBody, WorkerKind};
use netscan_model::access::Permission;
use netscan_orchestrator::runner::{Activity, Worker};
use netscan_store::{Realm, StoreError};

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Lists workers and what they run.
///
/// All organisations share them. Of a batch that is another's only is told that it runs.
#[utoipa::path(get, path = "/workers", operation_id = "list_workers", tag = "workers",
    responses((status = 200, description = "The workers.", body = Page<WorkerBody>)))]
pub(crate) async fn list(
    caller: Caller,
    State(app): State<App>,
) -> Result<Json<Page<WorkerBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let Some(runner) = app.runner() else { return Ok(Json(Page::whole(Vec::new()))) };
    let (activity, mut workers) = (runner.activity(), Vec::new());
    for worker in runner.workers() {
        let mut batches = Vec::new();
        for it in activity.iter().filter(|it| it.worker == worker.name) {
            batches.push(batch(realm, it).await?);
        }
        workers.push(body(worker, batches));
    }
    Ok(Json(Page::whole(workers)))
}

async fn batch(realm: &Realm, activity: &Activity) -> Result<WorkerBatch, StoreError> {
    let is_own = realm.batch(activity.batch).await?.is_some();
    Ok(WorkerBatch {
        scan_id: is_own.then_some(activity.scan),
        batch_id: is_own.then_some(activity.batch),
        batch_number: is_own.then_some(activity.batch_number),
        since: activity.since,
    })
}

/// A worker of this process: there are no others so far.
fn body(worker: Worker, batches: Vec<WorkerBatch>) -> WorkerBody {
    let Worker { name, since, nmap_version, raw_sockets, places: _, running: _, trouble: _ } =
        worker;
    WorkerBody {
        name,
        kind: WorkerKind::Embedded,
        pid: Some(std::process::id()),
        version: env!("CARGO_PKG_VERSION").into(),
        nmap_version,
        raw_sockets,
        modules: vec!["nmap".into()],
        since,
        last_seen_at: Timestamp::now(),
        batches,
    }
}
