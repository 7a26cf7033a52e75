//! Lists scans.

use axum::Json;
use netscan_api::Page;
use netscan_api::query::ListScans;
use netscan_model::access::Permission;
use netscan_model::scan::Scan;
use netscan_orchestrator::difference;
use netscan_store::ScanFilter;

use crate::caller::Caller;
use crate::input::Query;
use crate::projects;
use crate::refusal::Refusal;
use crate::scans;

/// Lists the organisation's scans, newest first, each with its first few targets.
#[utoipa::path(get, path = "/scans", operation_id = "list_scans", tag = "scans",
    params(ListScans),
    responses((status = 200, description = "The scans.", body = Page<Scan>)))]
pub(crate) async fn list(
    caller: Caller,
    Query(query): Query<ListScans>,
) -> Result<Json<Page<Scan>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let project = match &query.project {
        Some(reference) => Some(projects::existing(realm, reference).await?.id),
        None => None,
    };
    if let Some(reference) = &query.reference {
        let project = query.project.as_deref().unwrap_or(projects::USUAL);
        let found = realm.find_scan(project, reference).await?;
        return Ok(Json(Page::whole(found.into_iter().collect())));
    }
    if let Some(scan) = query.previous_of {
        let found = difference::previous(realm, &realm.scan(scan).await?).await?;
        return Ok(Json(Page::whole(found.into_iter().collect())));
    }
    if let Some(time) = query.completed_by {
        let found = difference::newest_completed_by(realm, project, time).await?;
        return Ok(Json(Page::whole(found.into_iter().collect())));
    }
    let paging = query.paging();
    let filter = ScanFilter {
        project,
        states: query.status.map(|states| states.0).unwrap_or_default(),
        owner: query.owner,
        name_contains: query.name,
        series: query.series,
        before: None,
    };
    scans::page(realm, filter, &paging).await.map(Json)
}
