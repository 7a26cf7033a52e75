//! Removes a project.

use axum::http::StatusCode;
use netscan_model::access::Permission;

use super::existing;
use crate::caller::Caller;
use crate::input::Word;
use crate::refusal::Refusal;

/// Removes a project with its scans and all that they found. Its scans must have ended.
#[utoipa::path(delete, path = "/projects/{id}", operation_id = "remove_project", tag = "projects",
    params(("id" = String, Path, description = "The project's id or name")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn remove(caller: Caller, Word(reference): Word) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::Projects)?;
    let project = existing(realm, &reference).await?;
    realm.remove_project(project.id, caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
