//! The store on SQLite: one file, one writer at a time, many readers, several processes.

pub(crate) mod insert;
pub(crate) mod texts;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection as _, Sqlite, Transaction};

use crate::OpenOptions;
use crate::error::StoreError;
use crate::steps::audit;

/// What the steps run on.
pub(crate) type Connection = SqliteConnection;
/// The database that the steps' statements are bound for.
pub(crate) type Backend = Sqlite;

/// Rows in one statement. SQLite takes 32,766 values in a statement, and more rows than this
/// make it no faster.
pub(crate) const ROWS_PER_STATEMENT: usize = 500;

/// How long to wait before a file that others are just making is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// The schema's versions, oldest first. A version is never edited once released.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/sqlite/0001_first_light.sql"),
    include_str!("../migrations/sqlite/0002_server.sql"),
    include_str!("../migrations/sqlite/0003_inventory.sql"),
    include_str!("../migrations/sqlite/0004_few.sql"),
    include_str!("../migrations/sqlite/0005_patience.sql"),
];

/// Says in the file's header whose it is ("nets"), so that no other program's database is taken for
/// ours (<https://www.sqlite.org/pragma.html#pragma_application_id>).
const APPLICATION: i64 = 0x6e65_7473;

/// An open database file.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    // SQLite has one writer. A pool of one queues ours in order instead of letting them collide.
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Database {
    /// Opens the file, makes it when it is missing, and brings its schema up to date.
    pub(crate) async fn open(path: &Path, how: OpenOptions) -> Result<Self, StoreError> {
        if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(directory)
                .map_err(|source| cannot_open(path, source.into()))?;
        }
        let deadline = Instant::now() + how.busy_timeout;
        loop {
            match Self::try_open(path, how).await {
                // SQLite waits for other programs, but not while a file becomes a WAL database.
                Err(StoreError::Busy) if Instant::now() < deadline => {
                    tokio::time::sleep(PAUSE).await;
                }
                opened => return opened,
            }
        }
    }

    async fn try_open(path: &Path, how: OpenOptions) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was answered with success must outlive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(how.busy_timeout)
            // Measured: rows in bulk cost a tenth less than on pages of 4 KiB.
            .page_size(8192)
            .pragma("cache_size", "-8192")
            // 32 MiB of log: a page that is written again and again is copied home less often.
            .pragma("wal_autocheckpoint", "4096")
            .pragma("journal_size_limit", "67108864");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_mins(1))
            .after_release(|connection, _| Box::pin(is_reusable(connection)))
            // What is being written together fits, and one writer more does not weigh much.
            .connect_with(options.clone().pragma("cache_size", "-16384"))
            .await
            .map_err(|source| open_failure(path, source))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            // A server with nothing to do gives their caches back.
            .idle_timeout(Duration::from_mins(1))
            .connect_lazy_with(options.read_only(true).create_if_missing(false));
        let database = Self { writer, readers };
        database.migrate(path).await?;
        Ok(database)
    }

    /// A transaction that holds the write lock from its beginning: one that began by reading
    /// could not be let in later (`SQLITE_BUSY_SNAPSHOT`), however long it waited.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A transaction that sees one state of the database throughout.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Applies what is missing in one transaction, so that of several processes that open a fresh
    /// file at once, one does it, and a process that is killed leaves nothing half done.
    ///
    /// Foreign keys are off meanwhile, because a table that others refer to may be made anew
    /// (<https://www.sqlite.org/lang_altertable.html#otheralter>), and are checked at the end.
    async fn migrate(&self, path: &Path) -> Result<(), StoreError> {
        // Most often nothing is missing, and then nobody has to wait for a writer.
        if missing(&mut *self.writer.begin().await?, path).await?.is_empty() {
            return Ok(());
        }
        let mut connection = self.writer.acquire().await?;
        // Within a transaction this would do nothing.
        sqlx::raw_sql("PRAGMA foreign_keys = OFF").execute(&mut *connection).await?;
        let done = apply_missing(&mut connection, path).await;
        sqlx::raw_sql("PRAGMA foreign_keys = ON").execute(&mut *connection).await?;
        done
    }

    /// The schema's version in the file, and the newest that this program knows.
    pub(crate) async fn versions(&self) -> Result<(i64, i64), StoreError> {
        let mut transaction = self.read().await?;
        let found = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *transaction).await?;
        Ok((found, known()))
    }
}

async fn apply_missing(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for migration in missing(&mut transaction, path).await? {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
    }
    audit::chain_old_rows(&mut transaction).await?;
    let marks =
        format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {};", known());
    sqlx::raw_sql(sqlx::AssertSqlSafe(marks)).execute(&mut *transaction).await?;
    let dangling: Option<(String, String)> =
        sqlx::query_as(r#"SELECT "table", parent FROM pragma_foreign_key_check LIMIT 1"#)
            .fetch_optional(&mut *transaction)
            .await?;
    if let Some((table, parent)) = dangling {
        let value = format!("{table} without {parent}");
        return Err(StoreError::Damaged { what: "a reference", value });
    }
    transaction.commit().await?;
    Ok(())
}

/// Whether a connection that was given back may be taken again.
///
/// When the disk is full SQLite rolls back by itself (<https://www.sqlite.org/lang_transaction.html>).
/// sqlx rolls back once more, which fails, and then holds the connection to be in a transaction for
/// ever: nothing could be written again, room or not.
async fn is_reusable(connection: &mut Connection) -> Result<bool, sqlx::Error> {
    // Waits for a rollback that is under way.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("there are few migrations")
}

/// The migrations that the file has not seen.
async fn missing(
    connection: &mut Connection,
    path: &Path,
) -> Result<&'static [&'static str], StoreError> {
    let (application, found, tables): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT application_id FROM pragma_application_id),
             (SELECT user_version FROM pragma_user_version), (SELECT COUNT(*) FROM sqlite_schema)",
    )
    .fetch_one(connection)
    .await?;
    let is_fresh = application == 0 && found == 0 && tables == 0;
    if application != APPLICATION && !is_fresh {
        return Err(StoreError::NotADatabase { path: path.to_owned() });
    }
    let done = usize::try_from(found).ok().filter(|done| *done <= MIGRATIONS.len());
    done.map(|done| &MIGRATIONS[done..]).ok_or(StoreError::TooNew { found, known: known() })
}

fn cannot_open(path: &Path, source: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Open { path: path.to_owned(), source }
}

fn open_failure(path: &Path, error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Database(error) if primary_code(&error) == Some(26) => {
            StoreError::NotADatabase { path: PathBuf::from(path) }
        }
        StoreError::Database(error) => cannot_open(path, error.into()),
        understood => understood,
    }
}

/// SQLite's result code, if it was SQLite that failed. The low byte of an extended code is the
/// primary one (<https://www.sqlite.org/rescode.html>).
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?.parse::<i32>().ok()?;
    Some(code & 0xff)
}
