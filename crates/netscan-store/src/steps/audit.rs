//! Steps on the audit log, a chain: each row's hash covers the row and the hash before it, so that
//! no row can be changed, taken out or put elsewhere without all later hashes giving it away.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{Database, FromRow, QueryBuilder};

use super::{count, from_json, json, millis, number, time};
use crate::By;
use crate::error::StoreError;
use crate::records::{AuditFault, AuditFilter, AuditHead, AuditRecord, AuditVerdict};
use crate::sqlite::{Backend, Connection};

/// The key of the organisation that every database begins with. What concerns all of them is
/// written down there.
pub(crate) const FIRST: i64 = 1;

/// The hash before the first row.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Rows that are held at a time while the log is walked. Some are large: they list targets.
const PAGE: i64 = 32;

const COLUMNS: &str = "SELECT audit_key, organisation_key, at, actor, remote, action, subject,
     detail, hash FROM audit";

type Row = <Backend as Database>::Row;

/// A row as it is stored.
#[derive(Debug, FromRow)]
struct AuditRow {
    audit_key: i64,
    organisation_key: i64,
    at: i64,
    actor: String,
    remote: Option<String>,
    action: String,
    subject: String,
    detail: String,
    hash: Option<String>,
}

/// What a hash covers of a row besides the hash before it. The order of the fields is part of the
/// format: it is that of their names, so that anyone can write the same text.
#[derive(Serialize)]
struct Covered<'a> {
    action: &'a str,
    actor: &'a str,
    at: i64,
    detail: &'a str,
    organisation: i64,
    remote: Option<&'a str>,
    seq: i64,
    subject: &'a str,
}

impl AuditRow {
    fn hash_after(&self, previous: &str) -> String {
        let covered = Covered {
            action: &self.action,
            actor: &self.actor,
            at: self.at,
            detail: &self.detail,
            organisation: self.organisation_key,
            remote: self.remote.as_deref(),
            seq: self.audit_key,
            subject: &self.subject,
        };
        let mut digest = Sha256::new();
        digest.update(previous);
        digest.update(json(&covered));
        hexadecimal(&digest.finalize())
    }

    fn record(self) -> Result<AuditRecord, StoreError> {
        Ok(AuditRecord {
            seq: count(self.audit_key),
            ts: time(self.at)?,
            actor: self.actor,
            remote: self.remote,
            action: self.action,
            subject: self.subject,
            detail: from_json("an audit row", &self.detail)?,
            hash: self.hash.unwrap_or_default(),
        })
    }
}

/// Writes down who did what, in the transaction that does it.
pub(crate) async fn write(
    connection: &mut Connection,
    organisation_key: i64,
    by: By<'_>,
    action: &str,
    subject: &str,
    detail: &Value,
) -> Result<(), StoreError> {
    // There is one writer, and it is in a transaction: nobody else takes this place in the chain.
    let head = head(connection).await?;
    let row = AuditRow {
        audit_key: number(head.seq) + 1,
        organisation_key,
        at: millis(by.now),
        actor: by.actor.to_owned(),
        remote: by.remote.map(str::to_owned),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_string(),
        hash: None,
    };
    let hash = row.hash_after(&head.hash);
    sqlx::query(
        "INSERT INTO audit (audit_key, organisation_key, at, actor, remote, action, subject, detail, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.audit_key)
    .bind(row.organisation_key)
    .bind(row.at)
    .bind(row.actor)
    .bind(row.remote)
    .bind(row.action)
    .bind(row.subject)
    .bind(row.detail)
    .bind(hash)
    .execute(connection)
    .await?;
    Ok(())
}

/// The last row's number and hash.
pub(crate) async fn head(connection: &mut Connection) -> Result<AuditHead, StoreError> {
    let last: Option<(i64, Option<String>)> =
        sqlx::query_as("SELECT audit_key, hash FROM audit ORDER BY audit_key DESC LIMIT 1")
            .fetch_optional(connection)
            .await?;
    // A row that somebody else put there has no hash. The chain goes on behind it, and stays broken.
    let (seq, hash) = last.map_or((0, None), |(key, hash)| (count(key), hash));
    Ok(AuditHead { seq, hash: hash.unwrap_or_else(|| GENESIS.to_owned()) })
}

/// Gives the rows of a log that is older than the chain their places in it. A log of which some rows
/// have theirs is not: whatever else is in it, nobody wrote down.
pub(crate) async fn chain_old_rows(connection: &mut Connection) -> Result<(), StoreError> {
    let is_chained: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM audit WHERE hash IS NOT NULL)")
            .fetch_one(&mut *connection)
            .await?;
    if is_chained {
        return Ok(());
    }
    let mut hash = GENESIS.to_owned();
    let mut last = i64::MIN;
    loop {
        let rows = rows_after(connection, last).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let row = AuditRow::from_row(&row)?;
            last = row.audit_key;
            hash = row.hash_after(&hash);
            sqlx::query("UPDATE audit SET hash = $2 WHERE audit_key = $1")
                .bind(row.audit_key)
                .bind(&hash)
                .execute(&mut *connection)
                .await?;
        }
    }
}

/// Walks the log from its first row and says where it stops being what was written.
pub(crate) async fn verify(
    connection: &mut Connection,
    anchor: Option<&AuditHead>,
) -> Result<AuditVerdict, StoreError> {
    let mut head = AuditHead { seq: 0, hash: GENESIS.to_owned() };
    if anchor.is_some_and(|anchor| anchor.seq == 0 && *anchor != head) {
        return Ok(bad(head, AuditFault::Replaced));
    }
    // A row that was slipped in before the first one has a number too.
    let mut last = i64::MIN;
    loop {
        let rows = rows_after(connection, last).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            match next_head(&head, &row, anchor) {
                Ok(next) => head = next,
                Err(fault) => return Ok(bad(head, fault)),
            }
        }
        last = number(head.seq);
    }
    if anchor.is_some_and(|anchor| anchor.seq > head.seq) {
        return Ok(bad(head, AuditFault::Missing));
    }
    Ok(AuditVerdict { rows: head.seq, head, first_bad: None, why: None })
}

/// The newest `limit` rows of all organisations, oldest first.
pub(crate) async fn newest(
    connection: &mut Connection,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    let sql = format!("{COLUMNS} ORDER BY audit_key DESC LIMIT $1");
    let rows: Vec<AuditRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await?;
    rows.into_iter().rev().map(AuditRow::record).collect()
}

/// The newest `limit` rows of one organisation that pass the filter, newest first.
pub(crate) async fn filtered(
    connection: &mut Connection,
    organisation_key: i64,
    filter: &AuditFilter,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    let mut query = QueryBuilder::<Backend>::new(COLUMNS);
    query.push(" WHERE organisation_key = ").push_bind(organisation_key);
    if let Some(actor) = &filter.actor {
        query.push(" AND (actor = ").push_bind(actor);
        // All tokens of one name. What lies between the hash and its successor begins with it.
        query.push(" OR (actor > ").push_bind(format!("{actor}#"));
        query.push(" AND actor < ").push_bind(format!("{actor}$")).push("))");
    }
    if let Some(action) = &filter.action {
        query.push(" AND (action = ").push_bind(action);
        // The dot's successor is the slash: what lies between begins with the dot.
        query.push(" OR (action > ").push_bind(format!("{action}."));
        query.push(" AND action < ").push_bind(format!("{action}/")).push("))");
    }
    if let Some(subject) = &filter.subject {
        query.push(" AND subject = ").push_bind(subject);
    }
    let bounds = [(" AND at >= ", filter.since), (" AND at < ", filter.until)];
    for (sql, bound) in bounds {
        if let Some(bound) = bound {
            query.push(sql).push_bind(ceiling_millis(bound));
        }
    }
    if let Some(before) = filter.before {
        query.push(" AND audit_key < ").push_bind(number(before));
    }
    query.push(" ORDER BY audit_key DESC LIMIT ").push_bind(i64::from(limit));
    let rows: Vec<AuditRow> = query.build_query_as().fetch_all(connection).await?;
    rows.into_iter().map(AuditRow::record).collect()
}

/// The head after `row`, if it is the one that was written after `head`.
fn next_head(
    head: &AuditHead,
    row: &Row,
    anchor: Option<&AuditHead>,
) -> Result<AuditHead, AuditFault> {
    // A value of a kind that no row has cannot be read, and was never written.
    let row = AuditRow::from_row(row).map_err(|_| AuditFault::Changed)?;
    let seq = head.seq + 1;
    if count(row.audit_key) != seq {
        return Err(AuditFault::Missing);
    }
    let hash = row.hash.clone().ok_or(AuditFault::Unchained)?;
    if hash != row.hash_after(&head.hash) {
        return Err(AuditFault::Changed);
    }
    if anchor.is_some_and(|anchor| anchor.seq == seq && anchor.hash != hash) {
        return Err(AuditFault::Replaced);
    }
    Ok(AuditHead { seq, hash })
}

fn bad(head: AuditHead, fault: AuditFault) -> AuditVerdict {
    AuditVerdict { rows: head.seq, first_bad: Some(head.seq + 1), head, why: Some(fault) }
}

async fn rows_after(connection: &mut Connection, last: i64) -> Result<Vec<Row>, StoreError> {
    let sql = format!("{COLUMNS} WHERE audit_key > $1 ORDER BY audit_key LIMIT $2");
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(last).bind(PAGE).fetch_all(connection).await?;
    Ok(rows)
}

/// Times are kept to the millisecond. What is between two is rounded up, so that a bound never
/// lets in what is before it.
fn ceiling_millis(time: Timestamp) -> i64 {
    let floor = millis(time);
    floor + i64::from(time.as_nanosecond() > i128::from(floor) * 1_000_000)
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)]));
    bytes.iter().flat_map(digits).collect()
}
