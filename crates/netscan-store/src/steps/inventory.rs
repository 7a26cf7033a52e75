//! Steps that take what scans have found into the inventory, and that search it.
//!
//! A host that was stored is taken up once, in the order in which hosts were stored. What it adds to
//! an asset, and what it takes away, is told to the index fact by fact.

pub(crate) mod facets;
mod facts;
pub(crate) mod find;
mod net;
mod postings;
pub(crate) mod read;
mod sights;

use std::collections::{BTreeMap, HashMap};

use netscan_model::address::Address;
use netscan_model::inventory::{Asset, Sight, facts as facts_of, keep_telling};
use sqlx::{AssertSqlSafe, QueryBuilder};

use self::facts::Dictionary;
use self::postings::Changes;
use self::sights::{Scans, Source};
use super::{damaged, from_json, json, millis, number, push_list};
use crate::error::StoreError;
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// What is looked up once while hosts are taken up, step after step.
#[derive(Default)]
pub(crate) struct Memory {
    dictionary: Dictionary,
    scans: Scans,
}

/// An asset as it is stored.
#[derive(sqlx::FromRow)]
struct AssetRow {
    asset_key: i64,
    ordinal: i64,
    address: Vec<u8>,
    first_seen: i64,
    sources: String,
    facts: Vec<u8>,
}

const COLUMNS: &str = "asset_key, ordinal, address, first_seen, sources, facts";

/// Addresses of one project of which something is new, with what is new.
type News = BTreeMap<Vec<u8>, Vec<Source>>;

/// Reads the addresses that are to be looked at anew now: those that wait for no scan, or for one
/// that is over.
const DUE: &str = "SELECT project_key, address FROM stale_assets
     WHERE scan_key IS NULL OR scan_key IN
         (SELECT scan_key FROM scans WHERE state IN ('completed', 'partial', 'failed', 'cancelled'))";

/// Whether there is anything to take up.
pub(crate) async fn is_behind(connection: &mut Connection) -> Result<bool, StoreError> {
    let behind: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT (SELECT COALESCE(MAX(host_key), 0) FROM hosts) > (SELECT host_key FROM inventory)
             OR EXISTS ({DUE})"
    )))
    .fetch_one(connection)
    .await?;
    Ok(behind != 0)
}

/// Takes up the next hosts, at most `limit`, and says how many these were. When there are none, looks
/// at addresses anew for which that was due.
pub(crate) async fn take_up(
    connection: &mut Connection,
    memory: &mut Memory,
    limit: u32,
) -> Result<u64, StoreError> {
    let cursor: i64 =
        sqlx::query_scalar("SELECT host_key FROM inventory").fetch_one(&mut *connection).await?;
    let (sources, behind) = sights::stored_behind(connection, memory, cursor, limit).await?;
    if behind == cursor {
        return look_anew(connection, memory, limit).await;
    }
    let count = sources.len();
    let mut by_project: HashMap<i64, News> = HashMap::new();
    for (project_key, source) in sources {
        let address = source.sight.host.address.to_key();
        by_project.entry(project_key).or_default().entry(address).or_default().push(source);
    }
    for (project_key, news) in by_project {
        add(connection, memory, project_key, news).await?;
    }
    sqlx::query("UPDATE inventory SET host_key = $1").bind(behind).execute(connection).await?;
    Ok(number(count).unsigned_abs().max(1))
}

/// Adds what is new to what is known.
async fn add(
    connection: &mut Connection,
    memory: &mut Memory,
    project_key: i64,
    mut news: News,
) -> Result<(), StoreError> {
    let keys: Vec<Vec<u8>> = news.keys().cloned().collect();
    let known = at(connection, project_key, &keys).await?;
    let earlier = sources_of(&known)?;
    let mut told = sights::by_keys(connection, memory, &earlier.concat()).await?;
    for (row, sources) in known.iter().zip(earlier) {
        let Some(new) = news.get_mut(&row.address) else { continue };
        new.extend(sources.iter().filter_map(|key| told.remove(key)));
    }
    wait_for_scans(connection, project_key, &news).await?;
    settle(connection, memory, project_key, known, news).await
}

/// Looks at addresses anew from all that is stored of them.
async fn look_anew(
    connection: &mut Connection,
    memory: &mut Memory,
    limit: u32,
) -> Result<u64, StoreError> {
    let due: Vec<(i64, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(format!("{DUE} LIMIT $1")))
        .bind(i64::from(limit))
        .fetch_all(&mut *connection)
        .await?;
    let mut by_project: HashMap<i64, News> = HashMap::new();
    for (project_key, address) in &due {
        let sources = sights::all_of(connection, memory, *project_key, address).await?;
        by_project.entry(*project_key).or_default().insert(address.clone(), sources);
        sqlx::query("DELETE FROM stale_assets WHERE project_key = $1 AND address = $2")
            .bind(project_key)
            .bind(address)
            .execute(&mut *connection)
            .await?;
    }
    for (project_key, news) in by_project {
        wait_for_scans(connection, project_key, &news).await?;
        let keys: Vec<Vec<u8>> = news.keys().cloned().collect();
        let mut known = at(connection, project_key, &keys).await?;
        // What was first seen may be gone.
        for row in &mut known {
            row.first_seen = i64::MAX;
        }
        settle(connection, memory, project_key, known, news).await?;
    }
    Ok(number(due.len()).unsigned_abs())
}

/// Makes the assets, and the index, what `news` say together. An address of which nothing is left is
/// no asset any more.
async fn settle(
    connection: &mut Connection,
    memory: &mut Memory,
    project_key: i64,
    known: Vec<AssetRow>,
    news: News,
) -> Result<(), StoreError> {
    let mut known: HashMap<Vec<u8>, AssetRow> =
        known.into_iter().map(|row| (row.address.clone(), row)).collect();
    let mut next: i64 = sqlx::query_scalar(
        "SELECT COALESCE(MAX(ordinal), -1) + 1 FROM assets WHERE project_key = $1",
    )
    .bind(project_key)
    .fetch_one(&mut *connection)
    .await?;
    let mut assets = Vec::with_capacity(news.len());
    for (address, mut sources) in news {
        sources.sort_by_key(|source| (source.sight.seen_at, source.host_key));
        let earliest = sources.first().map(|source| source.sight.seen_at);
        keep_telling(&mut sources, |source: &Source| -> &Sight { &source.sight });
        let row = known.remove(&address);
        let first = row.as_ref().filter(|row| row.first_seen != i64::MAX);
        let first = first.map(|row| super::time(row.first_seen)).transpose()?;
        let first = first.into_iter().chain(earliest).min();
        let keys: Vec<i64> = sources.iter().map(|source| source.host_key).collect();
        let sights = sources.into_iter().map(|source| source.sight).collect();
        let ordinal = row.as_ref().map_or(next, |row| row.ordinal);
        next += i64::from(row.is_none());
        assets.push((address, Asset::of(sights, first), keys, ordinal, row));
    }
    let of_each: Vec<_> = assets
        .iter()
        .map(|(_, asset, ..)| asset.as_ref().map(facts_of).unwrap_or_default())
        .collect();
    let of_each = memory.dictionary.keys(connection, project_key, of_each).await?;
    let mut changes = Changes::default();
    let mut written = Vec::with_capacity(assets.len());
    for ((address, asset, sources, ordinal, row), mut facts) in assets.into_iter().zip(of_each) {
        facts.sort_unstable();
        facts.dedup();
        let before = row.as_ref().map(|row| facts::unpacked(&row.facts)).unwrap_or_default();
        changes.note(u32::try_from(ordinal).unwrap_or(u32::MAX), &before, &facts);
        match asset {
            Some(asset) => written.push((address, asset, sources, ordinal, facts)),
            None => forget(connection, row).await?,
        }
    }
    changes.apply(connection).await?;
    write(connection, project_key, &written).await
}

async fn forget(connection: &mut Connection, row: Option<AssetRow>) -> Result<(), StoreError> {
    if let Some(row) = row {
        sqlx::query("DELETE FROM assets WHERE asset_key = $1")
            .bind(row.asset_key)
            .execute(connection)
            .await?;
    }
    Ok(())
}

type Written = (Vec<u8>, Asset, Vec<i64>, i64, Vec<i64>);

async fn write(
    connection: &mut Connection,
    project_key: i64,
    assets: &[Written],
) -> Result<(), StoreError> {
    for chunk in assets.chunks(ROWS_PER_STATEMENT) {
        let mut insert = QueryBuilder::<Backend>::new(
            "INSERT INTO assets (project_key, ordinal, address, first_seen, last_seen, scan, sources,
                 facts) ",
        );
        insert.push_values(chunk, |mut row, (address, asset, sources, ordinal, facts)| {
            row.push_bind(project_key)
                .push_bind(*ordinal)
                .push_bind(address.clone())
                .push_bind(millis(asset.first_seen))
                .push_bind(millis(asset.last_seen))
                .push_bind(number(asset.scan))
                .push_bind(json(sources))
                .push_bind(facts::packed(facts));
        });
        insert.push(
            " ON CONFLICT (project_key, address) DO UPDATE SET first_seen = excluded.first_seen,
                 last_seen = excluded.last_seen, scan = excluded.scan, sources = excluded.sources,
                 facts = excluded.facts",
        );
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// The assets at these addresses.
async fn at(
    connection: &mut Connection,
    project_key: i64,
    addresses: &[Vec<u8>],
) -> Result<Vec<AssetRow>, StoreError> {
    let mut rows = Vec::new();
    for chunk in addresses.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new("SELECT ");
        select.push(COLUMNS).push(" FROM assets WHERE project_key = ").push_bind(project_key);
        push_list(select.push(" AND address"), chunk);
        rows.extend(select.build_query_as::<AssetRow>().fetch_all(&mut *connection).await?);
    }
    Ok(rows)
}

/// The keys of the hosts that tell something of each of these.
fn sources_of(rows: &[AssetRow]) -> Result<Vec<Vec<i64>>, StoreError> {
    rows.iter().map(|row| from_json("sources", &row.sources)).collect()
}

/// Has addresses looked at anew when the scan is over that did not say yet how far it looked: of what
/// others saw, it may have seen nothing.
async fn wait_for_scans(
    connection: &mut Connection,
    project_key: i64,
    news: &News,
) -> Result<(), StoreError> {
    let unsure = |(address, sources): (&Vec<u8>, &Vec<Source>)| {
        let scan = sources.iter().find_map(|source| source.unsure)?;
        (sources.len() > 1).then(|| (address.clone(), scan))
    };
    let addresses: Vec<(Vec<u8>, i64)> = news.iter().filter_map(unsure).collect();
    for chunk in addresses.chunks(ROWS_PER_STATEMENT) {
        let mut insert = QueryBuilder::<Backend>::new(
            "INSERT INTO stale_assets (project_key, address, scan_key) ",
        );
        insert.push_values(chunk, |mut row, (address, scan_key)| {
            row.push_bind(project_key).push_bind(address.clone()).push_bind(*scan_key);
        });
        insert.push(" ON CONFLICT (project_key, address) DO NOTHING");
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

fn address_of(key: &[u8]) -> Result<Address, StoreError> {
    Address::from_key(key).ok_or_else(|| damaged("an address", format!("{key:?}")))
}
