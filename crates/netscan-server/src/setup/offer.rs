//! The secret of the link that makes the first user.

use std::time::Duration;

use jiff::Timestamp;
use netscan_store::{Store, StoreError};

use crate::session::secret;

/// How long the link holds.
const LIFETIME: Duration = Duration::from_hours(24);

/// The secret that makes the first user, for a link `…/setup?token=SECRET` that is shown to whoever
/// starts the server; nothing when somebody has been set up already. A link that was offered before
/// does not hold any more.
///
/// # Errors
///
/// Whatever keeps the store from writing it down.
pub async fn offer_setup(store: &Store, now: Timestamp) -> Result<Option<String>, StoreError> {
    if !is_needed(store, now).await? {
        return Ok(None);
    }
    let secret = secret::random();
    match store.offer_setup(&secret::hash(&secret), now + LIFETIME, now).await {
        Ok(()) => Ok(Some(secret)),
        Err(StoreError::SetUp) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the first user is still to be made: nobody was, here or on the command line, and there is
/// no token either.
pub(crate) async fn is_needed(store: &Store, now: Timestamp) -> Result<bool, StoreError> {
    if !store.setup_state(now).await?.is_needed {
        return Ok(false);
    }
    let realm = store.default_realm().await?;
    let has_user = realm.users().await?.iter().any(|member| member.user.has_password);
    Ok(!has_user && realm.tokens(None).await?.is_empty())
}
