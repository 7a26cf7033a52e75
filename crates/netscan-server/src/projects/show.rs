//! Shows a project.

use axum::Json;
use netscan_api::project::ProjectBody;
use netscan_model::access::Permission;

use super::body::body;
use super::existing;
use crate::caller::Caller;
use crate::input::Word;
use crate::refusal::Refusal;

/// Shows a project.
#[utoipa::path(get, path = "/projects/{id}", operation_id = "show_project", tag = "projects",
    params(("id" = String, Path, description = "The project's id or name")),
    responses((status = 200, description = "The project.", body = ProjectBody)))]
pub(crate) async fn show(
    caller: Caller,
    Word(reference): Word,
) -> Result<Json<ProjectBody>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    body(existing(realm, &reference).await?).map(Json)
}
