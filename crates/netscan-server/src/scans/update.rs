//! Changes a scan.

use axum::Json;
use axum::extract::State;
use netscan_api::scan::UpdateScan;
use netscan_api::span::Span;
use netscan_model::access::Permission;
use netscan_model::scan::Scan;
use netscan_store::{LimitChanges, ScanChanges};

use super::request::allow_rate;
use crate::app::App;
use crate::caller::Caller;
use crate::input::{Body, Id};
use crate::refusal::Refusal;

/// Changes what a scan is called and how it is run, also while it runs.
#[utoipa::path(put, path = "/scans/{id}", operation_id = "update_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id")),
    request_body = UpdateScan,
    responses((status = 200, description = "The scan as it is now.", body = Scan)))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Body(request): Body<UpdateScan>,
) -> Result<Json<Scan>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let policy = app.policy(caller.record().grant.role);
    allow_rate("/max_rate", request.max_rate.flatten(), &policy)?;
    let scan = realm.change_scan(id, &changes(request), caller.by()).await?;
    app.bus().ring(Some(id));
    Ok(Json(scan))
}

fn changes(request: UpdateScan) -> ScanChanges {
    let UpdateScan {
        name,
        description,
        notes,
        priority,
        concurrency,
        max_rate,
        max_duration,
        max_results,
    } = request;
    let max_duration_ms = max_duration.map(|limit| limit.map(Span::milliseconds));
    let limits = LimitChanges { concurrency, max_rate, priority, max_duration_ms, max_results };
    ScanChanges { name, description, notes, limits }
}
