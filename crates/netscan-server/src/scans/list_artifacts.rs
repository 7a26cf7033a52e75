//! Lists the files that the attempts of a scan left.

use axum::Json;
use netscan_api::Page;
use netscan_api::batch::ArtifactBody;
use netscan_api::query::Paging;
use netscan_model::access::Permission;

use crate::batches::artifact_bodies;
use crate::caller::Caller;
use crate::input::{Id, Query, next_cursor, page_size, place};
use crate::refusal::Refusal;

/// Lists the files that the attempts of a scan left: those of `limit` attempts on a page.
#[utoipa::path(get, path = "/scans/{id}/artifacts", operation_id = "list_artifacts", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), Paging),
    responses((status = 200, description = "The files.", body = Page<ArtifactBody>)))]
pub(crate) async fn list_artifacts(
    caller: Caller,
    Id(id): Id,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ArtifactBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let size = page_size(paging.limit)?;
    let attempts = realm.attempts_page(id, place(paging.cursor.as_deref())?, size).await?;
    let next_cursor = next_cursor(&attempts, size, |last| last.id);
    let items = attempts.iter().flat_map(|attempt| artifact_bodies(id, attempt)).collect();
    Ok(Json(Page { items, next_cursor }))
}
