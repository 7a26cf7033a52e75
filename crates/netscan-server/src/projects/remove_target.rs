//! Takes one target out of a project.

use axum::http::StatusCode;
use netscan_model::access::Permission;

use super::existing;
use super::remove_targets::canonical;
use crate::caller::Caller;
use crate::input::Words;
use crate::refusal::Refusal;

/// Takes a target out of the inventory of a project.
#[utoipa::path(delete, path = "/projects/{id}/targets/{target}", operation_id = "remove_target",
    tag = "projects",
    params(
        ("id" = String, Path, description = "The project's id or name"),
        ("target" = String, Path, description = "The target, in any spelling"),
    ),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn remove_target(
    caller: Caller,
    Words(words): Words<2>,
) -> Result<StatusCode, Refusal> {
    let [reference, target] = words;
    let realm = caller.realm(Permission::Scan)?;
    let project = existing(realm, &reference).await?.id.to_string();
    let target = canonical(&target).ok_or_else(|| Refusal::not_found("target"))?;
    if realm.remove_target(&project, &target, caller.by()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refusal::not_found("target"))
}
