//! Rules on the audit log: who sees what of it, and that nothing in it can be touched unnoticed.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use netscan_store::{AuditFault, AuditFilter, AuditHead, AuditVerdict, By, NewTemplate, Store};
use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use uuid::Uuid;

use super::given::{at, by};
use super::people::{first, other};

/// Does something that is audited.
async fn act(store: &Store, number: u128, by: By<'_>) {
    let new = NewTemplate {
        id: Uuid::from_u128(number),
        name: format!("template-{number}"),
        description: String::new(),
        body: String::new(),
    };
    first(store).await.create_template(&new, by).await.unwrap();
}

pub(crate) async fn audit_rows_are_found_by_who_what_and_when(store: Store) {
    let realm = first(&store).await;
    let mara = |second| By { actor: "user:mara", remote: Some("192.0.2.1"), now: at(second) };
    for number in 1..=3 {
        act(&store, number, by(i64::try_from(number).unwrap())).await;
    }
    act(&store, 4, mara(4)).await;
    realm.remove_template(Uuid::from_u128(1), mara(5)).await.unwrap();
    realm.rename_organisation("ours", mara(6)).await.unwrap();
    let none = AuditFilter::default;
    let found = async |filter: AuditFilter| -> Vec<u64> {
        realm.audited(&filter, 99).await.unwrap().iter().map(|row| row.seq).collect()
    };
    let text = |text: &str| Some(text.to_owned());

    assert_eq!(found(none()).await, [6, 5, 4, 3, 2, 1]);
    assert_eq!(found(AuditFilter { actor: text("user:mara"), ..none() }).await, [6, 5, 4]);
    assert_eq!(found(AuditFilter { action: text("template.remove"), ..none() }).await, [5]);
    assert_eq!(found(AuditFilter { action: text("template"), ..none() }).await, [5, 4, 3, 2, 1]);
    assert!(found(AuditFilter { action: text("temp"), ..none() }).await.is_empty());
    assert_eq!(found(AuditFilter { subject: text("template-1"), ..none() }).await, [5, 1]);
    let span = AuditFilter { since: Some(at(2)), until: Some(at(4)), ..none() };
    assert_eq!(found(span.clone()).await, [3, 2]);
    assert_eq!(found(AuditFilter { before: Some(3), ..span }).await, [2]);
    let page = realm.audited(&AuditFilter { before: Some(5), ..none() }, 2).await.unwrap();
    assert_eq!(page.iter().map(|row| row.seq).collect::<Vec<_>>(), [4, 3]);
    assert_eq!((page[0].ts, page[0].actor.as_str()), (at(4), "user:mara"));
    assert_eq!(page[0].remote.as_deref(), Some("192.0.2.1"));
}

pub(crate) async fn audit_rows_of_all_tokens_of_one_name_are_found_by_it(store: Store) {
    let realm = first(&store).await;
    let actors = ["token:ci#a", "token:ci#b", "token:cia#c", "token:ci", "user:ci"];
    for (number, actor) in (1..).zip(actors) {
        act(&store, number, By { actor, remote: None, now: at(1) }).await;
    }
    let found = async |actor: &str| -> Vec<String> {
        let filter = AuditFilter { actor: Some(actor.into()), ..AuditFilter::default() };
        let rows = realm.audited(&filter, 99).await.unwrap().into_iter();
        rows.map(|row| row.actor).collect()
    };

    assert_eq!(found("token:ci").await, ["token:ci", "token:ci#b", "token:ci#a"]);
    assert_eq!(found("token:ci#a").await, ["token:ci#a"]);
}

pub(crate) async fn an_organisation_does_not_see_the_audit_rows_of_another(store: Store) {
    let (first, other) = (first(&store).await, other(&store).await);
    act(&store, 1, by(1)).await;
    other.rename_organisation("blue", by(2)).await.unwrap();

    let ours = first.audited(&AuditFilter::default(), 99).await.unwrap();
    let theirs = other.audited(&AuditFilter::default(), 99).await.unwrap();

    let actions = |rows: Vec<netscan_store::AuditRecord>| -> Vec<String> {
        rows.into_iter().map(|row| row.action).collect()
    };
    assert_eq!(actions(ours), ["template.create"]);
    assert_eq!(actions(theirs), ["organisation.change", "organisation.create"]);
    assert_eq!(store.audited(99).await.unwrap().len(), 3);
}

pub(crate) async fn a_log_that_nobody_touched_is_whole(store: Store) {
    let empty = store.verify_audit(None).await.unwrap();
    for number in 1..=100 {
        act(&store, number, by(1)).await;
    }
    let anchor = store.audit_head().await.unwrap();
    act(&store, 101, by(2)).await;

    let whole = store.verify_audit(Some(&anchor)).await.unwrap();

    assert_eq!((empty.rows, empty.head.seq, empty.first_bad), (0, 0, None));
    assert_eq!((whole.rows, whole.first_bad, whole.why), (101, None, None));
    assert_eq!((anchor.seq, whole.head), (100, store.audit_head().await.unwrap()));
}

// The log in a file that somebody else writes to

/// Twelve rows in a file of their own, and the end of the log.
struct Written {
    directory: tempfile::TempDir,
    head: AuditHead,
}

impl Written {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("written.db")).await.unwrap();
        for number in 1..=12 {
            let remote = (number % 2 == 0).then_some("192.0.2.1");
            act(&store, number, By { remote, ..by(i64::try_from(number).unwrap()) }).await;
        }
        let head = store.audit_head().await.unwrap();
        store.close().await;
        Self { directory, head }
    }

    /// What is found of a copy after `sql` was carried out on it.
    async fn after(&self, sql: &str, anchor: Option<&AuditHead>) -> AuditVerdict {
        let path = self.copy();
        let mut connection = raw(&path).await;
        let sql = format!("DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept; {sql}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let store = Store::open(&path).await.unwrap();
        let verdict = store.verify_audit(anchor).await.unwrap();
        store.close().await;
        verdict
    }

    fn copy(&self) -> PathBuf {
        let copy = self.directory.path().join("copy.db");
        for name in ["copy.db", "copy.db-wal", "copy.db-shm"] {
            let _ = std::fs::remove_file(self.directory.path().join(name));
        }
        std::fs::copy(self.directory.path().join("written.db"), &copy).unwrap();
        copy
    }
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

/// Number, time, actor, address, action, subject, detail and hash.
type StoredRow = (i64, i64, String, Option<String>, String, String, String, String);

fn fault(verdict: &AuditVerdict) -> (Option<u64>, Option<AuditFault>) {
    (verdict.first_bad, verdict.why)
}

#[tokio::test]
async fn a_row_that_was_changed_in_any_field_is_named() {
    let written = Written::new().await;
    let changes = [
        ("organisation_key", "2"),
        ("at", "at + 1"),
        ("actor", "'user:other'"),
        ("actor", "actor || ' '"),
        ("remote", "NULL"),
        ("remote", "'192.0.2.2'"),
        ("action", "'template.remove'"),
        ("subject", "'template-7'"),
        ("detail", "'{}'"),
        ("detail", "replace(detail, '{', '{ ')"),
        ("detail", "CAST(x'ff00' AS BLOB)"),
        ("at", "'noon'"),
        ("hash", "upper(hash)"),
        ("hash", "(SELECT hash FROM audit WHERE audit_key = 5)"),
    ];

    for (column, value) in changes {
        let sql = format!("UPDATE audit SET {column} = {value} WHERE audit_key = 6");
        let verdict = written.after(&sql, None).await;

        assert_eq!(fault(&verdict), (Some(6), Some(AuditFault::Changed)), "{column} = {value}");
        assert_eq!((verdict.rows, verdict.head.seq), (5, 5));
    }
    assert_eq!(fault(&written.after("SELECT 1", Some(&written.head)).await), (None, None));
}

#[tokio::test]
async fn each_row_of_the_log_is_covered() {
    let written = Written::new().await;

    for row in 1..=12 {
        let changed = format!("UPDATE audit SET actor = 'x' WHERE audit_key = {row}");
        let deleted = format!("DELETE FROM audit WHERE audit_key = {row}");
        let (changed, deleted) = (
            written.after(&changed, None).await,
            written.after(&deleted, Some(&written.head)).await,
        );

        assert_eq!(fault(&changed), (Some(row), Some(AuditFault::Changed)));
        assert_eq!(fault(&deleted), (Some(row), Some(AuditFault::Missing)));
    }
}

#[tokio::test]
async fn rows_that_were_taken_out_swapped_or_slipped_in_are_noticed() {
    let written = Written::new().await;
    let swap = "UPDATE audit SET audit_key = -1 WHERE audit_key = 4;
         UPDATE audit SET audit_key = 4 WHERE audit_key = 5;
         UPDATE audit SET audit_key = 5 WHERE audit_key = -1";
    let close_the_gap = "DELETE FROM audit WHERE audit_key = 8;
         UPDATE audit SET audit_key = audit_key - 1 WHERE audit_key > 8";
    let slip_in = |key: i64, hash: &str| {
        format!(
            "INSERT INTO audit (audit_key, at, actor, action, subject, detail, hash)
             VALUES ({key}, 0, 'a', 'b', 'c', '{{}}', {hash})"
        )
    };

    for (sql, expected) in [
        (swap.to_owned(), (4, AuditFault::Changed)),
        (close_the_gap.to_owned(), (8, AuditFault::Changed)),
        ("DELETE FROM audit WHERE audit_key < 4".to_owned(), (1, AuditFault::Missing)),
        (
            "UPDATE audit SET audit_key = 99 WHERE audit_key = 3".to_owned(),
            (3, AuditFault::Missing),
        ),
        (slip_in(13, "NULL"), (13, AuditFault::Unchained)),
        (slip_in(13, "'00'"), (13, AuditFault::Changed)),
        (slip_in(0, "NULL"), (1, AuditFault::Missing)),
        (slip_in(-7, "'00'"), (1, AuditFault::Missing)),
        ("UPDATE audit SET hash = NULL WHERE audit_key = 2".to_owned(), (2, AuditFault::Unchained)),
        ("UPDATE audit SET hash = NULL".to_owned(), (1, AuditFault::Unchained)),
    ] {
        let verdict = written.after(&sql, None).await;
        assert_eq!(fault(&verdict), (Some(expected.0), Some(expected.1)), "{sql}");
    }
}

#[tokio::test]
async fn an_anchor_shows_that_the_end_of_the_log_is_missing_or_was_replaced() {
    let written = Written::new().await;
    let cut = "DELETE FROM audit WHERE audit_key > 9";

    let unanchored = written.after(cut, None).await;
    let anchored = written.after(cut, Some(&written.head)).await;
    let emptied = written.after("DELETE FROM audit", Some(&written.head)).await;

    assert_eq!(fault(&unanchored), (None, None));
    assert_eq!(fault(&anchored), (Some(10), Some(AuditFault::Missing)));
    assert_eq!(fault(&emptied), (Some(1), Some(AuditFault::Missing)));

    // Somebody who knows how the chain is made writes the last rows anew.
    let path = written.copy();
    let mut connection = raw(&path).await;
    let sql = "DROP TRIGGER audit_is_kept; DELETE FROM audit WHERE audit_key > 9";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    for number in 20..25 {
        act(&store, number, by(1)).await;
    }
    let sound = store.verify_audit(None).await.unwrap();
    let replaced = store.verify_audit(Some(&written.head)).await.unwrap();
    store.close().await;

    assert_eq!((sound.rows, fault(&sound)), (14, (None, None)));
    assert_eq!(fault(&replaced), (Some(12), Some(AuditFault::Replaced)));
}

#[tokio::test]
async fn the_log_can_only_grow() {
    let written = Written::new().await;
    let mut connection = raw(&written.copy()).await;

    for sql in ["UPDATE audit SET actor = 'x' WHERE audit_key = 1", "DELETE FROM audit"] {
        let error = sqlx::query(sql).execute(&mut connection).await.unwrap_err().to_string();
        assert!(error.contains("the audit log is append-only"), "{error}");
    }
}

#[tokio::test]
async fn anyone_can_recompute_the_chain_from_its_description() {
    let written = Written::new().await;
    let mut connection = raw(&written.copy()).await;
    let rows: Vec<StoredRow> = sqlx::query_as(
        "SELECT audit_key, at, actor, remote, action, subject, detail, hash FROM audit
             ORDER BY audit_key",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();

    let mut previous = "0".repeat(64);
    for (key, at, actor, remote, action, subject, detail, hash) in rows {
        let remote = remote.map_or("null".into(), |remote| format!("\"{remote}\""));
        let detail = detail.replace('"', "\\\"");
        let covered = format!(
            r#"{{"action":"{action}","actor":"{actor}","at":{at},"detail":"{detail}","organisation":1,"remote":{remote},"seq":{key},"subject":"{subject}"}}"#
        );
        let digest = Sha256::digest(format!("{previous}{covered}"));
        previous.clear();
        for byte in digest {
            write!(previous, "{byte:02x}").unwrap();
        }
        assert_eq!(hash, previous, "row {key}");
    }
    assert_eq!(previous, written.head.hash);
}

#[tokio::test]
async fn a_log_that_is_older_than_the_chain_is_chained_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("old.db");
    let mut connection = {
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        options.connect().await.unwrap()
    };
    let first_schema = include_str!("../../migrations/sqlite/0001_first_light.sql");
    let sql = format!(
        "{first_schema}; PRAGMA application_id = {}; PRAGMA user_version = 1;
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 70)
         INSERT INTO audit (at, actor, action, subject, detail)
             SELECT n, 'cli:root', 'scan.create', 'x', '{{\"targets\":[]}}' FROM n",
        0x6e65_7473
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let store = Store::open(&path).await.unwrap();
    let chained = store.verify_audit(None).await.unwrap();
    let seen = first(&store).await.audited(&AuditFilter::default(), 99).await.unwrap();
    act(&store, 1, by(1)).await;
    store.close().await;
    let mut connection = raw(&path).await;
    let slip_in = "INSERT INTO audit (at, actor, action, subject, detail)
         VALUES (0, 'cli:root', 'scan.create', 'x', '{}')";
    sqlx::query(slip_in).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let store = Store::open(&path).await.unwrap();
    let later = store.verify_audit(None).await.unwrap();
    act(&store, 2, by(2)).await;
    let still = store.verify_audit(None).await.unwrap();
    store.close().await;

    assert_eq!((chained.rows, chained.first_bad), (70, None));
    assert_eq!(seen.len(), 70);
    assert_eq!(fault(&later), (Some(72), Some(AuditFault::Unchained)));
    assert_eq!(still, later);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_writers_of_four_processes_keep_one_chain() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("busy.db");
    // A store of its own each, so that nothing in memory helps.
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(Store::open(&path).await.unwrap());
    }

    let writers: Vec<_> = (0..64_usize)
        .map(|writer| {
            let store = stores[writer % 4].clone();
            tokio::spawn(async move {
                for number in 0..5 {
                    act(&store, (writer * 5 + number) as u128, by(1)).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }

    let verdict = stores[0].verify_audit(None).await.unwrap();
    assert_eq!((verdict.rows, fault(&verdict)), (320, (None, None)));
    for store in stores {
        store.close().await;
    }
}
