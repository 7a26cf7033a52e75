//! Steps on what became of the address space: the ledger, counted cell by cell.

use netscan_model::address::AddressSet;
use netscan_model::coverage::CoverageState;
use netscan_model::grid::Grid;
use sqlx::QueryBuilder;

use super::{batches, ledger, read};
use crate::error::StoreError;
use crate::map::MapCell;
use crate::sqlite::{Backend, Connection};

/// The cells of the grid with addresses of the scan: of `addresses`, and of those that were left out
/// of it from the start.
pub(crate) async fn cells(
    connection: &mut Connection,
    scan_key: i64,
    grid: Grid,
    addresses: &AddressSet,
) -> Result<Vec<MapCell>, StoreError> {
    let empty = |index| MapCell { index, counts: [0; CoverageState::ALL.len()], running: 0 };
    let mut cells: Vec<MapCell> = (0..grid.cells()).map(empty).collect();
    let known = known(connection, scan_key, grid).await?;
    for (index, state, count) in &known {
        cells[*index as usize].counts[*state as usize] += count;
    }
    let open = addresses.subtract(&left_out(connection, scan_key).await?);
    let pending = CoverageState::Pending as usize;
    for (index, count) in parts(grid, &open) {
        cells[index as usize].counts[pending] += count;
    }
    for (index, state, count) in known {
        if !matches!(state, CoverageState::Excluded | CoverageState::OutOfScope) {
            let counts = &mut cells[index as usize].counts;
            counts[pending] = counts[pending].saturating_sub(count);
        }
    }
    for (index, count) in parts(grid, &running(connection, scan_key, grid).await?) {
        cells[index as usize].running += count;
    }
    cells.retain(|cell| cell.counts.iter().any(|count| *count > 0));
    Ok(cells)
}

/// How many addresses of the set are in each cell, a cell at a time and maybe again.
fn parts(grid: Grid, addresses: &AddressSet) -> impl Iterator<Item = (u32, u128)> {
    addresses.ranges().iter().flat_map(move |range| grid.parts(*range))
}

/// What the ledger says of each cell.
async fn known(
    connection: &mut Connection,
    scan_key: i64,
    grid: Grid,
) -> Result<Vec<(u32, CoverageState, u128)>, StoreError> {
    let mut known = inside(connection, scan_key, grid).await?;
    for (first, last, state) in across(connection, scan_key, grid).await? {
        let state: CoverageState = read("a coverage state", &state)?;
        let parts = grid.parts(ledger::range(&first, &last)?);
        known.extend(parts.map(|(index, count)| (index, state, count)));
    }
    Ok(known)
}

/// The lines that lie in one cell, counted where they are kept.
async fn inside(
    connection: &mut Connection,
    scan_key: i64,
    grid: Grid,
) -> Result<Vec<(u32, CoverageState, u128)>, StoreError> {
    let mut select = QueryBuilder::<Backend>::new("WITH cells (cell, low, high) AS (");
    select.push_values(0..grid.cells(), |mut row, index| {
        let cell = grid.cell(index);
        row.push_bind(i64::from(index))
            .push_bind(cell.first().to_key())
            .push_bind(cell.last().to_key());
    });
    // A sum of whole numbers could become too large, where a cell is a part of IPv6.
    select.push(
        ") SELECT cells.cell, c.state, SUM(c.count * 1.0) FROM cells CROSS JOIN coverage c
           WHERE c.first >= cells.low AND c.first <= cells.high AND c.last <= cells.high
             AND c.scan_key = ",
    );
    select.push_bind(scan_key);
    push_zone(&mut select, "c.first", grid);
    select.push(" GROUP BY cells.cell, c.state");
    let rows: Vec<(i64, String, f64)> =
        select.build_query_as().persistent(false).fetch_all(connection).await?;
    let counted = |(index, state, sum): (i64, String, f64)| {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        Ok((index, read("a coverage state", &state)?, whole(sum)))
    };
    rows.into_iter().map(counted).collect()
}

/// The lines that reach from one cell into the next, or into the grid or out of it: for each place
/// where a cell ends, one at most.
async fn across(
    connection: &mut Connection,
    scan_key: i64,
    grid: Grid,
) -> Result<Vec<(Vec<u8>, Vec<u8>, String)>, StoreError> {
    let before = grid.network().before().map(netscan_model::Address::to_key);
    let ends = (0..grid.cells()).map(|index| grid.cell(index).last().to_key());
    let mut select = QueryBuilder::<Backend>::new("WITH ends (place) AS (");
    select.push_values(before.into_iter().chain(ends), |mut row, place| {
        row.push_bind(place);
    });
    select.push(
        ") SELECT DISTINCT c.first, c.last, c.state FROM ends CROSS JOIN coverage c
           WHERE c.last > ends.place AND c.first = (
               SELECT b.first FROM coverage b WHERE b.first <= ends.place AND b.scan_key = ",
    );
    select.push_bind(scan_key);
    push_zone(&mut select, "b.first", grid);
    select.push(" ORDER BY b.first DESC LIMIT 1) AND c.scan_key = ").push_bind(scan_key);
    Ok(select.build_query_as().persistent(false).fetch_all(connection).await?)
}

/// Writes that the address in a column has the zone of the grid, or none. Addresses of one zone stand
/// among those of others.
fn push_zone(select: &mut QueryBuilder<Backend>, column: &str, grid: Grid) {
    let first = grid.network().first();
    if first.is_ipv6() {
        let zone = first.zone().map_or(Vec::new(), |zone| zone.as_str().as_bytes().to_vec());
        select.push(format!(" AND substr({column}, 18) = ")).push_bind(zone);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole, and beyond 2^53 nobody tells them exactly"
)]
fn whole(sum: f64) -> u128 {
    sum as u128
}

/// The addresses that were left out, from the start or when a worker looked whether it may.
async fn left_out(connection: &mut Connection, scan_key: i64) -> Result<AddressSet, StoreError> {
    let coverage = ledger::coverage(connection, scan_key).await?;
    let mut ranges = Vec::new();
    for state in [CoverageState::Excluded, CoverageState::OutOfScope] {
        if coverage.count(state) > 0 {
            ranges.extend(ledger::ranges_in(connection, scan_key, state).await?);
        }
    }
    Ok(ranges.into_iter().map(|line| line.addresses).collect())
}

/// What workers have in the grid and have not told of yet.
async fn running(
    connection: &mut Connection,
    scan_key: i64,
    grid: Grid,
) -> Result<AddressSet, StoreError> {
    let shown = AddressSet::from_iter([grid.network()]);
    let mut running = Vec::new();
    for batch in batches::leased_sets(connection, scan_key).await? {
        let batch = batch.intersect(&shown);
        let known = ledger::accounted(connection, scan_key, &batch).await?;
        running.extend_from_slice(batch.subtract(&known).ranges());
    }
    Ok(running.into_iter().collect())
}
