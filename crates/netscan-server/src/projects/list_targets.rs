//! Lists the targets of a project.

use axum::Json;
use netscan_api::Page;
use netscan_api::query::Paging;
use netscan_api::target::TargetBody;
use netscan_model::access::Permission;

use super::body::target_body;
use super::existing;
use crate::caller::Caller;
use crate::input::{Query, Word, next_cursor, page_size, place};
use crate::refusal::Refusal;

/// Lists the inventory of a project, in the order of the targets' texts.
#[utoipa::path(get, path = "/projects/{id}/targets", operation_id = "list_targets",
    tag = "projects", params(("id" = String, Path, description = "The project's id or name"), Paging),
    responses((status = 200, description = "The targets.", body = Page<TargetBody>)))]
pub(crate) async fn list_targets(
    caller: Caller,
    Word(reference): Word,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<TargetBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let project = existing(realm, &reference).await?.id.to_string();
    let size = page_size(paging.limit)?;
    let after: Option<String> = place(paging.cursor.as_deref())?;
    let targets = realm.targets_page(&project, after.as_deref(), size).await?;
    let next_cursor = next_cursor(&targets, size, |last| last.target.clone());
    Ok(Json(Page { items: targets.into_iter().map(target_body).collect(), next_cursor }))
}
