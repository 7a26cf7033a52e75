//! Steps on projects, their inventory and their scope.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{from_json, id, json, millis, time};
use crate::error::StoreError;
use crate::records::{InventoryTarget, Project};
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// The project's key, and whether it was made now because there was none of that name.
pub(crate) async fn ensure(
    connection: &mut Connection,
    name: &str,
    new_id: Uuid,
    now: Timestamp,
) -> Result<(i64, bool), StoreError> {
    let done = sqlx::query(
        "INSERT INTO projects (id, name, scope, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(new_id.to_string())
    .bind(name)
    .bind(r#"{"rules":[]}"#)
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    Ok((existing_key(connection, name).await?, done.rows_affected() > 0))
}

pub(crate) async fn existing_key(
    connection: &mut Connection,
    name: &str,
) -> Result<i64, StoreError> {
    let key = key(connection, name).await?;
    key.ok_or_else(|| StoreError::NoProject { name: name.to_owned() })
}

pub(crate) async fn key(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<i64>, StoreError> {
    let key = sqlx::query_scalar("SELECT project_key FROM projects WHERE name = $1")
        .bind(name)
        .fetch_optional(connection)
        .await?;
    Ok(key)
}

pub(crate) async fn find(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<Project>, StoreError> {
    let row: Option<(String, String, String, i64)> =
        sqlx::query_as("SELECT id, name, scope, created_at FROM projects WHERE name = $1")
            .bind(name)
            .fetch_optional(connection)
            .await?;
    row.map(|(project, name, scope, created_at)| {
        let scope = from_json("a scope", &scope)?;
        Ok(Project { id: id(&project)?, name, scope, created_at: time(created_at)? })
    })
    .transpose()
}

/// Whether the scope was still `before`, and so is `after` now.
pub(crate) async fn change_scope(
    connection: &mut Connection,
    project_key: i64,
    before: &Value,
    after: &Value,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE projects SET scope = $3 WHERE project_key = $1 AND scope = $2")
        .bind(project_key)
        .bind(before.to_string())
        .bind(after.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Adds targets to the inventory and says how many were new.
pub(crate) async fn add_targets(
    connection: &mut Connection,
    project_key: i64,
    targets: &[InventoryTarget],
) -> Result<u64, StoreError> {
    let mut added = 0;
    for chunk in targets.chunks(ROWS_PER_STATEMENT) {
        let mut insert = QueryBuilder::<Backend>::new(
            "INSERT INTO targets (project_key, target, kind, tags, added_at) ",
        );
        insert.push_values(chunk, |mut row, target| {
            row.push_bind(project_key)
                .push_bind(target.target.as_str())
                .push_bind(target.kind.as_str())
                .push_bind(json(&target.tags))
                .push_bind(millis(target.added_at));
        });
        insert.push(" ON CONFLICT (project_key, target) DO NOTHING");
        added += insert.build().execute(&mut *connection).await?.rows_affected();
    }
    Ok(added)
}

pub(crate) async fn targets(
    connection: &mut Connection,
    project_key: i64,
) -> Result<Vec<InventoryTarget>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT target, kind, tags, added_at FROM targets WHERE project_key = $1
         ORDER BY added_at, target",
    )
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    let record = |(target, kind, tags, added_at): (String, String, String, i64)| {
        let tags = from_json("tags", &tags)?;
        Ok(InventoryTarget { target, kind, tags, added_at: time(added_at)? })
    };
    rows.into_iter().map(record).collect()
}

/// Whether there was such a target.
pub(crate) async fn remove_target(
    connection: &mut Connection,
    project_key: i64,
    target: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM targets WHERE project_key = $1 AND target = $2")
        .bind(project_key)
        .bind(target)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether there was such a target.
pub(crate) async fn set_tags(
    connection: &mut Connection,
    project_key: i64,
    target: &str,
    tags: &[String],
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE targets SET tags = $3 WHERE project_key = $1 AND target = $2")
        .bind(project_key)
        .bind(target)
        .bind(json(&tags))
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}
