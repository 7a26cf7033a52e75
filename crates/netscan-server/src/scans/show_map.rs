//! Shows the address space of a scan.

use std::num::NonZeroU32;

use axum::Json;
use netscan_api::map::{CellBody, CellCounts, MapBody, ShowMap, USUAL_CELLS};
use netscan_api::target::exact;
use netscan_model::access::Permission;
use netscan_model::address::AddressRange;
use netscan_model::coverage::CoverageState;
use netscan_model::grid::{self, Grid};
use netscan_model::target::Target;
use netscan_store::MapCell;

use crate::caller::Caller;
use crate::input::{Id, Query};
use crate::refusal::Refusal;

/// The most blocks that are told.
const MOST_BLOCKS: usize = 100;

/// Shows what became of the addresses of a scan, counted in the cells of a network: for a map of it,
/// and for one of each cell.
#[utoipa::path(get, path = "/scans/{id}/map", operation_id = "show_map", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), ShowMap),
    responses((status = 200, description = "The map.", body = MapBody)))]
pub(crate) async fn show_map(
    caller: Caller,
    Id(id): Id,
    Query(query): Query<ShowMap>,
) -> Result<Json<MapBody>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let within = query.within.as_deref().map(network).transpose()?;
    let cells = NonZeroU32::new(query.cells.unwrap_or(USUAL_CELLS)).unwrap_or(NonZeroU32::MIN);
    let map = realm.map(id, within, cells).await?;
    let blocks = grid::blocks(&map.addresses, MOST_BLOCKS).into_iter().map(written).collect();
    let Some(grid) = map.grid else {
        return Ok(Json(MapBody { blocks, ..MapBody::default() }));
    };
    Ok(Json(MapBody {
        within: Some(written(grid.network())),
        prefix_of_a_cell: grid.prefix(),
        cell_count: grid.cells(),
        cells: map.cells.iter().map(|cell| body(grid, cell)).collect(),
        blocks,
    }))
}

fn network(text: &str) -> Result<AddressRange, Refusal> {
    match text.parse() {
        Ok(Target::Addresses(range)) if range.prefix().is_some() => Ok(range),
        Ok(_) => Err(Refusal::field("/within", "write a network, such as 10.0.0.0/16")),
        Err(error) => Err(Refusal::field("/within", error.to_string())),
    }
}

/// As a target is written.
fn written(range: AddressRange) -> String {
    Target::Addresses(range).to_string()
}

fn body(grid: Grid, cell: &MapCell) -> CellBody {
    let count = |state| exact(cell.count(state));
    let counts = CellCounts {
        up: count(CoverageState::Up),
        down: count(CoverageState::Down),
        timed_out: count(CoverageState::TimedOut),
        excluded: count(CoverageState::Excluded),
        out_of_scope: count(CoverageState::OutOfScope),
        failed: count(CoverageState::Failed),
        cancelled: count(CoverageState::Cancelled),
        running: exact(cell.running),
        pending: exact(cell.count(CoverageState::Pending).saturating_sub(cell.running)),
    };
    CellBody { index: cell.index, first: grid.cell(cell.index).first(), counts }
}
