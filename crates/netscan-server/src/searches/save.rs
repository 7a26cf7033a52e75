//! Saves a search.

use axum::Json;
use netscan_api::search::{SaveSearch, SavedSearchBody};
use netscan_api::text::{Name, Rule as _};
use netscan_model::access::Permission;
use netscan_model::search::Query;

use super::saved;
use crate::caller::Caller;
use crate::input::{Body, Words};
use crate::projects;
use crate::refusal::Refusal;

/// Saves a query under a name, in the place of another that has it.
#[utoipa::path(put, path = "/projects/{id}/searches/{name}", operation_id = "save_search",
    tag = "hosts",
    params(("id" = String, Path, description = "The project's id or name"),
        ("name" = String, Path, description = "The search's name")),
    request_body = SaveSearch,
    responses((status = 200, description = "The search as it is saved.", body = SavedSearchBody)))]
pub(crate) async fn save(
    caller: Caller,
    Words(names): Words<2>,
    Body(body): Body<SaveSearch>,
) -> Result<Json<SavedSearchBody>, Refusal> {
    let [reference, name] = names;
    let realm = caller.realm(Permission::Scan)?;
    let project = projects::existing(realm, &reference).await?.id.to_string();
    if let Some(objection) = Name::objection(&name) {
        return Err(Refusal::field("/name", objection));
    }
    let query: Result<Query, _> = body.query.parse();
    let query = query.map_err(|wrong| Refusal::field("/query", wrong.to_string()))?;
    let search = realm.save_search(&project, &name, &query, caller.by()).await?;
    Ok(Json(saved(search)))
}
