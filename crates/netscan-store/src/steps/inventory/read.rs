//! Reads assets, page by page, in ascending order of their addresses.

use jiff::Timestamp;
use netscan_model::inventory::{Asset, Sight};
use roaring::RoaringBitmap;
use sqlx::QueryBuilder;

use super::super::{millis, number, push_list, time};
use super::{AssetRow, COLUMNS, Memory, net, sights, sources_of};
use crate::error::StoreError;
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// Where fewer are found, all of their addresses are read and sorted; where more are, the networks are
/// gone through in order until there are enough.
const FEW: u64 = 4_000;

/// Which part of what is found.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    /// What lies behind this address,
    pub(crate) after: &'a [u8],
    /// without the first so many,
    pub(crate) skip: u64,
    /// and no more than so many.
    pub(crate) limit: usize,
}

/// A part of the assets.
pub(crate) async fn page(
    connection: &mut Connection,
    project_key: i64,
    found: &RoaringBitmap,
    part: Part<'_>,
) -> Result<Vec<Asset>, StoreError> {
    let keys = if found.len() <= FEW {
        sorted(connection, project_key, found, part).await?
    } else {
        let (rest, skip) = net::pass_over(connection, project_key, found, part).await?;
        let part = Part { skip, ..part };
        let lowest = net::lowest(connection, project_key, &rest, part).await?;
        sorted(connection, project_key, &lowest, part).await?
    };
    let mut rows: Vec<AssetRow> = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new("SELECT ");
        push_list(select.push(COLUMNS).push(" FROM assets WHERE asset_key"), chunk);
        rows.extend(select.build_query_as::<AssetRow>().fetch_all(&mut *connection).await?);
    }
    rows.sort_by(|one, other| one.address.cmp(&other.address));
    assets(connection, rows).await
}

/// The next `limit` of all assets behind `after`.
pub(crate) async fn next(
    connection: &mut Connection,
    project_key: i64,
    after: &[u8],
    limit: usize,
) -> Result<Vec<Asset>, StoreError> {
    let mut select = QueryBuilder::<Backend>::new("SELECT ");
    select.push(COLUMNS).push(" FROM assets WHERE project_key = ").push_bind(project_key);
    select.push(" AND address > ").push_bind(after);
    select.push(" ORDER BY address LIMIT ").push_bind(number(limit));
    let rows = select.build_query_as().fetch_all(&mut *connection).await?;
    assets(connection, rows).await
}

/// The keys of a part of the assets.
async fn sorted(
    connection: &mut Connection,
    project_key: i64,
    found: &RoaringBitmap,
    part: Part<'_>,
) -> Result<Vec<i64>, StoreError> {
    let ordinals: Vec<u32> = found.iter().collect();
    let mut places: Vec<(Vec<u8>, i64)> = Vec::with_capacity(ordinals.len());
    for chunk in ordinals.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new(
            "SELECT address, asset_key FROM assets WHERE project_key = ",
        );
        push_list(select.push_bind(project_key).push(" AND ordinal"), chunk);
        let rows: Vec<(Vec<u8>, i64)> = select.build_query_as().fetch_all(&mut *connection).await?;
        places.extend(rows.into_iter().filter(|(address, _)| address.as_slice() > part.after));
    }
    places.sort_unstable();
    let skip = usize::try_from(part.skip).unwrap_or(usize::MAX);
    Ok(places.into_iter().skip(skip).take(part.limit).map(|(_, key)| key).collect())
}

/// What is known of these, in this order.
async fn assets(
    connection: &mut Connection,
    rows: Vec<AssetRow>,
) -> Result<Vec<Asset>, StoreError> {
    let of_each = sources_of(&rows)?;
    let mut sources =
        sights::by_keys(connection, &mut Memory::default(), &of_each.concat()).await?;
    let mut assets = Vec::with_capacity(rows.len());
    for (row, keys) in rows.into_iter().zip(of_each) {
        let sights: Vec<Sight> =
            keys.iter().filter_map(|key| sources.remove(key)).map(|source| source.sight).collect();
        assets.extend(Asset::of(sights, Some(time(row.first_seen)?)));
    }
    Ok(assets)
}

/// What was known of the project's addresses at that time, of the next `limit` behind `after`: none
/// when nothing is known of any behind it.
pub(crate) async fn as_of(
    connection: &mut Connection,
    project_key: i64,
    at: Timestamp,
    after: &[u8],
    limit: u32,
) -> Result<Vec<Asset>, StoreError> {
    let mut after = after.to_vec();
    loop {
        let addresses = first_seen_until(connection, project_key, at, &after, limit).await?;
        let Some(last) = addresses.last() else { return Ok(Vec::new()) };
        let memory = &mut Memory::default();
        let mut by_address =
            sights::until(connection, memory, project_key, &addresses, millis(at)).await?;
        let known = addresses.iter().filter_map(|address| {
            let sources = by_address.remove(address)?;
            Asset::of(sources.into_iter().map(|source| source.sight).collect(), None)
        });
        let assets: Vec<Asset> = known.collect();
        // None of them may be known any more: then those behind them are wanted.
        if !assets.is_empty() {
            return Ok(assets);
        }
        after.clone_from(last);
    }
}

/// The next `limit` addresses behind `after` that had been seen by then.
async fn first_seen_until(
    connection: &mut Connection,
    project_key: i64,
    at: Timestamp,
    after: &[u8],
    limit: u32,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let addresses = sqlx::query_scalar(
        "SELECT a.address FROM assets a
         WHERE a.project_key = $1 AND a.address > $2 AND a.first_seen <= $3
         ORDER BY a.address LIMIT $4",
    )
    .bind(project_key)
    .bind(after)
    .bind(millis(at))
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    Ok(addresses)
}
