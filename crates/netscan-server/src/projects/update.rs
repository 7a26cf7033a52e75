//! Changes a project.

use axum::Json;
use netscan_api::project::{ProjectBody, UpdateProject};
use netscan_model::access::Permission;
use netscan_store::ProjectChanges;

use super::body::{body, stored_limits};
use super::existing;
use crate::caller::Caller;
use crate::input::{Body, Word};
use crate::refusal::Refusal;

/// Changes a project: what it is called, what it is for, and how much of it may run at a time.
#[utoipa::path(put, path = "/projects/{id}", operation_id = "update_project", tag = "projects",
    params(("id" = String, Path, description = "The project's id or name")),
    request_body = UpdateProject,
    responses((status = 200, description = "The project as it is now.", body = ProjectBody)))]
pub(crate) async fn update(
    caller: Caller,
    Word(reference): Word,
    Body(request): Body<UpdateProject>,
) -> Result<Json<ProjectBody>, Refusal> {
    let realm = caller.realm(Permission::Projects)?;
    let project = existing(realm, &reference).await?;
    let UpdateProject { name, description, limits } = request;
    let changes = ProjectChanges { name, description, limits: limits.map(stored_limits) };
    body(realm.change_project(project.id, &changes, caller.by()).await?).map(Json)
}
