//! What is known of addresses over all scans: searched, counted, and as it was at a time.

use jiff::Timestamp;
use netscan_model::address::Address;
use netscan_model::inventory::{Asset, FacetField};
use netscan_model::search::{Field, Query, Tags};
use serde_json::json;

use crate::error::StoreError;
use crate::sqlite::Connection;
use crate::steps::inventory::{self, Memory, facets, find, read};
use crate::steps::{projects, searches};
use crate::{By, Realm, Store};

/// Hosts that are taken up in one step: others who write wait no longer than a second or so.
const STEP: u32 = 2_000;

/// Which assets are wanted.
#[derive(Clone, Debug, Default)]
pub struct AssetFilter {
    /// The project's name or id.
    pub project: String,
    /// Those that this means; all without one.
    pub query: Option<Query>,
    /// Those behind this address.
    pub after: Option<Address>,
    /// Without the first so many of these.
    pub skip: u64,
    /// At most so many.
    pub limit: usize,
    /// What is counted over all that are found.
    pub facets: Vec<FacetField>,
}

/// Assets that were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundAssets {
    /// How many there are.
    pub total: u64,
    /// Those of the page, in ascending order of address.
    pub assets: Vec<Asset>,
    /// What they have in common, in the order in which it was asked for.
    pub facets: Vec<(FacetField, Vec<Facet>)>,
}

/// How many assets have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The value.
    pub value: String,
    /// How many.
    pub count: u64,
}

/// A query that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSearch {
    /// Its name, unique in its project.
    pub name: String,
    /// The query.
    pub query: Query,
    /// Who saved it.
    pub saved_by: String,
    /// When.
    pub saved_at: Timestamp,
}

/// Takes what scans have found into the inventory, step by step.
#[derive(Default)]
pub struct CatchUp {
    memory: Memory,
}

impl CatchUp {
    /// Takes up a part of what is new, and says how many hosts that was: none once all is known.
    pub async fn step(&mut self, store: &Store) -> Result<u64, StoreError> {
        if !inventory::is_behind(&mut *store.database.read().await?).await? {
            return Ok(0);
        }
        let mut step = store.database.write().await?;
        let done = inventory::take_up(&mut step, &mut self.memory, STEP).await?;
        step.commit().await?;
        Ok(done)
    }
}

impl Store {
    /// Takes all that is new into the inventory, and says how many hosts that was.
    pub async fn catch_up(&self) -> Result<u64, StoreError> {
        let mut catch_up = CatchUp::default();
        let mut all = 0;
        loop {
            match catch_up.step(self).await? {
                0 => return Ok(all),
                done => all += done,
            }
        }
    }
}

impl Realm {
    /// As [`CatchUp::step`].
    pub async fn catch_up(&self, catch_up: &mut CatchUp) -> Result<u64, StoreError> {
        catch_up.step(&self.store).await
    }

    /// The assets that are wanted, as far as they have been taken up ([`CatchUp`]). A project that is
    /// not there has none.
    pub async fn assets(
        &self,
        filter: &AssetFilter,
        now: Timestamp,
    ) -> Result<FoundAssets, StoreError> {
        let mut step = self.store.database.read().await?;
        let Some(project_key) = self.project_key(&mut step, &filter.project).await? else {
            return Ok(FoundAssets::default());
        };
        let found = match &filter.query {
            Some(query) => {
                let tags = tags_for(&mut step, project_key, query).await?;
                find::find(&mut step, project_key, query, &tags, now).await?
            }
            None => find::all(&mut step, project_key).await?,
        };
        let after = filter.after.map(Address::to_key).unwrap_or_default();
        let mut facets = Vec::with_capacity(filter.facets.len());
        for field in &filter.facets {
            facets.push((*field, facets::facet(&mut step, project_key, &found, *field).await?));
        }
        let part = read::Part { after: &after, skip: filter.skip, limit: filter.limit };
        let assets = match &filter.query {
            None if filter.skip == 0 => {
                read::next(&mut step, project_key, &after, filter.limit).await?
            }
            _ => read::page(&mut step, project_key, &found, part).await?,
        };
        Ok(FoundAssets { total: found.len(), assets, facets })
    }

    /// What was known at the time `at` of the next `limit` addresses behind `after`.
    pub async fn assets_as_of(
        &self,
        project: &str,
        at: Timestamp,
        after: Option<Address>,
        limit: u32,
    ) -> Result<Vec<Asset>, StoreError> {
        let mut step = self.store.database.read().await?;
        let Some(project_key) = self.project_key(&mut step, project).await? else {
            return Ok(Vec::new());
        };
        let after = after.map(Address::to_key).unwrap_or_default();
        read::as_of(&mut step, project_key, at, &after, limit).await
    }

    /// The tags of the project's targets.
    pub async fn tags(&self, project: &str) -> Result<Tags, StoreError> {
        let targets = self.targets(project).await?;
        let of_each = targets.iter().map(|target| (target.target.as_str(), target.tags.as_slice()));
        Ok(Tags::of(of_each))
    }

    /// The project's saved searches, by name.
    pub async fn searches(&self, project: &str) -> Result<Vec<SavedSearch>, StoreError> {
        let mut step = self.store.database.read().await?;
        let Some(project_key) = self.project_key(&mut step, project).await? else {
            return Ok(Vec::new());
        };
        searches::list(&mut step, project_key).await
    }

    /// Saves a query under a name, in the place of another that has it.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoProject`] when there is no such project.
    pub async fn save_search(
        &self,
        project: &str,
        name: &str,
        query: &Query,
        by: By<'_>,
    ) -> Result<SavedSearch, StoreError> {
        let mut step = self.store.database.write().await?;
        let project_key = self.existing(&mut step, project).await?;
        searches::save(&mut step, project_key, name, query, by).await?;
        let detail = json!({ "query": query.to_string() });
        self.audit(&mut step, by, "search.save", name, detail).await?;
        let saved = searches::list(&mut step, project_key).await?;
        step.commit().await?;
        let saved = saved.into_iter().find(|search| search.name == name);
        saved.ok_or_else(|| StoreError::NoSearch { name: name.to_owned() })
    }

    /// Removes a saved search.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSearch`] when there is none of that name.
    pub async fn remove_search(
        &self,
        project: &str,
        name: &str,
        by: By<'_>,
    ) -> Result<(), StoreError> {
        let mut step = self.store.database.write().await?;
        let project_key = self.existing(&mut step, project).await?;
        searches::remove(&mut step, project_key, name).await?;
        self.audit(&mut step, by, "search.remove", name, json!({})).await?;
        step.commit().await?;
        Ok(())
    }

    async fn project_key(
        &self,
        step: &mut Connection,
        reference: &str,
    ) -> Result<Option<i64>, StoreError> {
        projects::key(step, self.organisation_key, reference).await
    }
}

async fn tags_for(
    step: &mut Connection,
    project_key: i64,
    query: &Query,
) -> Result<Tags, StoreError> {
    if !query.asks_for(Field::Tag) {
        return Ok(Tags::default());
    }
    let targets = projects::targets(step, project_key).await?;
    Ok(Tags::of(targets.iter().map(|target| (target.target.as_str(), target.tags.as_slice()))))
}
