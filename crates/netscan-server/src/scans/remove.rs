//! Removes a scan.

use axum::http::StatusCode;
use netscan_model::access::Permission;

use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Removes a scan with all that it found. One that has been started must have ended.
#[utoipa::path(delete, path = "/scans/{id}", operation_id = "remove_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn remove(caller: Caller, Id(id): Id) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    realm.remove_scan(id, caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
