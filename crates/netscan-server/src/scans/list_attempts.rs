//! Lists the attempts at the batches of a scan.

use axum::Json;
use netscan_api::Page;
use netscan_api::batch::AttemptBody;
use netscan_api::query::Paging;
use netscan_model::access::Permission;

use crate::batches::attempt_body;
use crate::caller::Caller;
use crate::input::{Id, Query, next_cursor, page_size, place};
use crate::refusal::Refusal;

/// Lists the attempts at the batches of a scan, by the batch's number and their own.
#[utoipa::path(get, path = "/scans/{id}/attempts", operation_id = "list_attempts", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), Paging),
    responses((status = 200, description = "The attempts.", body = Page<AttemptBody>)))]
pub(crate) async fn list_attempts(
    caller: Caller,
    Id(id): Id,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<AttemptBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let size = page_size(paging.limit)?;
    let attempts = realm.attempts_page(id, place(paging.cursor.as_deref())?, size).await?;
    let next_cursor = next_cursor(&attempts, size, |last| last.id);
    let items = attempts.into_iter().map(|attempt| attempt_body(id, attempt)).collect();
    Ok(Json(Page { items, next_cursor }))
}
