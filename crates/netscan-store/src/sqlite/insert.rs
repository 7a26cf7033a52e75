//! Bulk inserts, the hot path of a scan, in the way that SQLite takes fastest through sqlx.
//!
//! A bound value costs more than a stored one: a text is copied twice on its way. So what the rows
//! of a statement have in common is bound once, and ports that look alike are bound once and named
//! by number. Statements come in few sizes, so that all of them stay prepared.

use std::collections::HashMap;
use std::fmt::Write;

use netscan_model::observation::Port;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Sqlite};

use super::Connection;
use crate::error::StoreError;

/// Rows in one statement, largest first.
const SIZES: [usize; 4] = [512, 64, 8, 1];

/// What the hosts of one report have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    pub(crate) scan_key: i64,
    pub(crate) batch_key: i64,
    pub(crate) epoch: i64,
    pub(crate) at: i64,
}

/// A host to be stored that is not there yet.
#[derive(Debug)]
pub(crate) struct NewHost<'a> {
    pub(crate) host_key: i64,
    pub(crate) address: Vec<u8>,
    pub(crate) status: &'static str,
    pub(crate) timed_out: bool,
    pub(crate) reason: &'a str,
    pub(crate) mac: Option<&'a str>,
    pub(crate) vendor: Option<&'a str>,
    pub(crate) open_ports: i64,
    pub(crate) detail: Option<String>,
}

/// The first of as many keys for hosts as the caller needs.
pub(crate) async fn next_host_key(connection: &mut Connection) -> Result<i64, StoreError> {
    // There is one writer, and it is in a transaction: nobody else takes these.
    // A key that the inventory has passed is not given again.
    let last: i64 = sqlx::query_scalar(
        "SELECT MAX((SELECT COALESCE(MAX(host_key), 0) FROM hosts),
             (SELECT host_key FROM inventory))",
    )
    .fetch_one(connection)
    .await?;
    Ok(last + 1)
}

/// Stores hosts. The caller sees to it that none of them is there yet.
pub(crate) async fn hosts(
    connection: &mut Connection,
    report: Report,
    rows: Vec<NewHost<'_>>,
) -> Result<(), StoreError> {
    let mut rows = rows.into_iter();
    while let Some(size) = next_size(rows.len()) {
        let mut sql = String::from(
            "WITH report (scan_key, batch_key, epoch, at) AS (VALUES (?, ?, ?, ?)),
                 found (host_key, address, status, timed_out, reason, mac, vendor, open_ports, detail)
                     AS (VALUES ",
        );
        push_rows(&mut sql, "(?, ?, ?, ?, ?, ?, ?, ?, ?)", size);
        sql.push_str(
            ") INSERT INTO hosts (scan_key, batch_key, epoch, observed_at, host_key, address, status,
                 timed_out, reason, mac, vendor, open_ports, detail)
             SELECT scan_key, batch_key, epoch, at, host_key, address, status, timed_out, reason, mac,
                 vendor, open_ports, detail FROM found CROSS JOIN report",
        );
        let mut values = values(4 + 9 * size);
        for shared in [report.scan_key, report.batch_key, report.epoch, report.at] {
            add(&mut values, shared);
        }
        for row in rows.by_ref().take(size) {
            add(&mut values, row.host_key);
            add(&mut values, row.address);
            add(&mut values, row.status);
            add(&mut values, i64::from(row.timed_out));
            add(&mut values, row.reason);
            add(&mut values, row.mac);
            add(&mut values, row.vendor);
            add(&mut values, row.open_ports);
            add(&mut values, row.detail);
        }
        execute(connection, sql, values).await?;
    }
    Ok(())
}

/// Stores ports under the keys of their hosts. `detail` says what of a port has no column.
pub(crate) async fn ports(
    connection: &mut Connection,
    mut rows: &[(i64, &Port)],
    detail: impl Fn(&Port) -> Option<String>,
) -> Result<(), StoreError> {
    while let Some(size) = next_size(rows.len()) {
        let (piece, rest) = rows.split_at(size);
        rows = rest;
        let (kinds, numbers) = kinds(piece);
        let room = SIZES.into_iter().rfind(|size| *size >= kinds.len()).unwrap_or(SIZES[0]);

        let mut sql = String::from(
            "WITH kinds (kind, protocol, port, state, reason, service, product, version, detail) AS
                 (VALUES ",
        );
        for kind in 0..room {
            let comma = if kind == 0 { "" } else { ", " };
            write!(sql, "{comma}({kind}, ?, ?, ?, ?, ?, ?, ?, ?)").expect("a string takes all");
        }
        sql.push_str("), found (host_key, kind) AS (VALUES ");
        push_rows(&mut sql, "(?, ?)", size);
        // A CROSS JOIN keeps the order of the rows, which is the table's: rows are appended.
        sql.push_str(
            ") INSERT INTO ports (host_key, protocol, port, state, reason, service, product, version,
                 detail)
             SELECT host_key, protocol, port, state, reason, service, product, version, detail
             FROM found CROSS JOIN kinds ON kinds.kind = found.kind",
        );

        let mut values = values(8 * room + 2 * size);
        for port in &kinds {
            let service = port.service.as_ref();
            add(&mut values, port.protocol.name());
            add(&mut values, i64::from(port.port));
            add(&mut values, port.state.name());
            add(&mut values, port.reason.as_str());
            add(&mut values, service.map(|service| service.name.as_str()));
            add(&mut values, service.and_then(|service| service.product.as_deref()));
            add(&mut values, service.and_then(|service| service.version.as_deref()));
            add(&mut values, detail(port));
        }
        for _ in 0..8 * (room - kinds.len()) {
            add(&mut values, None::<i64>);
        }
        for ((host_key, _), kind) in piece.iter().zip(numbers) {
            add(&mut values, *host_key);
            add(&mut values, kind);
        }
        execute(connection, sql, values).await?;
    }
    Ok(())
}

/// Ports that differ, and for each row the number of the one that it looks like.
fn kinds<'a>(rows: &[(i64, &'a Port)]) -> (Vec<&'a Port>, Vec<i64>) {
    let mut kinds: Vec<&Port> = Vec::new();
    let mut latest = HashMap::new();
    let mut numbers = Vec::with_capacity(rows.len());
    for (_, port) in rows {
        // Only the latest of a port number is looked at, so that this stays linear. Most scans ask
        // for no versions, and then all are alike.
        let place = latest.entry((port.protocol, port.port)).or_insert(usize::MAX);
        if kinds.get(*place).is_none_or(|kind| kind != port) {
            *place = kinds.len();
            kinds.push(port);
        }
        numbers.push(i64::try_from(*place).expect("there are at most as many as rows"));
    }
    (kinds, numbers)
}

/// Stores events under the numbers that follow `last`.
pub(crate) async fn events(
    connection: &mut Connection,
    scan_key: i64,
    last: i64,
    at: i64,
    events: Vec<(&'static str, String)>,
) -> Result<(), StoreError> {
    let mut seq = last;
    let mut events = events.into_iter();
    while let Some(size) = next_size(events.len()) {
        let mut sql = String::from(
            "WITH report (scan_key, at) AS (VALUES (?, ?)), told (seq, event, body) AS (VALUES ",
        );
        push_rows(&mut sql, "(?, ?, ?)", size);
        sql.push_str(
            ") INSERT INTO events (scan_key, seq, at, event, body)
             SELECT scan_key, seq, at, event, body FROM told CROSS JOIN report",
        );
        let mut values = values(2 + 3 * size);
        add(&mut values, scan_key);
        add(&mut values, at);
        for (event, body) in events.by_ref().take(size) {
            seq += 1;
            add(&mut values, seq);
            add(&mut values, event);
            add(&mut values, body);
        }
        execute(connection, sql, values).await?;
    }
    Ok(())
}

/// As many of the rows that are left as there is a statement for.
fn next_size(left: usize) -> Option<usize> {
    SIZES.into_iter().find(|size| *size <= left)
}

fn push_rows(sql: &mut String, row: &str, count: usize) {
    sql.push_str(row);
    for _ in 1..count {
        sql.push_str(", ");
        sql.push_str(row);
    }
}

fn values(count: usize) -> SqliteArguments {
    let mut values = SqliteArguments::default();
    values.reserve(count, 0);
    values
}

fn add<'v, T: sqlx::Encode<'v, Sqlite> + sqlx::Type<Sqlite>>(
    values: &mut SqliteArguments,
    value: T,
) {
    values.add(value).expect("numbers, texts and bytes can be bound");
}

async fn execute(
    connection: &mut Connection,
    sql: String,
    values: SqliteArguments,
) -> Result<(), StoreError> {
    sqlx::query_with(AssertSqlSafe(sql), values).execute(connection).await?;
    Ok(())
}
