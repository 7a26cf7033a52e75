//! Lists the scans of a project.

use axum::Json;
use netscan_api::Page;
use netscan_api::query::Paging;
use netscan_model::access::Permission;
use netscan_model::scan::Scan;
use netscan_store::ScanFilter;

use super::existing;
use crate::caller::Caller;
use crate::input::{Query, Word};
use crate::refusal::Refusal;
use crate::scans;

/// Lists the scans of a project, newest first.
#[utoipa::path(get, path = "/projects/{id}/scans", operation_id = "list_project_scans",
    tag = "projects", params(("id" = String, Path, description = "The project's id or name"), Paging),
    responses((status = 200, description = "The scans.", body = Page<Scan>)))]
pub(crate) async fn list_scans(
    caller: Caller,
    Word(reference): Word,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Scan>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let project = Some(existing(realm, &reference).await?.id);
    let filter = ScanFilter { project, ..ScanFilter::default() };
    scans::page(realm, filter, &paging).await.map(Json)
}
