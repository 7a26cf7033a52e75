//! Steps on the one row about access: the one-time secret for the first user, and the count of
//! changes to anybody's rights.

use jiff::Timestamp;

use super::millis;
use crate::error::StoreError;
use crate::records::SetupState;
use crate::sqlite::Connection;

/// How often anybody's rights have changed.
pub(crate) async fn version(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT version FROM access").fetch_one(connection).await?)
}

/// Tells those who keep a connection open that somebody may have lost the right to it.
pub(crate) async fn changed(connection: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("UPDATE access SET version = version + 1").execute(connection).await?;
    Ok(())
}

pub(crate) async fn setup_state(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<SetupState, StoreError> {
    let (is_set_up, ends_at): (i64, Option<i64>) =
        sqlx::query_as("SELECT is_set_up, setup_ends_at FROM access").fetch_one(connection).await?;
    let is_needed = is_set_up == 0;
    let is_offered = is_needed && ends_at.is_some_and(|ends_at| ends_at > millis(now));
    Ok(SetupState { is_needed, is_offered })
}

/// Puts a one-time secret in place of the one before.
pub(crate) async fn offer_setup(
    connection: &mut Connection,
    hash: &str,
    ends_at: Timestamp,
) -> Result<(), StoreError> {
    let done =
        sqlx::query("UPDATE access SET setup_hash = $1, setup_ends_at = $2 WHERE is_set_up = 0")
            .bind(hash)
            .bind(millis(ends_at))
            .execute(connection)
            .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::SetUp);
    }
    Ok(())
}

/// Uses up the one-time secret.
pub(crate) async fn take_setup(
    connection: &mut Connection,
    hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE access SET is_set_up = 1, setup_hash = NULL, setup_ends_at = NULL
         WHERE is_set_up = 0 AND setup_hash = $1 AND setup_ends_at > $2",
    )
    .bind(hash)
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 1 {
        return changed(connection).await;
    }
    let is_needed = setup_state(connection, now).await?.is_needed;
    Err(if is_needed { StoreError::SetupRefused } else { StoreError::SetUp })
}
