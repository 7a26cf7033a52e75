//! Lists the batches of a scan.

use axum::Json;
use netscan_api::Page;
use netscan_api::batch::BatchBody;
use netscan_api::query::ListBatches;
use netscan_model::access::Permission;

use crate::batches::batch_body;
use crate::caller::Caller;
use crate::input::{Id, Query, next_cursor, page_size, place};
use crate::refusal::Refusal;

/// Lists the batches of a scan, by number.
#[utoipa::path(get, path = "/scans/{id}/batches", operation_id = "list_batches", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), ListBatches),
    responses((status = 200, description = "The batches.", body = Page<BatchBody>)))]
pub(crate) async fn list_batches(
    caller: Caller,
    Id(id): Id,
    Query(query): Query<ListBatches>,
) -> Result<Json<Page<BatchBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    if let Some(number) = query.number {
        let before = number.checked_sub(1);
        let mut found = realm.batches_page(id, query.status, before, 1).await?;
        found.retain(|batch| batch.number == number);
        return Ok(Json(Page::whole(found.into_iter().map(batch_body).collect())));
    }
    let size = page_size(query.limit)?;
    let after = place(query.cursor.as_deref())?;
    let batches = realm.batches_page(id, query.status, after, size).await?;
    let next_cursor = next_cursor(&batches, size, |last| last.number);
    Ok(Json(Page { items: batches.into_iter().map(batch_body).collect(), next_cursor }))
}
