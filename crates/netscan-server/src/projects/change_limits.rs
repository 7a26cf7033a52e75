//! Changes how much of a project may run at a time.

use axum::Json;
use netscan_api::project::ProjectLimits;
use netscan_model::access::Permission;
use netscan_store::ProjectChanges;

use super::body::{limits_body, stored_limits};
use super::existing;
use crate::caller::Caller;
use crate::input::{Body, Word};
use crate::refusal::Refusal;

/// Says anew how much of a project may run at a time. It holds at once, for scans that run too.
#[utoipa::path(put, path = "/projects/{id}/limits", operation_id = "change_project_limits",
    tag = "projects", params(("id" = String, Path, description = "The project's id or name")),
    request_body = ProjectLimits,
    responses((status = 200, description = "The limits as they are now.", body = ProjectLimits)))]
pub(crate) async fn change_limits(
    caller: Caller,
    Word(reference): Word,
    Body(limits): Body<ProjectLimits>,
) -> Result<Json<ProjectLimits>, Refusal> {
    let realm = caller.realm(Permission::Projects)?;
    let project = existing(realm, &reference).await?;
    let limits = Some(stored_limits(limits));
    let changes = ProjectChanges { limits, ..ProjectChanges::default() };
    let project = realm.change_project(project.id, &changes, caller.by()).await?;
    Ok(Json(limits_body(project.limits)))
}
