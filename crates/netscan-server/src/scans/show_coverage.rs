//! Shows what became of the addresses of a scan.

use axum::Json;
use netscan_api::Page;
use netscan_api::coverage::{CoverageBody, RangeBody, UnresolvedBody};
use netscan_api::query::ListCoverage;
use netscan_model::access::Permission;
use netscan_model::address::Address;
use netscan_store::NoAddress;

use crate::caller::Caller;
use crate::input::{Id, Query, next_cursor, page_size, place};
use crate::refusal::Refusal;

/// Shows what became of the addresses of a scan: counted, and as ranges in ascending order.
#[utoipa::path(get, path = "/scans/{id}/coverage", operation_id = "show_coverage", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), ListCoverage),
    responses((status = 200, description = "The coverage.", body = CoverageBody)))]
pub(crate) async fn show_coverage(
    caller: Caller,
    Id(id): Id,
    Query(query): Query<ListCoverage>,
) -> Result<Json<CoverageBody>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let size = page_size(query.limit)?;
    let after: Option<Address> = place(query.cursor.as_deref())?;
    let states: Vec<_> = query.state.into_iter().collect();
    let lines = realm.coverage_page(id, &states, after, size).await?;
    let next_cursor = next_cursor(&lines, size, |last| last.addresses.last());
    let items = lines.into_iter().map(RangeBody::from).collect();
    let (mut unresolved, mut denied) = (Vec::new(), Vec::new());
    for name in realm.names(id).await? {
        match name.outcome {
            Ok(_) => {}
            Err(NoAddress::Denied) => denied.push(name.name),
            Err(NoAddress::Unresolved(reason)) => {
                unresolved.push(UnresolvedBody { name: name.name, reason });
            }
        }
    }
    let coverage = realm.coverage(id).await?;
    Ok(Json(CoverageBody { coverage, ranges: Page { items, next_cursor }, unresolved, denied }))
}
