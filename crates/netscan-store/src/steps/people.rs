//! Steps on organisations, users, and who belongs where.

use jiff::Timestamp;
use netscan_model::access::Role;
use uuid::Uuid;

use super::{count, id, millis, read, some_time, time};
use crate::error::StoreError;
use crate::records::{Identity, Member, Membership, NewUser, Organisation, User};
use crate::sqlite::Connection;

/// What [`UserRow`] is read from, of a table that goes by `u`.
pub(crate) const USER_COLUMNS: &str = "u.user_key, u.id AS user_id, u.name AS user_name,
     u.display_name, u.password IS NOT NULL AS has_password, u.totp_is_on,
     u.issuer IS NOT NULL AS has_identity, u.is_disabled, u.created_at AS user_created_at,
     u.last_seen_at AS user_seen_at";

/// What [`OrganisationRow`] is read from, of a table that goes by `o`.
pub(crate) const ORGANISATION_COLUMNS: &str = "o.organisation_key, o.id AS organisation_id,
     o.name AS organisation_name, o.created_at AS organisation_created_at";

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct UserRow {
    pub(crate) user_key: i64,
    user_id: String,
    pub(crate) user_name: String,
    display_name: String,
    has_password: bool,
    totp_is_on: i64,
    has_identity: bool,
    is_disabled: i64,
    user_created_at: i64,
    user_seen_at: Option<i64>,
}

impl UserRow {
    pub(crate) fn user(self) -> Result<User, StoreError> {
        Ok(User {
            id: id(&self.user_id)?,
            name: self.user_name,
            display_name: self.display_name,
            has_password: self.has_password,
            has_totp: self.totp_is_on != 0,
            has_identity: self.has_identity,
            is_disabled: self.is_disabled != 0,
            created_at: time(self.user_created_at)?,
            last_seen_at: some_time(self.user_seen_at)?,
        })
    }
}

/// A user as one of an organisation.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct MemberRow {
    #[sqlx(flatten)]
    pub(crate) user: UserRow,
    role: String,
}

impl MemberRow {
    pub(crate) fn role(&self) -> Result<Role, StoreError> {
        read("a role", &self.role)
    }

    pub(crate) fn member(self) -> Result<Member, StoreError> {
        let role = self.role()?;
        Ok(Member { user: self.user.user()?, role })
    }
}

#[derive(Debug, sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "columns of several tables come in one row")]
pub(crate) struct OrganisationRow {
    pub(crate) organisation_key: i64,
    organisation_id: String,
    organisation_name: String,
    organisation_created_at: i64,
}

impl OrganisationRow {
    pub(crate) fn organisation(self) -> Result<Organisation, StoreError> {
        Ok(Organisation {
            id: id(&self.organisation_id)?,
            name: self.organisation_name,
            created_at: time(self.organisation_created_at)?,
        })
    }
}

// Organisations

pub(crate) async fn organisations(
    connection: &mut Connection,
) -> Result<Vec<Organisation>, StoreError> {
    let sql =
        format!("SELECT {ORGANISATION_COLUMNS} FROM organisations o ORDER BY o.organisation_key");
    let rows: Vec<OrganisationRow> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await?;
    rows.into_iter().map(OrganisationRow::organisation).collect()
}

pub(crate) async fn organisation(
    connection: &mut Connection,
    organisation_key: i64,
) -> Result<Organisation, StoreError> {
    let sql =
        format!("SELECT {ORGANISATION_COLUMNS} FROM organisations o WHERE o.organisation_key = $1");
    let row: OrganisationRow = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(organisation_key)
        .fetch_one(connection)
        .await?;
    row.organisation()
}

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

/// Makes an organisation and says which key it got.
pub(crate) async fn create_organisation(
    connection: &mut Connection,
    new_id: Uuid,
    name: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let key: Option<i64> = sqlx::query_scalar(
        "INSERT INTO organisations (id, name, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO NOTHING RETURNING organisation_key",
    )
    .bind(new_id.to_string())
    .bind(name)
    .bind(millis(now))
    .fetch_optional(connection)
    .await?;
    key.ok_or_else(|| taken("organisation", name))
}

pub(crate) async fn rename_organisation(
    connection: &mut Connection,
    organisation_key: i64,
    name: &str,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "UPDATE organisations SET name = $2 WHERE organisation_key = $1
         AND NOT EXISTS (SELECT 1 FROM organisations WHERE name = $2 AND organisation_key <> $1)",
    )
    .bind(organisation_key)
    .bind(name)
    .execute(connection)
    .await?;
    if done.rows_affected() == 0 {
        return Err(taken("organisation", name));
    }
    Ok(())
}

// Users

/// Names are compared as they are kept: in lower case.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Makes a user that belongs nowhere yet, and says which key they got.
pub(crate) async fn create_user(
    connection: &mut Connection,
    new: &NewUser,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let name = folded(&new.name);
    let identity = new.identity.as_ref();
    let key: Option<i64> = sqlx::query_scalar(
        "INSERT INTO users (id, name, display_name, password, issuer, subject, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING user_key",
    )
    .bind(new.id.to_string())
    .bind(&name)
    .bind(&new.display_name)
    .bind(&new.password)
    .bind(identity.map(|identity| &identity.issuer))
    .bind(identity.map(|identity| &identity.subject))
    .bind(millis(now))
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(key) = key {
        return Ok(key);
    }
    let is_identity_taken = match identity {
        Some(identity) => user_key_by_identity(connection, identity).await?.is_some(),
        None => false,
    };
    if is_identity_taken && user_key_by_name(connection, &name).await?.is_none() {
        return Err(taken_identity(identity.expect("it was found")));
    }
    Err(taken("user", &name))
}

pub(crate) async fn user_key(
    connection: &mut Connection,
    user: Uuid,
) -> Result<Option<i64>, StoreError> {
    let key = sqlx::query_scalar("SELECT user_key FROM users WHERE id = $1")
        .bind(user.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(key)
}

pub(crate) async fn user_key_by_name(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<i64>, StoreError> {
    let key = sqlx::query_scalar("SELECT user_key FROM users WHERE name = $1")
        .bind(folded(name))
        .fetch_optional(connection)
        .await?;
    Ok(key)
}

pub(crate) async fn user_key_by_identity(
    connection: &mut Connection,
    identity: &Identity,
) -> Result<Option<i64>, StoreError> {
    let key = sqlx::query_scalar("SELECT user_key FROM users WHERE issuer = $1 AND subject = $2")
        .bind(&identity.issuer)
        .bind(&identity.subject)
        .fetch_optional(connection)
        .await?;
    Ok(key)
}

/// Writes down who vouches for a user, in place of whoever did before.
pub(crate) async fn link_identity(
    connection: &mut Connection,
    user_key: i64,
    identity: &Identity,
) -> Result<(), StoreError> {
    let has_it = user_key_by_identity(connection, identity).await?;
    if has_it.is_some_and(|other| other != user_key) {
        return Err(taken_identity(identity));
    }
    sqlx::query("UPDATE users SET issuer = $2, subject = $3 WHERE user_key = $1")
        .bind(user_key)
        .bind(&identity.issuer)
        .bind(&identity.subject)
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn set_display_name(
    connection: &mut Connection,
    user_key: i64,
    display_name: &str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET display_name = $2 WHERE user_key = $1")
        .bind(user_key)
        .bind(display_name)
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn set_disabled(
    connection: &mut Connection,
    user_key: i64,
    is_disabled: bool,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET is_disabled = $2 WHERE user_key = $1")
        .bind(user_key)
        .bind(i64::from(is_disabled))
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn set_password(
    connection: &mut Connection,
    user_key: i64,
    phc: &str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET password = $2 WHERE user_key = $1")
        .bind(user_key)
        .bind(phc)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets a user who belongs nowhere any more, with all that was theirs. Their name is free again.
pub(crate) async fn forget_user(
    connection: &mut Connection,
    user_key: i64,
) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM sessions WHERE user_key = $1",
        "DELETE FROM tokens WHERE user_key = $1",
        "DELETE FROM users WHERE user_key = $1",
    ] {
        sqlx::query(sql).bind(user_key).execute(&mut *connection).await?;
    }
    Ok(())
}

// Who belongs where

pub(crate) async fn members(
    connection: &mut Connection,
    organisation_key: i64,
) -> Result<Vec<Member>, StoreError> {
    let sql = format!(
        "SELECT {USER_COLUMNS}, m.role FROM memberships m JOIN users u ON u.user_key = m.user_key
         WHERE m.organisation_key = $1 ORDER BY u.name"
    );
    let rows: Vec<MemberRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(organisation_key)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(MemberRow::member).collect()
}

/// The user, if they belong to the organisation.
pub(crate) async fn member(
    connection: &mut Connection,
    organisation_key: i64,
    user_key: i64,
) -> Result<Option<MemberRow>, StoreError> {
    let sql = format!(
        "SELECT {USER_COLUMNS}, m.role FROM memberships m JOIN users u ON u.user_key = m.user_key
         WHERE m.organisation_key = $1 AND m.user_key = $2"
    );
    let row = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(organisation_key)
        .bind(user_key)
        .fetch_optional(connection)
        .await?;
    Ok(row)
}

/// The same by the user's id.
pub(crate) async fn member_by_id(
    connection: &mut Connection,
    organisation_key: i64,
    user: Uuid,
) -> Result<Option<MemberRow>, StoreError> {
    match user_key(connection, user).await? {
        Some(user_key) => member(connection, organisation_key, user_key).await,
        None => Ok(None),
    }
}

/// Where the user belongs, the oldest organisation first.
pub(crate) async fn memberships(
    connection: &mut Connection,
    user_key: i64,
) -> Result<Vec<Membership>, StoreError> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT o.id, o.name, m.role FROM memberships m
         JOIN organisations o ON o.organisation_key = m.organisation_key
         WHERE m.user_key = $1 ORDER BY o.organisation_key",
    )
    .bind(user_key)
    .fetch_all(connection)
    .await?;
    let membership = |(organisation, name, role): (String, String, String)| {
        Ok(Membership {
            organisation_id: id(&organisation)?,
            organisation: name,
            role: read("a role", &role)?,
        })
    };
    rows.into_iter().map(membership).collect()
}

/// Makes the user one of the organisation, and says whether they were none of it before.
pub(crate) async fn add_member(
    connection: &mut Connection,
    organisation_key: i64,
    user_key: i64,
    role: Role,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO memberships (user_key, organisation_key, role) VALUES ($1, $2, $3)
         ON CONFLICT (user_key, organisation_key) DO NOTHING",
    )
    .bind(user_key)
    .bind(organisation_key)
    .bind(role.name())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn set_role(
    connection: &mut Connection,
    organisation_key: i64,
    user_key: i64,
    role: Role,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE memberships SET role = $3 WHERE organisation_key = $1 AND user_key = $2")
        .bind(organisation_key)
        .bind(user_key)
        .bind(role.name())
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes the user out of the organisation, with their sessions and tokens there.
pub(crate) async fn remove_member(
    connection: &mut Connection,
    organisation_key: i64,
    user_key: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Whoever comes back later does not find their old tokens alive.
    sqlx::query(
        "UPDATE tokens SET revoked_at = $3
         WHERE organisation_key = $1 AND user_key = $2 AND revoked_at IS NULL",
    )
    .bind(organisation_key)
    .bind(user_key)
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    for sql in [
        "DELETE FROM sessions WHERE organisation_key = $1 AND user_key = $2",
        "DELETE FROM memberships WHERE organisation_key = $1 AND user_key = $2",
    ] {
        sqlx::query(sql).bind(organisation_key).bind(user_key).execute(&mut *connection).await?;
    }
    Ok(())
}

/// How many organisations the user belongs to.
pub(crate) async fn membership_count(
    connection: &mut Connection,
    user_key: i64,
) -> Result<u64, StoreError> {
    let found = sqlx::query_scalar("SELECT COUNT(*) FROM memberships WHERE user_key = $1")
        .bind(user_key)
        .fetch_one(connection)
        .await?;
    Ok(count(found))
}

/// The admins of an organisation who are not kept out.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Admins {
    /// How many they are; the others have tokens at best.
    active: i64,
    /// How many of them can sign in.
    able: i64,
}

impl Admins {
    /// Whether nobody is left of those who were there, or nobody who can sign in.
    pub(crate) fn is_end_of(self, before: Self) -> bool {
        (before.active > 0 && self.active == 0) || (before.able > 0 && self.able == 0)
    }
}

/// How many admins of the organisation are not kept out.
pub(crate) async fn admins(
    connection: &mut Connection,
    organisation_key: i64,
) -> Result<Admins, StoreError> {
    let found = sqlx::query_as(
        "SELECT COUNT(*) AS active,
             COUNT(CASE WHEN u.password IS NOT NULL OR u.issuer IS NOT NULL THEN 1 END) AS able
         FROM memberships m JOIN users u ON u.user_key = m.user_key
         WHERE m.organisation_key = $1 AND m.role = $2 AND u.is_disabled = 0",
    )
    .bind(organisation_key)
    .bind(Role::Admin.name())
    .fetch_one(connection)
    .await?;
    Ok(found)
}

fn taken(what: &'static str, name: &str) -> StoreError {
    StoreError::Taken { what, name: name.to_owned() }
}

fn taken_identity(identity: &Identity) -> StoreError {
    taken("user of the identity provider", &identity.subject)
}
