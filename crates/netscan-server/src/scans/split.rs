//! Cuts a scan into batches of another size.

use axum::Json;
use axum::extract::State;
use netscan_api::scan::Cut;
use netscan_model::access::Permission;
use netscan_model::scan::Scan;
use netscan_orchestrator::submit;

use crate::app::App;
use crate::caller::Caller;
use crate::input::{Body, Id};
use crate::refusal::Refusal;

/// Cuts a scan that has not been started into batches of another size.
#[utoipa::path(post, path = "/scans/{id}/split", operation_id = "split_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id")),
    request_body = Cut,
    responses((status = 200, description = "The scan as it is now.", body = Scan)))]
pub(crate) async fn split(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Body(cut): Body<Cut>,
) -> Result<Json<Scan>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let missing = || Refusal::field("/chunk_size", "is missing: how many addresses?");
    let size = cut.size().ok_or_else(missing)?;
    let scan = realm.scan(id).await?;
    let scan = submit::split(realm, &scan, size, caller.by()).await?;
    app.bus().ring(Some(id));
    Ok(Json(scan))
}
