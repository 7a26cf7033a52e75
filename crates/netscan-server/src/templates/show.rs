//! Shows a template.

use axum::Json;
use netscan_api::template::TemplateBody;
use netscan_model::access::Permission;

use super::body::body;
use super::update::Version;
use crate::caller::Caller;
use crate::input::{Id, Query};
use crate::refusal::Refusal;

/// Shows a template: its newest version, or the one that is asked for.
#[utoipa::path(get, path = "/templates/{id}", operation_id = "show_template", tag = "templates",
    params(("id" = Uuid, Path, description = "The template's id"), Version),
    responses((status = 200, description = "The template.", body = TemplateBody)))]
pub(crate) async fn show(
    caller: Caller,
    Id(id): Id,
    Query(Version { version }): Query<Version>,
) -> Result<Json<TemplateBody>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let template = realm.template(id, version).await?;
    let template =
        template.ok_or_else(|| Refusal::not_found("template, or no such version of it"))?;
    Ok(Json(body(realm, template).await?))
}
