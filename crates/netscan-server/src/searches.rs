//! What is known of addresses over all scans of a project, as it is searched.

mod find;
mod list;
mod remove;
mod save;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use netscan_api::search::{AssetBody, FacetBody, FacetCount, FoundBody, Looked, SavedSearchBody};
use netscan_model::address::{Address, AddressRange, AddressSet};
use netscan_model::inventory::{Asset, FacetField};
use netscan_model::search::{HostView, Query};
use netscan_store::{AssetFilter, CatchUp, Realm, SavedSearch, StoreError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// How long a search waits at most for what scans have found just now.
const PATIENCE: Duration = Duration::from_secs(1);
/// Hosts that are read at a time.
const AT_A_TIME: u32 = 1_000;
/// Pages of the past that are read for one page of those that a query means.
const MOST_READS: usize = 10;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(find::find))
        .routes(routes!(list::list))
        .routes(routes!(save::save, remove::remove))
}

/// What is looked for, page by page.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The project's name or id.
    pub project: String,
    /// The query; all hosts without one.
    pub query: Option<Query>,
    /// As it was known at this time.
    pub as_of: Option<Timestamp>,
    /// What is counted.
    pub facets: Vec<FacetField>,
    /// The hosts behind this one.
    pub after: Option<Address>,
    /// Without the first so many of these. Not of the past.
    pub skip: u64,
    /// At most so many.
    pub limit: u32,
}

/// What a text that looks for something means: a query, or a saved one. Nothing when there is no saved
/// search of that name.
///
/// # Errors
///
/// [`StoreError`] when the saved searches cannot be read.
pub async fn meant(
    realm: &Realm,
    project: &str,
    looked: Looked,
) -> Result<Option<Query>, StoreError> {
    match looked {
        Looked::For(query) => Ok(Some(*query)),
        Looked::ByName(name) => {
            let saved = realm.searches(project).await?;
            Ok(saved.into_iter().find(|search| search.name == name).map(|search| search.query))
        }
    }
}

/// Takes what scans have found just now into the inventory, for a moment at most, and says whether
/// that was all of it.
///
/// # Errors
///
/// [`StoreError`] when it cannot be stored.
pub async fn catch_up(realm: &Realm) -> Result<bool, StoreError> {
    let (mut catch_up, begun) = (CatchUp::default(), Instant::now());
    while realm.catch_up(&mut catch_up).await? > 0 {
        if begun.elapsed() > PATIENCE {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A page of what is looked for.
///
/// # Errors
///
/// [`StoreError`] when it cannot be read.
pub async fn page(
    realm: &Realm,
    search: &Search,
    is_current: bool,
    now: Timestamp,
) -> Result<FoundBody, StoreError> {
    if let Some(at) = search.as_of {
        let (assets, next_cursor) = of_the_past(realm, search, at).await?;
        let hosts = assets.into_iter().map(body).collect();
        return Ok(FoundBody { total: None, hosts, facets: Vec::new(), next_cursor, is_current });
    }
    let limit = usize::try_from(search.limit).unwrap_or(usize::MAX);
    let filter = AssetFilter {
        project: search.project.clone(),
        query: search.query.clone(),
        after: search.after,
        skip: search.skip,
        // One more tells whether there are more.
        limit: limit.saturating_add(1),
        facets: search.facets.clone(),
    };
    let mut found = realm.assets(&filter, now).await?;
    let has_more = found.assets.len() > limit;
    found.assets.truncate(limit);
    let last = found.assets.last().filter(|_| has_more);
    let next_cursor = last.map(|asset| asset.host.address.to_string());
    let facets = found.facets.into_iter().map(|(field, values)| FacetBody {
        field,
        values: values
            .into_iter()
            .map(|facet| FacetCount { value: facet.value, count: facet.count })
            .collect(),
    });
    Ok(FoundBody {
        total: Some(found.total),
        facets: facets.collect(),
        hosts: found.assets.into_iter().map(body).collect(),
        next_cursor,
        is_current,
    })
}

/// The next of those that were meant at that time, and where to read on.
async fn of_the_past(
    realm: &Realm,
    search: &Search,
    at: Timestamp,
) -> Result<(Vec<Asset>, Option<String>), StoreError> {
    let tags = realm.tags(&search.project).await?;
    let is_meant = |asset: &Asset| {
        let tags = tags.of_host(&asset.host);
        search.query.as_ref().is_none_or(|query| {
            query.matches(&HostView {
                host: &asset.host,
                tags: &tags,
                first_seen: Some(asset.first_seen),
                last_seen: Some(asset.last_seen),
                scan: Some(asset.scan),
                now: at,
            })
        })
    };
    let limit = usize::try_from(search.limit).unwrap_or(usize::MAX);
    let mut assets = Vec::new();
    let mut behind = search.after;
    for _ in 0..MOST_READS {
        let read = realm.assets_as_of(&search.project, at, behind, AT_A_TIME).await?;
        if read.is_empty() {
            return Ok((assets, None));
        }
        for asset in read {
            if assets.len() == limit {
                return Ok((assets, behind.map(|address| address.to_string())));
            }
            behind = Some(asset.host.address);
            if is_meant(&asset) {
                assets.push(asset);
            }
        }
    }
    Ok((assets, behind.map(|address| address.to_string())))
}

/// The addresses of all that a query means, or the first that are more than `most` of them.
///
/// # Errors
///
/// [`StoreError`] when they cannot be read.
pub async fn addresses(
    realm: &Realm,
    project: &str,
    query: &Query,
    most: u64,
    now: Timestamp,
) -> Result<AddressSet, StoreError> {
    let mut ranges: Vec<AddressRange> = Vec::new();
    let mut filter = AssetFilter {
        project: project.to_owned(),
        query: Some(query.clone()),
        limit: usize::try_from(AT_A_TIME).unwrap_or(usize::MAX),
        ..AssetFilter::default()
    };
    loop {
        let found = realm.assets(&filter, now).await?;
        ranges.extend(found.assets.iter().map(|asset| AddressRange::from(asset.host.address)));
        filter.after = found.assets.last().map(|asset| asset.host.address);
        let is_last = found.assets.len() < filter.limit;
        if is_last || u64::try_from(ranges.len()).is_ok_and(|count| count > most) {
            return Ok(ranges.into_iter().collect());
        }
    }
}

fn body(asset: Asset) -> AssetBody {
    let Asset { host, first_seen, last_seen, scan } = asset;
    AssetBody { host, first_seen, last_seen, scan_number: scan }
}

/// A saved search as it is told.
#[must_use]
pub fn saved(search: SavedSearch) -> SavedSearchBody {
    let SavedSearch { name, query, saved_by, saved_at } = search;
    SavedSearchBody { name, query: query.to_string(), saved_by, saved_at }
}
