//! Steps on saved searches.

use netscan_model::search::Query;

use super::{millis, read, time};
use crate::By;
use crate::error::StoreError;
use crate::inventory::SavedSearch;
use crate::sqlite::Connection;

pub(crate) async fn list(
    connection: &mut Connection,
    project_key: i64,
) -> Result<Vec<SavedSearch>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT name, query, saved_by, saved_at FROM searches WHERE project_key = $1 ORDER BY name",
    )
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    let search = |(name, query, saved_by, saved_at): (String, String, String, i64)| {
        let query = read("a query", &query)?;
        Ok(SavedSearch { name, query, saved_by, saved_at: time(saved_at)? })
    };
    rows.into_iter().map(search).collect()
}

pub(crate) async fn save(
    connection: &mut Connection,
    project_key: i64,
    name: &str,
    query: &Query,
    by: By<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO searches (project_key, name, query, saved_by, saved_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (project_key, name) DO UPDATE SET query = excluded.query,
             saved_by = excluded.saved_by, saved_at = excluded.saved_at",
    )
    .bind(project_key)
    .bind(name)
    .bind(query.to_string())
    .bind(by.actor)
    .bind(millis(by.now))
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn remove(
    connection: &mut Connection,
    project_key: i64,
    name: &str,
) -> Result<(), StoreError> {
    let done = sqlx::query("DELETE FROM searches WHERE project_key = $1 AND name = $2")
        .bind(project_key)
        .bind(name)
        .execute(connection)
        .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::NoSearch { name: name.to_owned() });
    }
    Ok(())
}
