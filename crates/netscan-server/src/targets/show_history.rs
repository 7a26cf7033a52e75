//! Shows what scans saw of an address.

use axum::Json;
use netscan_api::Page;
use netscan_api::query::ListHistory;
use netscan_api::target::HistoryEntry;
use netscan_model::access::Permission;
use netscan_model::address::Address;
use netscan_model::coverage::CoverageState;
use netscan_store::{OpenPort, Sighting};

use crate::caller::Caller;
use crate::hosts::HostId;
use crate::input::{Query, Word, page_size};
use crate::projects;
use crate::refusal::Refusal;

/// Shows what the scans of all projects, or of one, saw of an address, newest first: also those that
/// looked for it and found nothing. The newest `limit` are told.
#[utoipa::path(get, path = "/targets/{address}/history", operation_id = "show_history",
    tag = "targets",
    params(("address" = String, Path, description = "An IPv4 or IPv6 address"), ListHistory),
    responses((status = 200, description = "What was seen.", body = Page<HistoryEntry>)))]
pub(crate) async fn show_history(
    caller: Caller,
    Word(text): Word,
    Query(query): Query<ListHistory>,
) -> Result<Json<Page<HistoryEntry>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let address: Address =
        text.parse().map_err(|error: netscan_model::address::InvalidAddress| {
            Refusal::field("/address", error.to_string())
        })?;
    let project = match &query.project {
        Some(reference) => Some(projects::existing(realm, reference).await?.id),
        None => None,
    };
    let sightings = realm.history(address, project, page_size(query.limit)?).await?;
    let entries = sightings.into_iter().map(|sighting| entry(address, sighting));
    Ok(Json(Page::whole(entries.collect())))
}

/// What one scan saw of `address`.
#[must_use]
pub fn entry(address: Address, sighting: Sighting) -> HistoryEntry {
    let Sighting {
        scan_id,
        scan_number,
        scan_name,
        project,
        scan_status,
        at,
        state,
        reason,
        open_ports,
    } = sighting;
    let has_answered = matches!(state, CoverageState::Up | CoverageState::TimedOut);
    let port = |OpenPort { port, protocol, service: _ }| format!("{port}/{protocol}");
    HistoryEntry {
        scan_id,
        scan_number,
        scan_name,
        project,
        scan_status,
        at,
        state,
        reason,
        host_id: has_answered.then(|| HostId { scan: scan_id, address }.to_string()),
        open_ports: open_ports.into_iter().map(port).collect(),
    }
}
