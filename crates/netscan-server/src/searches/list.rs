//! Lists saved searches.

use axum::Json;
use netscan_api::search::SavedSearchBody;
use netscan_model::access::Permission;

use super::saved;
use crate::caller::Caller;
use crate::input::Word;
use crate::projects;
use crate::refusal::Refusal;

/// Lists the saved searches of a project, by name.
#[utoipa::path(get, path = "/projects/{id}/searches", operation_id = "list_searches", tag = "hosts",
    params(("id" = String, Path, description = "The project's id or name")),
    responses((status = 200, description = "The saved searches.", body = Vec<SavedSearchBody>)))]
pub(crate) async fn list(
    caller: Caller,
    Word(reference): Word,
) -> Result<Json<Vec<SavedSearchBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let project = projects::existing(realm, &reference).await?.id.to_string();
    Ok(Json(realm.searches(&project).await?.into_iter().map(saved).collect()))
}
