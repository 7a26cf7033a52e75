//! Lists templates.

use axum::Json;
use netscan_api::Page;
use netscan_api::query::Paging;
use netscan_api::template::TemplateBody;
use netscan_model::access::Permission;

use super::body::body;
use crate::caller::Caller;
use crate::input::{Query, next_cursor, page_size, place};
use crate::refusal::Refusal;

/// Lists templates at their newest versions, by name.
#[utoipa::path(get, path = "/templates", operation_id = "list_templates", tag = "templates",
    params(Paging),
    responses((status = 200, description = "The templates.", body = Page<TemplateBody>)))]
pub(crate) async fn list(
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<TemplateBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let size = page_size(paging.limit)?;
    let after: Option<String> = place(paging.cursor.as_deref())?;
    let overviews = realm.templates(after.as_deref(), size).await?;
    let next_cursor = next_cursor(&overviews, size, |last| last.name.clone());
    let mut items = Vec::with_capacity(overviews.len());
    for overview in overviews {
        // One that was removed since then is no longer listed.
        if let Some(template) = realm.template(overview.id, None).await? {
            items.push(body(realm, template).await?);
        }
    }
    Ok(Json(Page { items, next_cursor }))
}
