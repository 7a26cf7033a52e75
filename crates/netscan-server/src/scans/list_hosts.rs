//! Lists the hosts of a scan.

use axum::Json;
use jiff::Timestamp;
use netscan_api::Page;
use netscan_api::host::{HostBody, HostsBody};
use netscan_api::query::ListHosts;
use netscan_model::access::Permission;
use netscan_store::HostFilter;

use crate::caller::Caller;
use crate::hosts::{self, brief::brief};
use crate::input::{Id, Query};
use crate::matching::{self, Matching};
use crate::refusal::Refusal;

/// Lists what a scan found, by address.
#[utoipa::path(get, path = "/scans/{id}/hosts", operation_id = "list_scan_hosts", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), ListHosts),
    responses((status = 200, description = "The hosts.", body = HostsBody)))]
pub(crate) async fn list_hosts(
    caller: Caller,
    Id(id): Id,
    Query(query): Query<ListHosts>,
) -> Result<Json<HostsBody>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let paging = query.paging();
    let asked = matching::asked("/where", query.filter.as_deref())?;
    let is_brief = query.brief == Some(true);
    let filter = HostFilter {
        scan: Some(id),
        port: query.port,
        service: query.service,
        status: query.status,
        open_only: query.open == Some(true),
        skip: query.skip.unwrap_or(0),
        ..HostFilter::default()
    };
    let Some(asked) = asked else {
        // A scan that is not there is not one without hosts.
        realm.pulse(id).await?;
        let total = realm.count_hosts(&filter).await?;
        let page = hosts::page(realm, filter, &paging).await?;
        return Ok(Json(body(page, Some(total), is_brief)));
    };
    let scan = realm.scan(id).await?;
    let only = Matching::of(realm, &scan, asked, Timestamp::now()).await?;
    let page = hosts::matching_page(realm, filter, &paging, &only).await?;
    Ok(Json(body(page, None, is_brief)))
}

fn body(page: Page<HostBody>, total: Option<u64>, is_brief: bool) -> HostsBody {
    let shorten = |found: HostBody| HostBody { host: brief(found.host), ..found };
    let page = if is_brief { page.map(shorten) } else { page };
    HostsBody { items: page.items, next_cursor: page.next_cursor, total }
}
