//! Lists what happened to a scan.

use axum::Json;
use netscan_api::Page;
use netscan_api::frame::EventBody;
use netscan_api::query::ListEvents;
use netscan_model::access::Permission;
use netscan_store::EventRecord;

use crate::caller::Caller;
use crate::input::{Id, Query, page_size};
use crate::refusal::Refusal;

/// Lists what happened to a scan, oldest first. The cursor of the next page is the `since` to ask
/// with.
#[utoipa::path(get, path = "/scans/{id}/events", operation_id = "list_events", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), ListEvents),
    responses((status = 200, description = "The events.", body = Page<EventBody>)))]
pub(crate) async fn list_events(
    caller: Caller,
    Id(id): Id,
    Query(query): Query<ListEvents>,
) -> Result<Json<Page<EventBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let size = page_size(query.limit)?;
    let events = realm.events(id, query.since.unwrap_or(0), size).await?;
    let is_full = u32::try_from(events.len()).is_ok_and(|count| count >= size);
    let next_cursor = events.last().filter(|_| is_full).map(|last| last.seq.to_string());
    let body = |EventRecord { seq, ts, event, body }| EventBody::new(id, seq, ts, &event, body);
    Ok(Json(Page { items: events.into_iter().map(body).collect(), next_cursor }))
}
