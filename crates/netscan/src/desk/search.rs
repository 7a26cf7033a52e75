//! What is known of addresses over all scans of the project.

use anyhow::Context as _;
use netscan_api::search::{FoundBody, Looked, SaveSearch, SavedSearchBody, SearchAssets};
use netscan_model::search::Query;
use netscan_server::searches::{self, Search};

use super::errors::unless_missing;
use super::{Desk, Place};
use crate::ending::Fault;

impl Desk<'_> {
    /// A page of what is looked for. What scans have found is taken up before.
    pub(crate) async fn search(&self, asked: &SearchAssets) -> anyhow::Result<FoundBody> {
        let realm = match &self.place {
            Place::Here(realm) => realm,
            Place::There(client) => return Ok(client.search(asked).await?),
        };
        let query = match &asked.q {
            Some(text) => {
                let looked = Looked::read(text).map_err(Fault::new)?;
                let query = searches::meant(realm, self.project(), looked).await?;
                Some(query.ok_or_else(|| no_search(text.trim_start_matches('@')))?)
            }
            None => None,
        };
        let after = asked.cursor.as_deref().map(str::parse).transpose();
        let search = Search {
            project: self.project().to_owned(),
            query,
            as_of: asked.as_of,
            facets: asked.facets().map_err(Fault::new)?,
            after: after.context("this is no cursor of this list; take it as it came")?,
            skip: asked.skip.unwrap_or(0),
            limit: asked.limit.unwrap_or(100),
        };
        if asked.cursor.is_none() {
            self.context.store().await?.catch_up().await?;
        }
        Ok(searches::page(realm, &search, true, self.by().now).await?)
    }

    /// The saved searches of the project, by name.
    pub(crate) async fn searches(&self) -> anyhow::Result<Vec<SavedSearchBody>> {
        match &self.place {
            Place::Here(realm) => {
                let saved = realm.searches(self.project()).await?;
                Ok(saved.into_iter().map(searches::saved).collect())
            }
            Place::There(client) => {
                let found = unless_missing(client.searches(self.project()).await)?;
                Ok(found.unwrap_or_default())
            }
        }
    }

    /// Saves a query under a name.
    pub(crate) async fn save_search(
        &self,
        name: &str,
        query: &Query,
    ) -> anyhow::Result<SavedSearchBody> {
        match &self.place {
            Place::Here(realm) => {
                let saved = realm.save_search(self.project(), name, query, self.by()).await?;
                Ok(searches::saved(saved))
            }
            Place::There(client) => {
                let body = SaveSearch { query: query.to_string() };
                Ok(client.save_search(self.project(), name, &body).await?)
            }
        }
    }

    /// Removes a saved search.
    pub(crate) async fn remove_search(&self, name: &str) -> anyhow::Result<()> {
        match &self.place {
            Place::Here(realm) => Ok(realm.remove_search(self.project(), name, self.by()).await?),
            Place::There(client) => {
                let removed = client.remove_search(self.project(), name).await;
                unless_missing(removed)?.ok_or_else(|| no_search(name).into())
            }
        }
    }
}

fn no_search(name: &str) -> Fault {
    Fault::new(format!("there is no saved search {name:?}"))
        .hint("`netscan search --saved` lists those that there are")
}
