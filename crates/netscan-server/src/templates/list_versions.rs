//! Lists the versions of a template.

use axum::Json;
use netscan_api::Page;
use netscan_api::template::VersionBody;
use netscan_model::access::Permission;

use super::body::version;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Lists the versions of a template, newest first.
#[utoipa::path(get, path = "/templates/{id}/versions", operation_id = "list_template_versions",
    tag = "templates", params(("id" = Uuid, Path, description = "The template's id")),
    responses((status = 200, description = "The versions.", body = Page<VersionBody>)))]
pub(crate) async fn list_versions(
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Page<VersionBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let versions = realm.template_versions(id).await?;
    if versions.is_empty() {
        return Err(Refusal::not_found("template"));
    }
    Ok(Json(Page::whole(versions.into_iter().map(version).collect())))
}
