//! Lists hosts of all scans.

use axum::Json;
use netscan_api::Page;
use netscan_api::host::HostBody;
use netscan_api::query::SearchHosts;
use netscan_model::access::Permission;
use netscan_model::address::AddressRange;
use netscan_model::target::Target;
use netscan_store::HostFilter;

use crate::caller::Caller;
use crate::hosts;
use crate::input::Query;
use crate::projects;
use crate::refusal::Refusal;

/// Lists hosts of all scans, those of newer scans first, and those of one scan by address.
#[utoipa::path(get, path = "/hosts", operation_id = "list_hosts", tag = "hosts",
    params(SearchHosts),
    responses((status = 200, description = "The hosts.", body = Page<HostBody>)))]
pub(crate) async fn list(
    caller: Caller,
    Query(query): Query<SearchHosts>,
) -> Result<Json<Page<HostBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let project = match &query.project {
        Some(reference) => Some(projects::existing(realm, reference).await?.id),
        None => None,
    };
    if let Some(scan) = query.scan {
        realm.pulse(scan).await?;
    }
    let filter = HostFilter {
        scan: query.scan,
        project,
        network: query.address.as_deref().map(network).transpose()?,
        port: query.port,
        service: query.service.clone(),
        status: query.status,
        open_only: query.open == Some(true),
        after: None,
        skip: 0,
    };
    hosts::page(realm, filter, &query.paging()).await.map(Json)
}

/// Addresses without a gap, however a target may write them.
fn network(text: &str) -> Result<AddressRange, Refusal> {
    match text.parse::<Target>() {
        Ok(Target::Addresses(range)) => Ok(range),
        Ok(_) => Err(Refusal::field("/address", "write an address, a CIDR or a range")),
        Err(error) => Err(Refusal::field("/address", error.to_string())),
    }
}
