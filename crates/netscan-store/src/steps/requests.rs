//! Steps on requests that may come twice, and the answers they got.

use jiff::Timestamp;

use super::{damaged, millis};
use crate::error::StoreError;
use crate::records::Begun;
use crate::sqlite::Connection;

/// How long an answer is kept, in milliseconds.
const KEPT: i64 = 24 * 60 * 60 * 1000;

/// After how many milliseconds whoever was to answer is held to have died. The operation that takes
/// longest answers within ten minutes: what is still being done must not be done a second time.
const ABANDONED: i64 = 15 * 60 * 1000;

#[derive(Debug, sqlx::FromRow)]
struct RequestRow {
    request: String,
    status: Option<i64>,
    answer: Option<String>,
    created_at: i64,
}

/// Takes the key for this request, or says what has become of the one that has it.
pub(crate) async fn begin(
    connection: &mut Connection,
    organisation_key: i64,
    key: &str,
    request: &str,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    forget_old(connection, now).await?;
    let row: Option<RequestRow> = sqlx::query_as(
        "SELECT request, status, answer, created_at FROM idempotency
         WHERE organisation_key = $1 AND key = $2",
    )
    .bind(organisation_key)
    .bind(key)
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        Some(row) if !row.is_abandoned(now) => return row.begun(request),
        _ => {}
    }
    sqlx::query(
        "INSERT INTO idempotency (organisation_key, key, request, created_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (organisation_key, key)
         DO UPDATE SET request = excluded.request, created_at = excluded.created_at",
    )
    .bind(organisation_key)
    .bind(key)
    .bind(request)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(Begun::New)
}

impl RequestRow {
    fn is_abandoned(&self, now: Timestamp) -> bool {
        self.status.is_none() && self.created_at <= millis(now) - ABANDONED
    }

    fn begun(self, request: &str) -> Result<Begun, StoreError> {
        if self.request != request {
            return Ok(Begun::Other);
        }
        let Some(status) = self.status else { return Ok(Begun::Running) };
        let status = u16::try_from(status).map_err(|_| damaged("a status", status))?;
        Ok(Begun::Again { status, answer: self.answer.unwrap_or_default() })
    }
}

/// Keeps the answer for whoever asks the same again.
pub(crate) async fn finish(
    connection: &mut Connection,
    organisation_key: i64,
    key: &str,
    request: &str,
    status: u16,
    answer: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE idempotency SET status = $4, answer = $5
         WHERE organisation_key = $1 AND key = $2 AND request = $3 AND status IS NULL",
    )
    .bind(organisation_key)
    .bind(key)
    .bind(request)
    .bind(i64::from(status))
    .bind(answer)
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets go of the key: the request failed, and may be tried again.
pub(crate) async fn drop(
    connection: &mut Connection,
    organisation_key: i64,
    key: &str,
    request: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM idempotency
         WHERE organisation_key = $1 AND key = $2 AND request = $3 AND status IS NULL",
    )
    .bind(organisation_key)
    .bind(key)
    .bind(request)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets answers that were kept long enough, and says how many these were.
pub(crate) async fn forget_old(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM idempotency WHERE created_at <= $1")
        .bind(millis(now) - KEPT)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
