//! Reads what scans saw of hosts, and how far these scans looked.

use std::collections::HashMap;

use netscan_model::inventory::Sight;
use netscan_model::observation::{Host, PortKey};
use netscan_model::reach::{Probed, Reach};
use netscan_model::scan::State;
use sqlx::QueryBuilder;

use super::super::{count, hosts, push_list, reach, read, time};
use super::Memory;
use crate::error::StoreError;
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// Of an address that is looked at anew, so many hosts are read: the latest.
const MOST_SIGHTS: i64 = 200;

/// A host as one scan saw it, and where that is stored.
pub(super) struct Source {
    pub(super) host_key: i64,
    pub(super) sight: Sight,
    /// The scan, when it does not say yet how far it looked.
    pub(super) unsure: Option<i64>,
}

/// Scans, by their keys, as far as they were needed.
#[derive(Default)]
pub(crate) struct Scans(HashMap<i64, Option<ScanRow>>);

#[derive(Clone)]
struct ScanRow {
    project_key: i64,
    number: u64,
    /// Nothing as long as the scan does not say. One that is over and never did is taken for one that
    /// looked everywhere.
    reach: Option<Reach>,
}

/// Where a host is stored.
#[derive(sqlx::FromRow)]
struct Place {
    host_key: i64,
    scan_key: i64,
    observed_at: i64,
    status: String,
}

/// The next hosts behind this key, at most `limit`, and the key to go on behind. Those that are down
/// say nothing of an asset.
pub(super) async fn stored_behind(
    connection: &mut Connection,
    memory: &mut Memory,
    cursor: i64,
    limit: u32,
) -> Result<(Vec<(i64, Source)>, i64), StoreError> {
    let places: Vec<Place> = sqlx::query_as(
        "SELECT host_key, scan_key, observed_at, status FROM hosts WHERE host_key > $1
         ORDER BY host_key LIMIT $2",
    )
    .bind(cursor)
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await?;
    let behind = places.last().map_or(cursor, |place| place.host_key);
    // What a scan says of itself may have changed since the last step.
    memory.scans.0.retain(|_, scan| scan.as_ref().is_some_and(|scan| scan.reach.is_some()));
    Ok((sources(connection, memory, places).await?, behind))
}

/// These hosts, by their keys; those that are gone are left out.
pub(super) async fn by_keys(
    connection: &mut Connection,
    memory: &mut Memory,
    keys: &[i64],
) -> Result<HashMap<i64, Source>, StoreError> {
    let mut places = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new(
            "SELECT host_key, scan_key, observed_at, status FROM hosts WHERE host_key",
        );
        push_list(&mut select, chunk);
        places.extend(select.build_query_as::<Place>().fetch_all(&mut *connection).await?);
    }
    let sources = sources(connection, memory, places).await?;
    Ok(sources.into_iter().map(|(_, source)| (source.host_key, source)).collect())
}

/// What the project's scans saw of an address, the latest [`MOST_SIGHTS`].
pub(super) async fn all_of(
    connection: &mut Connection,
    memory: &mut Memory,
    project_key: i64,
    address: &[u8],
) -> Result<Vec<Source>, StoreError> {
    let places: Vec<Place> = sqlx::query_as(
        "SELECT h.host_key, h.scan_key, h.observed_at, h.status FROM hosts h
             JOIN scans s ON s.scan_key = h.scan_key
         WHERE h.address = $1 AND s.project_key = $2 ORDER BY h.observed_at DESC LIMIT $3",
    )
    .bind(address)
    .bind(project_key)
    .bind(MOST_SIGHTS)
    .fetch_all(&mut *connection)
    .await?;
    let sources = sources(connection, memory, places).await?;
    Ok(sources.into_iter().map(|(_, source)| source).collect())
}

/// What the project's scans had seen of these addresses by that time, the oldest first.
pub(super) async fn until(
    connection: &mut Connection,
    memory: &mut Memory,
    project_key: i64,
    addresses: &[Vec<u8>],
    at: i64,
) -> Result<HashMap<Vec<u8>, Vec<Source>>, StoreError> {
    let mut select = QueryBuilder::<Backend>::new(
        "SELECT h.host_key, h.scan_key, h.observed_at, h.status FROM hosts h
             JOIN scans s ON s.scan_key = h.scan_key WHERE s.project_key = ",
    );
    select.push_bind(project_key).push(" AND h.observed_at <= ").push_bind(at);
    push_list(select.push(" AND h.address"), addresses);
    select.push(" ORDER BY h.observed_at, h.host_key");
    let places: Vec<Place> = select.build_query_as().fetch_all(&mut *connection).await?;
    let mut by_address: HashMap<Vec<u8>, Vec<Source>> = HashMap::new();
    for (_, source) in sources(connection, memory, places).await? {
        by_address.entry(source.sight.host.address.to_key()).or_default().push(source);
    }
    Ok(by_address)
}

/// Reads these hosts, with the keys of their projects.
async fn sources(
    connection: &mut Connection,
    memory: &mut Memory,
    mut places: Vec<Place>,
) -> Result<Vec<(i64, Source)>, StoreError> {
    places.retain(|place| place.status == "up");
    let keys: Vec<i64> = places.iter().map(|place| place.host_key).collect();
    let mut found: HashMap<i64, Host> =
        hosts::by_keys(connection, &keys).await?.into_iter().collect();
    let mut sources = Vec::with_capacity(places.len());
    for place in places {
        let scan = memory.scans.get(connection, place.scan_key).await?;
        let (Some(scan), Some(host)) = (scan, found.remove(&place.host_key)) else { continue };
        let (project_key, number) = (scan.project_key, scan.number);
        let unsure = scan.reach.is_none().then_some(place.scan_key);
        let reach = scan.reach.unwrap_or_else(|| listed_only(&host));
        let seen_at = time(place.observed_at)?;
        let sight = Sight { host, seen_at, scan: number, reach };
        sources.push((project_key, Source { host_key: place.host_key, sight, unsure }));
    }
    Ok(sources)
}

/// The reach of a scan that does not say yet at which ports it looks: at those at least that it lists.
fn listed_only(host: &Host) -> Reach {
    let listed = host.ports.iter().map(|port| PortKey { protocol: port.protocol, port: port.port });
    let ranges = listed.map(|key| (key.protocol, key.port, key.port)).collect();
    Reach { probed: Probed::These(ranges), ..Reach::of([], &[]) }
}

impl Scans {
    async fn get(
        &mut self,
        connection: &mut Connection,
        scan_key: i64,
    ) -> Result<Option<ScanRow>, StoreError> {
        if let Some(known) = self.0.get(&scan_key) {
            return Ok(known.clone());
        }
        let row: Option<(i64, i64, String, String)> = sqlx::query_as(
            "SELECT project_key, number, options, state FROM scans WHERE scan_key = $1",
        )
        .bind(scan_key)
        .fetch_optional(&mut *connection)
        .await?;
        let scan = match row {
            Some((project_key, number, options, state)) => {
                let state: State = read("a scan state", &state)?;
                let reach = reach::of(connection, scan_key, &options).await?;
                let is_sure = state.is_terminal() || reach.probed != Probed::Unknown;
                let reach = is_sure.then_some(reach);
                Some(ScanRow { project_key, number: count(number), reach })
            }
            None => None,
        };
        self.0.insert(scan_key, scan.clone());
        Ok(scan)
    }
}
