//! Shows how much of a project may run at a time.

use axum::Json;
use netscan_api::project::ProjectLimits;
use netscan_model::access::Permission;

use super::body::limits_body;
use super::existing;
use crate::caller::Caller;
use crate::input::Word;
use crate::refusal::Refusal;

/// Shows how much of a project may run at a time.
#[utoipa::path(get, path = "/projects/{id}/limits", operation_id = "show_project_limits",
    tag = "projects", params(("id" = String, Path, description = "The project's id or name")),
    responses((status = 200, description = "The limits.", body = ProjectLimits)))]
pub(crate) async fn show_limits(
    caller: Caller,
    Word(reference): Word,
) -> Result<Json<ProjectLimits>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    Ok(Json(limits_body(existing(realm, &reference).await?.limits)))
}
