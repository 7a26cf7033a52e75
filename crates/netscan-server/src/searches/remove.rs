//! Removes a saved search.

use axum::http::StatusCode;
use netscan_model::access::Permission;

use crate::caller::Caller;
use crate::input::Words;
use crate::projects;
use crate::refusal::Refusal;

/// Removes a saved search.
#[utoipa::path(delete, path = "/projects/{id}/searches/{name}", operation_id = "remove_search",
    tag = "hosts",
    params(("id" = String, Path, description = "The project's id or name"),
        ("name" = String, Path, description = "The search's name")),
    responses((status = 204, description = "Removed.")))]
pub(crate) async fn remove(caller: Caller, Words(names): Words<2>) -> Result<StatusCode, Refusal> {
    let [reference, name] = names;
    let realm = caller.realm(Permission::Scan)?;
    let project = projects::existing(realm, &reference).await?.id.to_string();
    realm.remove_search(&project, &name, caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
