//! Steps on templates and their versions, which never change.

use jiff::Timestamp;
use uuid::Uuid;

use super::{id, millis, time};
use crate::error::StoreError;
use crate::records::{NewTemplate, Template, TemplateOverview, TemplateVersion};
use crate::sqlite::Connection;

/// A template that was not removed, in its newest version.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TemplateRow {
    pub(crate) template_key: i64,
    id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

impl TemplateRow {
    pub(crate) fn latest(&self) -> u32 {
        version(self.version)
    }

    fn overview(self) -> Result<TemplateOverview, StoreError> {
        Ok(TemplateOverview {
            id: id(&self.id)?,
            latest: self.latest(),
            name: self.name,
            description: self.description,
            created_at: time(self.created_at)?,
            updated_at: time(self.updated_at)?,
        })
    }
}

/// The organisation's templates by name, from behind one name on.
pub(crate) async fn list(
    connection: &mut Connection,
    organisation_key: i64,
    after: &str,
    limit: u32,
) -> Result<Vec<TemplateOverview>, StoreError> {
    let rows: Vec<TemplateRow> = sqlx::query_as(
        "SELECT template_key, id, name, description, version, created_at, updated_at FROM templates
         WHERE organisation_key = $1 AND removed_at IS NULL AND name > $2 ORDER BY name LIMIT $3",
    )
    .bind(organisation_key)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(TemplateRow::overview).collect()
}

pub(crate) async fn find(
    connection: &mut Connection,
    organisation_key: i64,
    template: Uuid,
) -> Result<Option<TemplateRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT template_key, id, name, description, version, created_at, updated_at FROM templates
         WHERE organisation_key = $1 AND id = $2 AND removed_at IS NULL",
    )
    .bind(organisation_key)
    .bind(template.to_string())
    .fetch_optional(connection)
    .await?;
    Ok(row)
}

/// One version of the template, if there is that.
pub(crate) async fn show(
    connection: &mut Connection,
    row: TemplateRow,
    wanted: Option<u32>,
) -> Result<Option<Template>, StoreError> {
    let latest = row.latest();
    let wanted = wanted.unwrap_or(latest);
    let found: Option<(String, String, i64)> = sqlx::query_as(
        "SELECT body, created_by, created_at FROM template_versions
         WHERE template_key = $1 AND version = $2",
    )
    .bind(row.template_key)
    .bind(i64::from(wanted))
    .fetch_optional(connection)
    .await?;
    let Some((body, created_by, created_at)) = found else { return Ok(None) };
    Ok(Some(Template {
        id: id(&row.id)?,
        name: row.name,
        description: row.description,
        version: wanted,
        latest,
        body,
        created_by,
        created_at: time(created_at)?,
        updated_at: time(row.updated_at)?,
    }))
}

/// The template's versions, newest first.
pub(crate) async fn versions(
    connection: &mut Connection,
    template_key: i64,
) -> Result<Vec<TemplateVersion>, StoreError> {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT version, created_by, created_at FROM template_versions WHERE template_key = $1
         ORDER BY version DESC",
    )
    .bind(template_key)
    .fetch_all(connection)
    .await?;
    let record = |(number, created_by, created_at): (i64, String, i64)| {
        Ok(TemplateVersion { version: version(number), created_by, created_at: time(created_at)? })
    };
    rows.into_iter().map(record).collect()
}

/// Makes a template with no version yet, and says which key it got.
pub(crate) async fn create(
    connection: &mut Connection,
    organisation_key: i64,
    new: &NewTemplate,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let key: Option<i64> = sqlx::query_scalar(
        "INSERT INTO templates (id, organisation_key, name, description, version, created_at,
             updated_at) VALUES ($1, $2, $3, $4, 0, $5, $5)
         ON CONFLICT (organisation_key, name) WHERE removed_at IS NULL DO NOTHING
         RETURNING template_key",
    )
    .bind(new.id.to_string())
    .bind(organisation_key)
    .bind(&new.name)
    .bind(&new.description)
    .bind(millis(now))
    .fetch_optional(connection)
    .await?;
    key.ok_or_else(|| taken(&new.name))
}

/// Adds a version.
pub(crate) async fn add_version(
    connection: &mut Connection,
    template_key: i64,
    body: &str,
    created_by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let version: i64 = sqlx::query_scalar(
        "UPDATE templates SET version = version + 1, updated_at = $2 WHERE template_key = $1
         RETURNING version",
    )
    .bind(template_key)
    .bind(millis(now))
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO template_versions (template_key, version, body, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(template_key)
    .bind(version)
    .bind(body)
    .bind(created_by)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives the template another name and description.
pub(crate) async fn describe(
    connection: &mut Connection,
    organisation_key: i64,
    template_key: i64,
    name: &str,
    description: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE templates SET name = $3, description = $4, updated_at = $5
         WHERE template_key = $2 AND NOT EXISTS (SELECT 1 FROM templates other
             WHERE other.organisation_key = $1 AND other.name = $3 AND other.removed_at IS NULL
             AND other.template_key <> $2)",
    )
    .bind(organisation_key)
    .bind(template_key)
    .bind(name)
    .bind(description)
    .bind(millis(now))
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 {
        return Err(taken(name));
    }
    Ok(())
}

pub(crate) async fn remove(
    connection: &mut Connection,
    template_key: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE templates SET removed_at = $2, updated_at = $2 WHERE template_key = $1")
        .bind(template_key)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(())
}

fn version(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn taken(name: &str) -> StoreError {
    StoreError::Taken { what: "template", name: name.to_owned() }
}
