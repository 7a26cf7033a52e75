//! Finds assets by their addresses: whole networks by their facts, and what is left one by one.

use netscan_model::address::{Address, AddressRange, AddressSet};
use netscan_model::inventory::{Kind, hex};
use roaring::RoaringBitmap;

use super::super::damaged;
use super::postings::Holder;
use super::read::Part;
use super::{address_of, postings};
use crate::error::StoreError;
use crate::sqlite::{Connection, ROWS_PER_STATEMENT};

/// The assets whose addresses are among these. What is written without a zone is meant in every zone.
pub(super) async fn within(
    connection: &mut Connection,
    project_key: i64,
    addresses: &AddressSet,
) -> Result<RoaringBitmap, StoreError> {
    let mut found = RoaringBitmap::new();
    for range in addresses.ranges() {
        // Networks are kept without zones.
        let level = if range.first().zone().is_some() { None } else { Some(Kind::Wide) };
        found |= Box::pin(of_range(connection, project_key, *range, level)).await?;
    }
    Ok(found)
}

/// The assets in the range: the networks of this level that it covers, and within the two that it
/// cuts, those of the next.
async fn of_range(
    connection: &mut Connection,
    project_key: i64,
    range: AddressRange,
    level: Option<Kind>,
) -> Result<RoaringBitmap, StoreError> {
    let Some(kind) = level else { return one_by_one(connection, project_key, range).await };
    let first = network(range.first(), kind)?.first().to_key();
    let last = network(range.last(), kind)?.first().to_key();
    let (mut whole, mut cut) = (Vec::new(), Vec::new());
    for (fact, network) in networks(connection, project_key, kind, &first, &last).await? {
        if range.contains(network.first()) && range.contains(network.last()) {
            whole.push(fact);
        } else {
            cut.push(network);
        }
    }
    let mut found = postings::union(connection, whole.iter().collect()).await?;
    let below = (kind == Kind::Wide).then_some(Kind::Narrow);
    for network in cut {
        let first = range.first().max(network.first());
        let last = range.last().min(network.last());
        if let Some(part) = AddressRange::new(first, last) {
            found |= Box::pin(of_range(connection, project_key, part, below)).await?;
        }
    }
    Ok(found)
}

/// What of `found` is left without the lowest networks, and how many of it are to be skipped still. Only
/// from the beginning can whole networks be passed over.
pub(super) async fn pass_over(
    connection: &mut Connection,
    project_key: i64,
    found: &RoaringBitmap,
    part: Part<'_>,
) -> Result<(RoaringBitmap, u64), StoreError> {
    let (mut rest, mut skip) = (found.clone(), part.skip);
    let (mut first, mut last) = (Vec::new(), vec![0xff]);
    for kind in [Kind::Wide, Kind::Narrow] {
        if skip == 0 || !part.after.is_empty() {
            break;
        }
        let networks = networks(connection, project_key, kind, &first, &last).await?;
        let Some(cut) = pass(connection, &networks, &mut rest, &mut skip).await? else { break };
        (first, last) = (cut.first().to_key(), cut.last().to_key());
    }
    Ok((rest, skip))
}

/// Takes the lowest of these networks away from `rest`, as long as no more than `skip` are in them, and
/// says which is the first that stays.
async fn pass(
    connection: &mut Connection,
    networks: &[(Holder, AddressRange)],
    rest: &mut RoaringBitmap,
    skip: &mut u64,
) -> Result<Option<AddressRange>, StoreError> {
    for chunk in networks.chunks(ROWS_PER_STATEMENT) {
        let facts = chunk.iter().map(|(fact, _)| (fact.fact_key, fact)).collect();
        let mut members = postings::grouped(connection, facts).await?;
        for (fact, network) in chunk {
            let here = members.remove(&fact.fact_key).unwrap_or_default() & &*rest;
            if here.len() > *skip {
                return Ok(Some(*network));
            }
            *skip -= here.len();
            *rest -= here;
        }
    }
    Ok(None)
}

/// Of `found`, those in the lowest networks that reach behind a place: enough networks for the part to be
/// in them, if there are so many.
pub(super) async fn lowest(
    connection: &mut Connection,
    project_key: i64,
    found: &RoaringBitmap,
    part: Part<'_>,
) -> Result<RoaringBitmap, StoreError> {
    let limit = u64::try_from(part.limit).unwrap_or(u64::MAX).saturating_add(part.skip);
    let behind = Address::from_key(part.after).map(|address| address.with_zone(None));
    let from = match behind {
        Some(address) => network(address, Kind::Wide)?.first().to_key(),
        None => Vec::new(),
    };
    let behind = behind.map(Address::to_key).unwrap_or_default();
    let mut lowest = RoaringBitmap::new();
    let mut sure = 0;
    for (fact, wide) in networks(connection, project_key, Kind::Wide, &from, &[0xff]).await? {
        if postings::union(connection, vec![&fact]).await?.is_disjoint(found) {
            continue;
        }
        let (first, last) = (wide.first().to_key(), wide.last().to_key());
        let parts = networks(connection, project_key, Kind::Narrow, &first, &last).await?;
        let facts = parts.iter().map(|(fact, _)| (fact.fact_key, fact)).collect();
        let mut members = postings::grouped(connection, facts).await?;
        for (fact, narrow) in parts {
            if narrow.last().to_key() < behind {
                continue;
            }
            let here = members.remove(&fact.fact_key).unwrap_or_default() & found;
            // Of the network in which `after` lies, some may lie before it.
            if narrow.first().to_key() > behind {
                sure += here.len();
            }
            lowest |= here;
            if sure >= limit {
                return Ok(lowest);
            }
        }
    }
    Ok(lowest)
}

/// The network of this kind that the address is in.
fn network(address: Address, kind: Kind) -> Result<AddressRange, StoreError> {
    kind.network(address).ok_or_else(|| damaged("a network", address))
}

/// The networks of this kind with assets whose first addresses are from one key to another, in
/// ascending order.
async fn networks(
    connection: &mut Connection,
    project_key: i64,
    kind: Kind,
    first: &[u8],
    last: &[u8],
) -> Result<Vec<(Holder, AddressRange)>, StoreError> {
    let rows: Vec<(i64, Option<Vec<u8>>, String)> = sqlx::query_as(
        "SELECT fact_key, few, body FROM facts
         WHERE project_key = $1 AND kind = $2 AND body >= $3 AND body <= $4 AND members > 0
         ORDER BY body",
    )
    .bind(project_key)
    .bind(kind.name())
    .bind(hex(first))
    .bind(hex(last))
    .fetch_all(connection)
    .await?;
    let read = |(fact_key, few, body): (i64, Option<Vec<u8>>, String)| {
        let network = kind.network_of(&body).ok_or_else(|| damaged("a network", body))?;
        Ok((Holder { fact_key, few }, network))
    };
    rows.into_iter().map(read).collect()
}

async fn one_by_one(
    connection: &mut Connection,
    project_key: i64,
    range: AddressRange,
) -> Result<RoaringBitmap, StoreError> {
    // Whatever zone stands behind the last address.
    let last = [range.last().to_key(), vec![0xff]].concat();
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT ordinal, address FROM assets
         WHERE project_key = $1 AND address >= $2 AND address <= $3",
    )
    .bind(project_key)
    .bind(range.first().to_key())
    .bind(last)
    .fetch_all(connection)
    .await?;
    let mut found = RoaringBitmap::new();
    for (ordinal, address) in rows {
        let address = address_of(&address)?;
        if range.contains(address) || range.contains(address.with_zone(None)) {
            found.insert(u32::try_from(ordinal).unwrap_or(u32::MAX));
        }
    }
    Ok(found)
}
