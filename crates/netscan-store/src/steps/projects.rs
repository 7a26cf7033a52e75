//! Steps on projects, their inventory and their scope.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::scans::positive;
use super::{count, from_json, id, json, millis, number, time};
use crate::error::StoreError;
use crate::records::{InventoryTarget, NewProject, Project, ProjectChanges, ProjectLimits};
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

const COLUMNS: &str = "SELECT p.project_key, p.id, o.id AS organisation_id, p.name, p.description,
     p.scope, p.max_scans, p.max_batches, p.max_rate, p.created_at, p.updated_at,
     (SELECT COUNT(*) FROM scans s WHERE s.project_key = p.project_key) AS scans,
     (SELECT COUNT(*) FROM targets t WHERE t.project_key = p.project_key) AS targets
 FROM projects p JOIN organisations o ON o.organisation_key = p.organisation_key ";

#[derive(sqlx::FromRow)]
struct ProjectRow {
    id: String,
    organisation_id: String,
    name: String,
    description: String,
    scope: String,
    max_scans: Option<i64>,
    max_batches: Option<i64>,
    max_rate: Option<i64>,
    created_at: i64,
    updated_at: i64,
    scans: i64,
    targets: i64,
}

fn record(row: ProjectRow) -> Result<Project, StoreError> {
    Ok(Project {
        id: id(&row.id)?,
        organisation_id: id(&row.organisation_id)?,
        name: row.name,
        description: row.description,
        scope: from_json("a scope", &row.scope)?,
        limits: ProjectLimits {
            max_scans: row.max_scans.map(positive).transpose()?,
            max_batches: row.max_batches.map(positive).transpose()?,
            max_rate: row.max_rate.map(positive).transpose()?,
        },
        scans: count(row.scans),
        targets: count(row.targets),
        created_at: time(row.created_at)?,
        updated_at: time(row.updated_at)?,
    })
}

/// The project's key, and whether it was made now because there was none of that name or id.
pub(crate) async fn ensure(
    connection: &mut Connection,
    organisation_key: i64,
    reference: &str,
    new_id: Uuid,
    now: Timestamp,
) -> Result<(i64, bool), StoreError> {
    if let Some(key) = key(connection, organisation_key, reference).await? {
        return Ok((key, false));
    }
    let new = NewProject { id: new_id, name: reference.to_owned(), description: String::new() };
    Ok((create(connection, organisation_key, &new, now).await?, true))
}

/// Stores a project. The caller sees to it that no other has its name.
async fn create(
    connection: &mut Connection,
    organisation_key: i64,
    new: &NewProject,
    now: Timestamp,
) -> Result<i64, StoreError> {
    refuse_id(&new.name)?;
    let key = sqlx::query_scalar(
        "INSERT INTO projects (id, organisation_key, name, description, scope, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING project_key",
    )
    .bind(new.id.to_string())
    .bind(organisation_key)
    .bind(&new.name)
    .bind(&new.description)
    .bind(r#"{"rules":[]}"#)
    .bind(millis(now))
    .fetch_one(connection)
    .await?;
    Ok(key)
}

/// Stores a project whose name must be new.
pub(crate) async fn create_new(
    connection: &mut Connection,
    organisation_key: i64,
    new: &NewProject,
    now: Timestamp,
) -> Result<Project, StoreError> {
    refuse_taken(connection, organisation_key, &new.name, None).await?;
    let key = create(connection, organisation_key, new, now).await?;
    show(connection, key).await
}

/// Refuses a name that would be taken for the id of another project.
fn refuse_id(name: &str) -> Result<(), StoreError> {
    match name.parse::<Uuid>() {
        Ok(_) => Err(StoreError::NamedLikeId { what: "project", name: name.to_owned() }),
        Err(_) => Ok(()),
    }
}

async fn refuse_taken(
    connection: &mut Connection,
    organisation_key: i64,
    name: &str,
    own_key: Option<i64>,
) -> Result<(), StoreError> {
    let taken: Option<i64> = sqlx::query_scalar(
        "SELECT project_key FROM projects WHERE organisation_key = $1 AND name = $2",
    )
    .bind(organisation_key)
    .bind(name)
    .fetch_optional(connection)
    .await?;
    match taken {
        Some(key) if Some(key) != own_key => {
            Err(StoreError::Taken { what: "project", name: name.to_owned() })
        }
        _ => Ok(()),
    }
}

/// Changes what a project is called, what it is for, and how much of it may run.
pub(crate) async fn change(
    connection: &mut Connection,
    organisation_key: i64,
    project_key: i64,
    changes: &ProjectChanges,
    now: Timestamp,
) -> Result<Project, StoreError> {
    if let Some(name) = &changes.name {
        refuse_id(name)?;
        refuse_taken(connection, organisation_key, name, Some(project_key)).await?;
    }
    sqlx::query(
        "UPDATE projects SET name = COALESCE($2, name), description = COALESCE($3, description),
             updated_at = $4
         WHERE project_key = $1",
    )
    .bind(project_key)
    .bind(&changes.name)
    .bind(&changes.description)
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    if let Some(limits) = &changes.limits {
        let stored =
            |limit: Option<std::num::NonZeroU32>| limit.map(|limit| i64::from(limit.get()));
        sqlx::query(
            "UPDATE projects SET max_scans = $2, max_batches = $3, max_rate = $4
             WHERE project_key = $1",
        )
        .bind(project_key)
        .bind(stored(limits.max_scans))
        .bind(stored(limits.max_batches))
        .bind(stored(limits.max_rate))
        .execute(&mut *connection)
        .await?;
    }
    show(connection, project_key).await
}

/// Removes a project with its inventory. The caller has removed its scans.
pub(crate) async fn remove(
    connection: &mut Connection,
    project_key: i64,
) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM searches WHERE project_key = $1",
        "DELETE FROM stale_assets WHERE project_key = $1",
        "DELETE FROM assets WHERE project_key = $1",
        "DELETE FROM postings WHERE fact_key IN (SELECT fact_key FROM facts WHERE project_key = $1)",
        "DELETE FROM own_texts WHERE rowid IN (SELECT fact_key FROM facts WHERE project_key = $1)",
        "DELETE FROM shared_texts WHERE rowid IN (SELECT fact_key FROM facts WHERE project_key = $1)",
        "DELETE FROM facts WHERE project_key = $1 AND of_fact IS NOT NULL",
        "DELETE FROM facts WHERE project_key = $1",
        "DELETE FROM targets WHERE project_key = $1",
        "DELETE FROM projects WHERE project_key = $1",
    ] {
        sqlx::query(statement).bind(project_key).execute(&mut *connection).await?;
    }
    Ok(())
}

/// How many of the project's scans have been started and not ended.
pub(crate) async fn open_scans(
    connection: &mut Connection,
    project_key: i64,
) -> Result<u64, StoreError> {
    let open: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM scans
         WHERE project_key = $1 AND state IN ('queued', 'running', 'paused')",
    )
    .bind(project_key)
    .fetch_one(connection)
    .await?;
    Ok(count(open))
}

pub(crate) async fn existing_key(
    connection: &mut Connection,
    organisation_key: i64,
    reference: &str,
) -> Result<i64, StoreError> {
    let key = key(connection, organisation_key, reference).await?;
    key.ok_or_else(|| StoreError::NoProject { name: reference.to_owned() })
}

/// The key of the organisation's project with this id or name.
pub(crate) async fn key(
    connection: &mut Connection,
    organisation_key: i64,
    reference: &str,
) -> Result<Option<i64>, StoreError> {
    // No project can take the place of another by calling itself by its id.
    let as_id = reference.parse::<Uuid>().map(|id| id.to_string()).unwrap_or_default();
    let key = sqlx::query_scalar(
        "SELECT project_key FROM projects WHERE organisation_key = $1 AND (id = $2 OR name = $3)
         ORDER BY CASE WHEN id = $2 THEN 0 ELSE 1 END LIMIT 1",
    )
    .bind(organisation_key)
    .bind(as_id)
    .bind(reference)
    .fetch_optional(connection)
    .await?;
    Ok(key)
}

pub(crate) async fn show(
    connection: &mut Connection,
    project_key: i64,
) -> Result<Project, StoreError> {
    let row = sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE p.project_key = $1")))
        .bind(project_key)
        .fetch_one(connection)
        .await?;
    record(row)
}

/// The key of the organisation with this id.
pub(crate) async fn organisation_key(
    connection: &mut Connection,
    organisation: Uuid,
) -> Result<Option<i64>, StoreError> {
    let key = sqlx::query_scalar("SELECT organisation_key FROM organisations WHERE id = $1")
        .bind(organisation.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(key)
}

/// The organisation's projects by name.
pub(crate) async fn list(
    connection: &mut Connection,
    organisation_key: i64,
) -> Result<Vec<Project>, StoreError> {
    let rows: Vec<ProjectRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE p.organisation_key = $1 ORDER BY p.name"
    )))
    .bind(organisation_key)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(record).collect()
}

/// Whether the scope was still `before`, and so is `after` now.
pub(crate) async fn change_scope(
    connection: &mut Connection,
    project_key: i64,
    before: &Value,
    after: &Value,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE projects SET scope = $3, updated_at = $4 WHERE project_key = $1 AND scope = $2",
    )
    .bind(project_key)
    .bind(before.to_string())
    .bind(after.to_string())
    .bind(millis(now))
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

type TargetRow = (String, String, String, i64);

fn target((target, kind, tags, added_at): TargetRow) -> Result<InventoryTarget, StoreError> {
    let tags = from_json("tags", &tags)?;
    Ok(InventoryTarget { target, kind, tags, added_at: time(added_at)? })
}

/// The project's inventory, oldest first.
pub(crate) async fn targets(
    connection: &mut Connection,
    project_key: i64,
) -> Result<Vec<InventoryTarget>, StoreError> {
    let rows: Vec<TargetRow> = sqlx::query_as(
        "SELECT target, kind, tags, added_at FROM targets WHERE project_key = $1
         ORDER BY added_at, target",
    )
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(target).collect()
}

/// The next `limit` targets of the inventory behind this one, in the order of their texts.
pub(crate) async fn targets_page(
    connection: &mut Connection,
    project_key: i64,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<InventoryTarget>, StoreError> {
    let rows: Vec<TargetRow> = sqlx::query_as(
        "SELECT target, kind, tags, added_at FROM targets
         WHERE project_key = $1 AND target > $2 ORDER BY target LIMIT $3",
    )
    .bind(project_key)
    .bind(after.unwrap_or_default())
    .bind(number(limit))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(target).collect()
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
