//! Steps on what people and programs prove with who they are: passwords, second factors, sessions
//! and tokens.

use std::time::Duration;

use jiff::Timestamp;
use netscan_model::access::{Grant, Permission, Role};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::people::{
    ORGANISATION_COLUMNS, OrganisationRow, USER_COLUMNS, UserRow, member, memberships,
};
use super::{count, from_json, id, json, millis, number, read, some_time, time};
use crate::error::StoreError;
use crate::records::{
    CallerKind, CallerRecord, Credentials, NewSession, NewToken, SessionRecord, TokenRecord, Totp,
};
use crate::sqlite::{Backend, Connection};

/// How often at most it is written down that a session or token is in use.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// A caller, and what says when they were last seen.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) caller: CallerRecord,
    /// Whether it is time to write down that they were here.
    pub(crate) is_due: bool,
}

// Signing in

#[derive(Debug, sqlx::FromRow)]
struct CredentialsRow {
    #[sqlx(flatten)]
    user: UserRow,
    password: Option<String>,
    totp_secret: Option<String>,
    totp_last: i64,
}

/// What the user is held against when they sign in.
pub(crate) async fn of_user(
    connection: &mut Connection,
    user_key: i64,
) -> Result<Credentials, StoreError> {
    let sql = format!(
        "SELECT {USER_COLUMNS}, u.password, u.totp_secret, u.totp_last FROM users u
         WHERE u.user_key = $1"
    );
    let row: CredentialsRow =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user_key).fetch_one(&mut *connection).await?;
    let user = row.user.user()?;
    let (is_on, last) = (user.has_totp, count(row.totp_last));
    Ok(Credentials {
        user,
        password: row.password,
        totp: row.totp_secret.map(|secret| Totp { secret, is_on, last }),
        memberships: memberships(connection, user_key).await?,
    })
}

/// Uses up a time step and all before it, if the second factor is on and this one was not.
pub(crate) async fn use_totp_step(
    connection: &mut Connection,
    user: Uuid,
    step: u64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE users SET totp_last = $2 WHERE id = $1 AND totp_is_on = 1 AND totp_last < $2",
    )
    .bind(user.to_string())
    .bind(number(step))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Begins to set up a second factor, unless there is one that is on.
pub(crate) async fn set_totp(
    connection: &mut Connection,
    user_key: i64,
    secret: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE users SET totp_secret = $2, totp_last = 0 WHERE user_key = $1 AND totp_is_on = 0",
    )
    .bind(user_key)
    .bind(secret)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Turns on the second factor that is being set up, if `secret` still is its own, and uses up the
/// step it was proved with.
pub(crate) async fn confirm_totp(
    connection: &mut Connection,
    user_key: i64,
    secret: &str,
    step: u64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE users SET totp_is_on = 1, totp_last = $2
         WHERE user_key = $1 AND totp_is_on = 0 AND totp_secret = $3",
    )
    .bind(user_key)
    .bind(number(step))
    .bind(secret)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes the second factor away, and says whether there was one.
pub(crate) async fn drop_totp(
    connection: &mut Connection,
    user_key: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE users SET totp_secret = NULL, totp_is_on = 0, totp_last = 0
         WHERE user_key = $1 AND totp_secret IS NOT NULL",
    )
    .bind(user_key)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

// Sessions

pub(crate) async fn open_session(
    connection: &mut Connection,
    organisation_key: i64,
    user_key: i64,
    new: &NewSession,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (hash, id, user_key, organisation_key, remote, agent, created_at,
             last_seen_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(&new.hash)
    .bind(new.id.to_string())
    .bind(user_key)
    .bind(organisation_key)
    .bind(&new.remote)
    .bind(&new.agent)
    .bind(millis(now))
    .bind(millis(new.ends_at))
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Debug, sqlx::FromRow)]
struct SessionCallerRow {
    session_id: String,
    last_seen_at: i64,
    ends_at: i64,
    role: String,
    #[sqlx(flatten)]
    user: UserRow,
    #[sqlx(flatten)]
    organisation: OrganisationRow,
}

/// Whose session it is, if it holds now.
pub(crate) async fn session_caller(
    connection: &mut Connection,
    hash: &str,
    idle: Duration,
    now: Timestamp,
) -> Result<Option<Found>, StoreError> {
    let sql = format!(
        "SELECT s.id AS session_id, s.last_seen_at, s.ends_at, m.role, {USER_COLUMNS},
             {ORGANISATION_COLUMNS}
         FROM sessions s JOIN users u ON u.user_key = s.user_key
         JOIN memberships m ON m.user_key = s.user_key AND m.organisation_key = s.organisation_key
         JOIN organisations o ON o.organisation_key = s.organisation_key
         WHERE s.hash = $1 AND s.ends_at > $2 AND s.last_seen_at > $3 AND u.is_disabled = 0"
    );
    let idle = number(idle.as_millis());
    let row: Option<SessionCallerRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(hash)
        .bind(millis(now))
        .bind(millis(now).saturating_sub(idle))
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    // What is written down late must not end a session early.
    let every = number(TOUCH_EVERY.as_millis()).min(idle / 4);
    Ok(Some(Found {
        is_due: millis(now).saturating_sub(row.last_seen_at) >= every,
        caller: CallerRecord {
            kind: CallerKind::Session,
            id: row.session_id,
            actor: format!("user:{}", row.user.user_name),
            user: Some(row.user.user()?),
            organisation: row.organisation.organisation()?,
            grant: Grant::of(read("a role", &row.role)?),
            ends_at: Some(time(row.ends_at)?),
        },
    }))
}

/// Writes down that a session was in use, and so its user.
pub(crate) async fn touch_session(
    connection: &mut Connection,
    hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE sessions SET last_seen_at = $2 WHERE hash = $1 AND last_seen_at < $2",
        "UPDATE users SET last_seen_at = $2 WHERE COALESCE(last_seen_at, 0) < $2
             AND user_key = (SELECT user_key FROM sessions WHERE hash = $1)",
    ] {
        sqlx::query(sql).bind(hash).bind(millis(now)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Ends a session, and says in which organisation it was and what its user is called.
pub(crate) async fn close_session(
    connection: &mut Connection,
    hash: &str,
) -> Result<Option<(i64, String)>, StoreError> {
    let whose = sqlx::query_as(
        "DELETE FROM sessions WHERE hash = $1 RETURNING organisation_key,
             (SELECT u.name FROM users u WHERE u.user_key = sessions.user_key)",
    )
    .bind(hash)
    .fetch_optional(connection)
    .await?;
    Ok(whose)
}

/// The user's sessions in the organisation that have not ended, newest first.
pub(crate) async fn sessions(
    connection: &mut Connection,
    organisation_key: i64,
    user_key: i64,
    now: Timestamp,
) -> Result<Vec<SessionRecord>, StoreError> {
    let rows: Vec<(String, String, String, i64, i64, i64)> = sqlx::query_as(
        "SELECT id, remote, agent, created_at, last_seen_at, ends_at FROM sessions
         WHERE organisation_key = $1 AND user_key = $2 AND ends_at > $3
         ORDER BY created_at DESC, id DESC",
    )
    .bind(organisation_key)
    .bind(user_key)
    .bind(millis(now))
    .fetch_all(connection)
    .await?;
    let record = |(session, remote, agent, created_at, last_seen_at, ends_at): (
        String,
        String,
        String,
        i64,
        i64,
        i64,
    )| {
        Ok(SessionRecord {
            id: id(&session)?,
            remote,
            agent,
            created_at: time(created_at)?,
            last_seen_at: time(last_seen_at)?,
            ends_at: time(ends_at)?,
        })
    };
    rows.into_iter().map(record).collect()
}

/// Ends one session of the user in the organisation, and says whether there was one.
pub(crate) async fn end_session(
    connection: &mut Connection,
    organisation_key: i64,
    user_key: i64,
    session: Uuid,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "DELETE FROM sessions WHERE organisation_key = $1 AND user_key = $2 AND id = $3",
    )
    .bind(organisation_key)
    .bind(user_key)
    .bind(session.to_string())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends the user's sessions everywhere but for one, and says how many these were.
pub(crate) async fn end_sessions(
    connection: &mut Connection,
    user_key: i64,
    keep: Option<Uuid>,
) -> Result<u64, StoreError> {
    let keep = keep.map(|keep| keep.to_string()).unwrap_or_default();
    let done = sqlx::query("DELETE FROM sessions WHERE user_key = $1 AND id <> $2")
        .bind(user_key)
        .bind(keep)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

/// Forgets sessions that have ended, and says how many these were.
pub(crate) async fn forget_ended(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM sessions WHERE ends_at <= $1")
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

// Tokens

#[derive(Debug, sqlx::FromRow)]
struct TokenRow {
    token_id: String,
    token_name: String,
    role: String,
    scopes: String,
    user_id: Option<String>,
    user_name: Option<String>,
    created_at: i64,
    ends_at: Option<i64>,
    last_used_at: Option<i64>,
}

const TOKENS: &str = "SELECT t.id AS token_id, t.name AS token_name, t.role, t.scopes,
     u.id AS user_id, u.name AS user_name, t.created_at, t.ends_at, t.last_used_at
     FROM tokens t LEFT JOIN users u ON u.user_key = t.user_key
     WHERE t.revoked_at IS NULL AND t.organisation_key = ";

impl TokenRow {
    fn record(self) -> Result<TokenRecord, StoreError> {
        Ok(TokenRecord {
            id: self.token_id,
            name: self.token_name,
            role: read("a role", &self.role)?,
            scopes: from_json("scopes", &self.scopes)?,
            user: self.user_id.as_deref().map(id).transpose()?,
            user_name: self.user_name,
            created_at: time(self.created_at)?,
            ends_at: some_time(self.ends_at)?,
            last_used_at: some_time(self.last_used_at)?,
        })
    }
}

/// The organisation's tokens that are not revoked, or those of one user, newest first.
pub(crate) async fn tokens(
    connection: &mut Connection,
    organisation_key: i64,
    owner: Option<Uuid>,
) -> Result<Vec<TokenRecord>, StoreError> {
    let mut query = QueryBuilder::<Backend>::new(TOKENS);
    query.push_bind(organisation_key);
    if let Some(owner) = owner {
        query.push(" AND u.id = ").push_bind(owner.to_string());
    }
    query.push(" ORDER BY t.token_key DESC");
    let rows: Vec<TokenRow> = query.build_query_as().fetch_all(connection).await?;
    rows.into_iter().map(TokenRow::record).collect()
}

/// One of the organisation's tokens, if it is not revoked.
pub(crate) async fn token(
    connection: &mut Connection,
    organisation_key: i64,
    token: &str,
) -> Result<Option<TokenRecord>, StoreError> {
    let mut query = QueryBuilder::<Backend>::new(TOKENS);
    query.push_bind(organisation_key).push(" AND t.id = ").push_bind(token);
    let row: Option<TokenRow> = query.build_query_as().fetch_optional(connection).await?;
    row.map(TokenRow::record).transpose()
}

pub(crate) async fn create_token(
    connection: &mut Connection,
    organisation_key: i64,
    user_key: Option<i64>,
    new: &NewToken,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tokens (id, hash, organisation_key, user_key, name, role, scopes, created_at,
             ends_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&new.id)
    .bind(&new.hash)
    .bind(organisation_key)
    .bind(user_key)
    .bind(&new.name)
    .bind(new.role.name())
    .bind(json(&new.scopes))
    .bind(millis(now))
    .bind(new.ends_at.map(millis))
    .bind(&new.made_by)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the organisation's token has neither ended nor been revoked.
pub(crate) async fn is_token_alive(
    connection: &mut Connection,
    organisation_key: i64,
    token: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let is_alive = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tokens WHERE organisation_key = $1 AND id = $2
             AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > $3))",
    )
    .bind(organisation_key)
    .bind(token)
    .bind(millis(now))
    .fetch_one(connection)
    .await?;
    Ok(is_alive)
}

/// Revokes a token of the organisation with those that were made by it, and by these in turn, and
/// gives the id and the name of each; nothing when it is not there or was revoked before.
pub(crate) async fn revoke_token(
    connection: &mut Connection,
    organisation_key: i64,
    token: &str,
    now: Timestamp,
) -> Result<Vec<(String, String)>, StoreError> {
    let mut revoked: Vec<(String, String)> = sqlx::query_as(
        "WITH RECURSIVE family (id) AS (
             SELECT id FROM tokens
             WHERE organisation_key = $1 AND id = $2 AND revoked_at IS NULL
             UNION SELECT t.id FROM tokens t JOIN family f ON t.made_by = f.id
         )
         UPDATE tokens SET revoked_at = $3
         WHERE organisation_key = $1 AND id IN (SELECT id FROM family) AND revoked_at IS NULL
         RETURNING id, name",
    )
    .bind(organisation_key)
    .bind(token)
    .bind(millis(now))
    .fetch_all(connection)
    .await?;
    revoked.sort_by_key(|(id, _)| id != token);
    Ok(revoked)
}

#[derive(Debug, sqlx::FromRow)]
struct TokenCallerRow {
    token_id: String,
    hash: String,
    token_name: String,
    role: String,
    scopes: String,
    owner_key: Option<i64>,
    ends_at: Option<i64>,
    last_used_at: Option<i64>,
    #[sqlx(flatten)]
    organisation: OrganisationRow,
}

/// Who comes with the token, if it holds now and its secret is right.
pub(crate) async fn token_caller(
    connection: &mut Connection,
    token: &str,
    is_right: impl FnOnce(&str) -> bool,
    now: Timestamp,
) -> Result<Option<Found>, StoreError> {
    let sql = format!(
        "SELECT t.id AS token_id, t.hash, t.name AS token_name, t.role, t.scopes,
             t.user_key AS owner_key, t.ends_at, t.last_used_at, {ORGANISATION_COLUMNS}
         FROM tokens t JOIN organisations o ON o.organisation_key = t.organisation_key
         WHERE t.id = $1 AND t.revoked_at IS NULL AND (t.ends_at IS NULL OR t.ends_at > $2)"
    );
    let row: Option<TokenCallerRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(token)
        .bind(millis(now))
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row.filter(|row| is_right(&row.hash)) else { return Ok(None) };
    let mut role: Role = read("a role", &row.role)?;
    let mut user = None;
    if let Some(owner_key) = row.owner_key {
        let owner = member(connection, row.organisation.organisation_key, owner_key).await?;
        let Some(owner) = owner else { return Ok(None) };
        // Whoever has been made less since then cannot do more with a token than without.
        role = role.min(owner.role()?);
        user = Some(owner.user.user()?);
    }
    if user.as_ref().is_some_and(|user| user.is_disabled) {
        return Ok(None);
    }
    let scopes: Vec<Permission> = from_json("scopes", &row.scopes)?;
    let unseen = millis(now).saturating_sub(row.last_used_at.unwrap_or(i64::MIN));
    Ok(Some(Found {
        is_due: unseen >= number(TOUCH_EVERY.as_millis()),
        caller: CallerRecord {
            kind: CallerKind::Token,
            actor: format!("token:{}#{}", row.token_name, row.token_id),
            id: row.token_id,
            user,
            organisation: row.organisation.organisation()?,
            grant: Grant { role, scopes },
            ends_at: some_time(row.ends_at)?,
        },
    }))
}

/// Writes down that a token was in use.
pub(crate) async fn touch_token(
    connection: &mut Connection,
    token: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND COALESCE(last_used_at, 0) < $2",
    )
    .bind(token)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}
