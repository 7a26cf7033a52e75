//! Requests of an organisation that may come twice and are carried out once.

use jiff::Timestamp;

use crate::Realm;
use crate::error::StoreError;
use crate::records::Begun;
use crate::steps::requests;

impl Realm {
    /// Takes a key for a request, or says what has become of the one that has it. `request` is the
    /// request's SHA-256. A key is kept for 24 hours; a request that has not been answered for five
    /// minutes was given up, because the program that had it is gone.
    pub async fn begin_request(
        &self,
        key: &str,
        request: &str,
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let mut step = self.store.database.write().await?;
        let begun = requests::begin(&mut step, self.organisation_key, key, request, now).await?;
        step.commit().await?;
        Ok(begun)
    }

    /// Keeps the answer to a request that was begun.
    pub async fn finish_request(
        &self,
        key: &str,
        request: &str,
        status: u16,
        answer: &str,
    ) -> Result<(), StoreError> {
        let mut step = self.store.database.write().await?;
        let organisation = self.organisation_key;
        requests::finish(&mut step, organisation, key, request, status, answer).await?;
        step.commit().await?;
        Ok(())
    }

    /// Lets go of the key of a request that was begun and failed, so that it can be tried again.
    pub async fn drop_request(&self, key: &str, request: &str) -> Result<(), StoreError> {
        let mut step = self.store.database.write().await?;
        requests::drop(&mut step, self.organisation_key, key, request).await?;
        step.commit().await?;
        Ok(())
    }
}
