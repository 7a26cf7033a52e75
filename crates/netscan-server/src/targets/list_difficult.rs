//! Lists the addresses that resist.

use axum::Json;
use netscan_api::Page;
use netscan_api::query::ListDifficult;
use netscan_api::target::{DifficultBody, exact};
use netscan_model::access::Permission;
use netscan_store::Difficult;

use crate::caller::Caller;
use crate::input::{Query, cursor, page_size, place};
use crate::projects;
use crate::refusal::Refusal;

/// Lists the addresses that timed out or failed: of a scan, or of all scans of a project, those of
/// newer scans first.
#[utoipa::path(get, path = "/difficult-targets", operation_id = "list_difficult_targets",
    tag = "targets", params(ListDifficult),
    responses((status = 200, description = "Those that resist.", body = Page<DifficultBody>)))]
pub(crate) async fn list_difficult(
    caller: Caller,
    Query(query): Query<ListDifficult>,
) -> Result<Json<Page<DifficultBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let size = usize::try_from(page_size(query.limit)?).unwrap_or(usize::MAX);
    let seen: usize = place(query.cursor.as_deref())?.unwrap_or(0);
    let project = match (&query.project, query.scan) {
        (Some(reference), _) => projects::existing(realm, reference).await?.id.to_string(),
        (None, Some(scan)) => realm.scan(scan).await?.project_id.to_string(),
        (None, None) => projects::USUAL.to_owned(),
    };
    let difficult = realm.difficult(&project, query.scan).await?;
    let end = seen.saturating_add(size);
    let next_cursor = (end < difficult.len()).then(|| cursor(&end));
    let items = difficult.into_iter().skip(seen).take(size).map(body).collect();
    Ok(Json(Page { items, next_cursor }))
}

/// Addresses that resist.
#[must_use]
pub fn body(difficult: Difficult) -> DifficultBody {
    let Difficult { scan_number, scan_id, addresses, state, reason } = difficult;
    let count = exact(addresses.count());
    DifficultBody { scan_id, scan_number, addresses, count, state, reason }
}
