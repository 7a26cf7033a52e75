//! Reads assets, page by page, in ascending order of their addresses.

use std::collections::HashMap;

use jiff::Timestamp;
use netscan_model::inventory::{Asset, Sight};
use roaring::RoaringBitmap;
use sqlx::QueryBuilder;

use super::super::{from_json, millis, time};
use super::{AssetRow, COLUMNS, Memory, net, sights};
use crate::error::StoreError;
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// Where fewer are found, all of their addresses are read and sorted; where more are, the networks are
/// gone through in order until there are enough.
const FEW: u64 = 4_000;

/// The next `limit` of the assets behind `after`.
pub(crate) async fn page(
    connection: &mut Connection,
    project_key: i64,
    found: &RoaringBitmap,
    after: &[u8],
    limit: usize,
) -> Result<Vec<Asset>, StoreError> {
    let lowest = if found.len() <= FEW {
        found.clone()
    } else {
        net::lowest(connection, project_key, found, after, limit).await?
    };
    let keys = sorted(connection, project_key, &lowest, after, limit).await?;
    let mut rows: Vec<AssetRow> = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new("SELECT ");
        let mut list =
            select.push(COLUMNS).push(" FROM assets WHERE asset_key IN (").separated(", ");
        for key in chunk {
            list.push_bind(*key);
        }
        select.push(")");
        rows.extend(select.build_query_as::<AssetRow>().fetch_all(&mut *connection).await?);
    }
    rows.sort_by(|one, other| one.address.cmp(&other.address));
    assets(connection, rows).await
}

/// The keys of the next `limit` behind `after`.
async fn sorted(
    connection: &mut Connection,
    project_key: i64,
    found: &RoaringBitmap,
    after: &[u8],
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    let ordinals: Vec<u32> = found.iter().collect();
    let mut places: Vec<(Vec<u8>, i64)> = Vec::with_capacity(ordinals.len());
    for chunk in ordinals.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new(
            "SELECT address, asset_key FROM assets WHERE project_key = ",
        );
        let mut list = select.push_bind(project_key).push(" AND ordinal IN (").separated(", ");
        for ordinal in chunk {
            list.push_bind(i64::from(*ordinal));
        }
        select.push(")");
        let rows: Vec<(Vec<u8>, i64)> = select.build_query_as().fetch_all(&mut *connection).await?;
        places.extend(rows.into_iter().filter(|(address, _)| address.as_slice() > after));
    }
    places.sort_unstable();
    Ok(places.into_iter().take(limit).map(|(_, key)| key).collect())
}

/// What is known of these, in this order.
async fn assets(
    connection: &mut Connection,
    rows: Vec<AssetRow>,
) -> Result<Vec<Asset>, StoreError> {
    let mut keys = Vec::with_capacity(rows.len());
    for row in &rows {
        keys.extend(from_json::<Vec<i64>>("sources", &row.sources)?);
    }
    let mut sources = sights::by_keys(connection, &mut Memory::default(), &keys).await?;
    let mut assets = Vec::with_capacity(rows.len());
    for row in rows {
        let keys: Vec<i64> = from_json("sources", &row.sources)?;
        let sights: Vec<Sight> =
            keys.iter().filter_map(|key| sources.remove(key)).map(|source| source.sight).collect();
        let Some(mut asset) = Asset::of(sights, Some(time(row.first_seen)?)) else { continue };
        asset.last_seen = time(row.last_seen)?;
        assets.push(asset);
    }
    Ok(assets)
}

/// What was known of the project's addresses at that time, of the next `limit` behind `after`.
pub(crate) async fn as_of(
    connection: &mut Connection,
    project_key: i64,
    at: Timestamp,
    after: &[u8],
    limit: u32,
) -> Result<Vec<Asset>, StoreError> {
    let addresses: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT a.address FROM assets a
         WHERE a.project_key = $1 AND a.address > $2 AND a.first_seen <= $3
         ORDER BY a.address LIMIT $4",
    )
    .bind(project_key)
    .bind(after)
    .bind(millis(at))
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await?;
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let memory = &mut Memory::default();
    let mut by_address: HashMap<Vec<u8>, Vec<sights::Source>> =
        sights::until(connection, memory, project_key, &addresses, millis(at)).await?;
    let assets = addresses.iter().filter_map(|address| {
        let sources = by_address.remove(address)?;
        Asset::of(sources.into_iter().map(|source| source.sight).collect(), None)
    });
    Ok(assets.collect())
}
