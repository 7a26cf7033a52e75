//! What is known of addresses over all scans.

use super::{Client, ClientError, NOTHING};
use crate::search::{FoundBody, SaveSearch, SavedSearchBody, SearchAssets};

impl Client {
    /// Looks for hosts: one page of them.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn search(&self, query: &SearchAssets) -> Result<FoundBody, ClientError> {
        self.get(&["search"], query).await
    }

    /// The saved searches of a project, by name.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn searches(&self, project: &str) -> Result<Vec<SavedSearchBody>, ClientError> {
        self.get(&["projects", project, "searches"], NOTHING).await
    }

    /// Saves a query under a name, in the place of another that has it.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn save_search(
        &self,
        project: &str,
        name: &str,
        body: &SaveSearch,
    ) -> Result<SavedSearchBody, ClientError> {
        self.put(&["projects", project, "searches", name], body).await
    }

    /// Removes a saved search.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn remove_search(&self, project: &str, name: &str) -> Result<(), ClientError> {
        self.delete(&["projects", project, "searches", name]).await
    }
}
