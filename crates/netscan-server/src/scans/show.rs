//! Shows a scan.

use axum::Json;
use netscan_model::access::Permission;
use netscan_model::scan::Scan;

use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Shows a scan.
#[utoipa::path(get, path = "/scans/{id}", operation_id = "show_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id")),
    responses((status = 200, description = "The scan.", body = Scan)))]
pub(crate) async fn show(caller: Caller, Id(id): Id) -> Result<Json<Scan>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    Ok(Json(realm.scan(id).await?))
}
