//! Removes a template.

use axum::http::StatusCode;
use netscan_model::access::Permission;

use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Removes a template. Scans that were made from it stay.
#[utoipa::path(delete, path = "/templates/{id}", operation_id = "remove_template",
    tag = "templates", params(("id" = Uuid, Path, description = "The template's id")),
    responses((status = 204, description = "Removed.")))]
pub(crate) async fn remove(caller: Caller, Id(id): Id) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    if realm.remove_template(id, caller.by()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refusal::not_found("template"))
}
