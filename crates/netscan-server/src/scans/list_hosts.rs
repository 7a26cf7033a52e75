//! Lists the hosts of a scan.

use axum::Json;
use jiff::Timestamp;
use netscan_api::Page;
use netscan_api::host::HostBody;
use netscan_api::query::ListHosts;
use netscan_model::access::Permission;
use netscan_store::HostFilter;

use crate::caller::Caller;
use crate::hosts;
use crate::input::{Id, Query};
use crate::matching::{self, Matching};
use crate::refusal::Refusal;

/// Lists what a scan found, by address.
#[utoipa::path(get, path = "/scans/{id}/hosts", operation_id = "list_scan_hosts", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), ListHosts),
    responses((status = 200, description = "The hosts.", body = Page<HostBody>)))]
pub(crate) async fn list_hosts(
    caller: Caller,
    Id(id): Id,
    Query(query): Query<ListHosts>,
) -> Result<Json<Page<HostBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let paging = query.paging();
    let asked = matching::asked("/where", query.filter.as_deref())?;
    let filter = HostFilter {
        scan: Some(id),
        port: query.port,
        service: query.service,
        status: query.status,
        open_only: query.open == Some(true),
        ..HostFilter::default()
    };
    let Some(asked) = asked else {
        // A scan that is not there is not one without hosts.
        realm.pulse(id).await?;
        return hosts::page(realm, filter, &paging).await.map(Json);
    };
    let scan = realm.scan(id).await?;
    let only = Matching::of(realm, &scan, asked, Timestamp::now()).await?;
    hosts::matching_page(realm, filter, &paging, &only).await.map(Json)
}
