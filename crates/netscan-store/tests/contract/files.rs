//! Rules on the file that SQLite keeps: who may open it, and what a kill or a full disk leaves.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use netscan_model::address::AddressRange;
use netscan_store::{HostCursor, NewScan, OpenOptions, Store, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;

use super::given::{at, created, leased, limits, new_scan, request, size, up};

const IMPATIENT: OpenOptions = OpenOptions { busy_timeout: Duration::from_millis(50) };

fn database(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("netscan.db")
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

/// A scan of one batch of `count` addresses from 127.0.0.1 on, leased.
async fn long_batch(store: &Store, count: u32) -> netscan_store::Lease {
    let last = std::net::Ipv4Addr::from_bits(0x7f00_0000 + count);
    let limits = netscan_model::scan::Limits { batch_size: size(count), ..limits() };
    let new = new_scan(1, &format!("127.0.0.1-{last}"));
    created(store, &NewScan { limits, is_started: true, ..new }).await;
    leased(store, 1).await
}

async fn addresses_of_hosts(store: &Store) -> Vec<String> {
    let hosts = store.hosts(Uuid::from_u128(1), &HostCursor::default(), u32::MAX).await.unwrap();
    hosts.iter().map(|host| host.address.to_string()).collect()
}

async fn is_sound(path: &Path) {
    let mut connection = raw(path).await;
    let verdict: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(verdict, "ok");
    let strays = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.unwrap();
    assert!(strays.is_empty());
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_open_a_fresh_database_at_once() {
    for _ in 0..40 {
        let directory = tempfile::tempdir().unwrap();
        let path = database(&directory);

        // A store of its own each, so that nothing in memory helps.
        let opening = [path.clone(), path.clone(), path.clone(), path]
            .map(|path| tokio::spawn(async move { Store::open(&path).await }));

        for opened in opening {
            let store = opened.await.unwrap().unwrap();
            assert_eq!(store.schema_versions().await.unwrap(), (5, 5));
            store.close().await;
        }
    }
}

/// A transaction that began by reading would be refused here, however long it waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_lease_at_once_wait_for_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(&directory);
    let store = Store::open(&path).await.unwrap();
    let limits = netscan_model::scan::Limits { concurrency: size(99), ..limits() };
    let new = new_scan(1, "10.0.0.1-10.0.0.200");
    created(&store, &NewScan { limits, is_started: true, ..new }).await;

    let leasing = (0..4).map(|_| {
        let path = path.clone();
        tokio::spawn(async move {
            let store = Store::open(&path).await.unwrap();
            let mut numbers = Vec::new();
            while let Some(lease) = store.lease_next(&request("w"), at(1)).await.unwrap() {
                numbers.push(lease.batch_number);
            }
            store.close().await;
            numbers
        })
    });
    let mut numbers = Vec::new();
    for task in leasing.collect::<Vec<_>>() {
        numbers.extend(task.await.unwrap());
    }

    numbers.sort_unstable();
    assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
    store.close().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_both_versions() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(&directory);
    Store::open(&path).await.unwrap().close().await;
    let mut connection = raw(&path).await;
    sqlx::query("PRAGMA user_version = 7").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let refusal = Store::open(&path).await.unwrap_err();

    let words = "the database has schema version 7, this program knows 5: use a newer netscan";
    assert_eq!(refusal.to_string(), words);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(&directory);
    let letter = "Dear database,\n".repeat(1000);
    std::fs::write(&path, &letter).unwrap();

    let refusal = Store::open(&path).await.unwrap_err();

    assert_eq!(refusal.to_string(), format!("{} is not a netscan database", path.display()));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(&directory);
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::query("CREATE TABLE recipes (name TEXT)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let refusal = Store::open(&path).await.unwrap_err();

    assert!(matches!(refusal, StoreError::NotADatabase { .. }), "{refusal}");
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema")
        .fetch_all(&mut raw(&path).await)
        .await
        .unwrap();
    assert_eq!(tables, ["recipes"]);
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), "").unwrap();
    let path = directory.path().join("file/netscan.db");

    let refusal = Store::open(&path).await.unwrap_err();

    assert_eq!(refusal.to_string(), format!("cannot open the database {}", path.display()));
}

#[tokio::test]
async fn a_locked_database_says_so_and_can_still_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(&directory);
    let store = Store::open_with(&path, IMPATIENT).await.unwrap();
    let scan = created(&store, &new_scan(1, "10.0.0.1")).await;
    let mut other = raw(&path).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();

    let refusal = store.explain(scan.id, Some("why"), at(1)).await.unwrap_err();

    assert!(matches!(refusal, StoreError::Busy), "{refusal}");
    assert!(refusal.is_retryable());
    assert_eq!(store.scan(scan.id).await.unwrap(), scan);
    // Nor does one who only looks have to wait.
    let reader = Store::open_with(&path, IMPATIENT).await.unwrap();
    assert_eq!(reader.scan(scan.id).await.unwrap(), scan);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    store.explain(scan.id, Some("why"), at(2)).await.unwrap();
}

/// A file system of its own, gone with its guard.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(megabytes: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(directory.path());
        assert!(mount.status().unwrap().success(), "this test needs to be root to fill a disk");
        Self(directory)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0.path()).status().unwrap();
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let disk = SmallDisk::mount(6);
    let path = database(&disk.0);
    let ballast = disk.0.path().join("ballast");
    let store = Store::open(&path).await.unwrap();
    let lease = long_batch(&store, 60_000).await;
    let mut rest: Vec<_> = lease.addresses.iter().map(|at| up(&at.to_string())).collect();
    std::fs::write(&ballast, vec![1; 2 << 20]).unwrap();

    let mut acknowledged = Vec::new();
    let refusal = loop {
        let piece: Vec<_> = rest.drain(..500).collect();
        match store.record_hosts(&lease, &piece, &[], at(2)).await {
            Ok(()) => acknowledged.extend(piece.iter().map(|host| host.address.to_string())),
            Err(refusal) => break refusal,
        }
    };

    assert!(matches!(refusal, StoreError::Full), "{refusal:?}");
    assert!(refusal.is_retryable());
    assert!(acknowledged.len() >= 1000, "only {} fitted", acknowledged.len());
    assert_eq!(addresses_of_hosts(&store).await, acknowledged);
    // It goes on by itself once there is room.
    std::fs::remove_file(&ballast).unwrap();
    let more = vec![up("127.0.200.1")];
    store.record_hosts(&lease, &more, &[], at(3)).await.unwrap();
    acknowledged.push("127.0.200.1".into());
    store.close().await;
    is_sound(&path).await;
    let store = Store::open(&path).await.unwrap();
    assert_eq!(addresses_of_hosts(&store).await, acknowledged);
    store.close().await;
}

/// Tells the copy of this test program that it is the writer, and where.
const WRITER: &str = "NETSCAN_STORE_WRITER";

/// No test by itself: what [`a_killed_writer_loses_nothing_that_was_acknowledged`] runs and kills.
#[tokio::test]
async fn a_writer_writes_until_it_is_killed() {
    let Ok(path) = std::env::var(WRITER) else { return };
    let store = Store::open(Path::new(&path)).await.unwrap();
    let lease = long_batch(&store, 60_000).await;
    for at_ in lease.addresses.iter() {
        store.record_hosts(&lease, &[up(&at_.to_string())], &[], at(2)).await.unwrap();
        println!("stored {at_}");
    }
}

/// Killed at the drop, so that a failing test leaves no writer behind.
struct Writer(Child);

impl Writer {
    fn start(path: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "contract::files::a_writer_writes_until_it_is_killed", "--nocapture"])
            .env(WRITER, path)
            .stdout(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// Kills it when it has acknowledged so many, and gives what it acknowledged until then.
    fn killed_after(mut self, count: usize) -> Vec<String> {
        let mut lines = BufReader::new(self.0.stdout.take().unwrap()).lines();
        let mut acknowledged = Vec::new();
        let stored = |line: String| line.split_once("stored ").map(|(_, host)| host.to_owned());
        while acknowledged.len() < count {
            acknowledged.extend(stored(lines.next().expect("it writes on").unwrap()));
        }
        drop(self);
        acknowledged.extend(lines.map_while(Result::ok).filter_map(stored));
        acknowledged
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
async fn a_killed_writer_loses_nothing_that_was_acknowledged() {
    for count in [1, 30, 100] {
        let directory = tempfile::tempdir().unwrap();
        let path = database(&directory);

        let acknowledged = Writer::start(&path).killed_after(count);

        assert!(acknowledged.len() >= count);
        is_sound(&path).await;
        let store = Store::open(&path).await.unwrap();
        let stored = addresses_of_hosts(&store).await;
        // One more may have been stored and not told any more.
        assert!(stored.len() <= acknowledged.len() + 1);
        assert_eq!(stored[..acknowledged.len()], acknowledged);
        let coverage = store.coverage(Uuid::from_u128(1)).await.unwrap();
        assert_eq!(coverage.up, stored.len() as u64);
        let events = store.events(Uuid::from_u128(1), 0, u32::MAX).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.event == "host").count(), stored.len());
        store.close().await;
    }
}

#[tokio::test]
async fn a_step_in_a_scan_of_many_batches_takes_little_time() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&database(&directory)).await.unwrap();
    let range: AddressRange = "10.0.0.0-10.0.255.255".parse().unwrap();
    let limits = netscan_model::scan::Limits { batch_size: size(1), ..limits() };
    let new = NewScan { limits, is_started: true, ..new_scan(1, &range.to_string()) };
    let begin = Instant::now();
    created(&store, &new).await;
    println!("65,536 batches in {:?}", begin.elapsed());

    // The best of some: the machine may be busy with something else at any moment.
    let mut best = Duration::MAX;
    for _ in 0..4 {
        let begin = Instant::now();
        leased(&store, 1).await;
        best = best.min(begin.elapsed());
    }

    assert!(best < Duration::from_millis(100), "{best:?}");
    store.close().await;
}

/// A database as the first version of the schema left it, with a row in every table.
async fn version_one(path: &Path) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    for sql in [
        include_str!("../../migrations/sqlite/0001_first_light.sql"),
        include_str!("version_one.sql"),
        "PRAGMA application_id = 1852142707; PRAGMA user_version = 1;",
    ] {
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_version_comes_over_with_all_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(&directory);
    version_one(&path).await;

    let store = Store::open(&path).await.unwrap();

    assert_eq!(store.schema_versions().await.unwrap(), (5, 5));
    let realm = store.default_realm().await.unwrap();
    let project = realm.project("lab").await.unwrap().unwrap();
    assert_eq!((project.id, project.scans, project.targets), (Uuid::from_u128(1), 1, 1));
    assert_eq!((project.created_at, project.updated_at), (at(0), at(0)));
    let scan = realm.find_scan("lab", "latest").await.unwrap().unwrap();
    assert_eq!((scan.id, scan.number, scan.progress), (Uuid::from_u128(2), 1, 0.5));
    assert_eq!((scan.project_id, &*scan.organisation), (project.id, "default"));
    assert_eq!((scan.updated_at, scan.modules[0].id.as_str()), (at(1), "nmap"));
    assert_eq!(realm.scans("lab").await.unwrap()[0].targets, ["10.0.0.1-2", "gone.test"]);
    assert!(store.definition(scan.id).await.unwrap().opens_outright);
    assert_eq!(store.names(scan.id).await.unwrap().len(), 1);
    assert_eq!(store.attempts(scan.id).await.unwrap().len(), 1);
    assert_eq!(store.events(scan.id, 0, 9).await.unwrap().len(), 1);
    assert_eq!(store.quarantined(scan.id).await.unwrap(), 1);
    let host = realm.host(scan.id, "10.0.0.1".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(host.host.ports.len(), 1);
    assert_eq!(store.audited(9).await.unwrap()[0].action, "scan.create");
    assert_eq!(store.verify_audit(None).await.unwrap().first_bad, None);

    // And it goes on from there.
    let lease = store.lease_next(&request("w"), at(2)).await.unwrap().unwrap();
    assert_eq!(lease.addresses, super::given::set("10.0.0.2"));
    assert_eq!(lease.seal.addresses, super::given::set("10.0.0.1-10.0.0.2"));
    store.close().await;
    is_sound(&path).await;
}
