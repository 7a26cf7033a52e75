//! Steps on scans: storing, finding, commanding and settling them.

use std::num::{NonZeroU32, NonZeroU64};

use jiff::Timestamp;
use netscan_model::address::AddressSet;
use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use netscan_model::import;
use netscan_model::scan::{
    Bound, Command, Desired, Lifecycle, Limits, ModuleChoice, OpenBatches, Priority, Scan, State,
    TemplateVersion,
};
use netscan_model::seal::Seal;
use serde_json::json;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::room::Claim;
use super::{
    audit, batches, count, damaged, events, from_json, id, ledger, millis, number, push_list, read,
    some_time, time,
};
use crate::By;
use crate::error::StoreError;
use crate::records::{Definition, NewScan, NoAddress, ResolvedName, ScanChanges, ScanFilter};
use crate::sqlite::{Backend, Connection};

/// As many targets are shown of each scan in a list.
const FIRST_TARGETS: usize = 20;

const COLUMNS: &str =
    "SELECT s.scan_key, s.id, s.project_key, p.id AS project_id, p.name AS project,
     p.max_scans AS project_scans, p.max_batches AS project_batches, p.max_rate AS project_rate,
     o.organisation_key, o.id AS organisation_id, o.name AS organisation, s.number, s.series, s.name,
     s.description, s.notes, s.owner, s.modules, s.recursion_depth, s.template_id,
     s.template_version, s.first_targets, s.options, s.batch_size, s.concurrency, s.max_rate,
     s.host_timeout_ms, s.batch_timeout_ms, s.attempts, s.priority, s.max_duration_ms,
     s.max_results, s.state, s.desired, s.reached, s.ran_ms, s.running_since, s.reason, s.hosts_up,
     s.created_at, s.updated_at, s.started_at, s.completed_at, s.planned, s.up, s.down, s.timed_out,
     s.unresolved, s.excluded, s.out_of_scope, s.failed, s.cancelled
 FROM scans s JOIN projects p ON p.project_key = s.project_key
     JOIN organisations o ON o.organisation_key = p.organisation_key ";

#[derive(sqlx::FromRow)]
pub(crate) struct ScanRow {
    pub(crate) scan_key: i64,
    id: String,
    project_id: String,
    project: String,
    pub(crate) organisation_key: i64,
    organisation_id: String,
    organisation: String,
    number: i64,
    series: String,
    name: String,
    description: String,
    notes: String,
    owner: String,
    modules: String,
    recursion_depth: i64,
    template_id: Option<String>,
    template_version: Option<i64>,
    first_targets: String,
    options: String,
    batch_size: i64,
    concurrency: i64,
    max_rate: Option<i64>,
    host_timeout_ms: Option<i64>,
    batch_timeout_ms: Option<i64>,
    attempts: i64,
    priority: i64,
    max_duration_ms: Option<i64>,
    max_results: Option<i64>,
    state: String,
    desired: String,
    reached: Option<String>,
    ran_ms: i64,
    running_since: Option<i64>,
    reason: Option<String>,
    hosts_up: i64,
    created_at: i64,
    updated_at: i64,
    started_at: Option<i64>,
    completed_at: Option<i64>,
    #[sqlx(flatten)]
    counters: ledger::Counters,
    #[sqlx(flatten)]
    pub(crate) claim: Claim,
}

impl ScanRow {
    pub(crate) fn id(&self) -> Result<Uuid, StoreError> {
        id(&self.id)
    }

    pub(crate) fn project_id(&self) -> Result<Uuid, StoreError> {
        id(&self.project_id)
    }

    pub(crate) fn organisation_id(&self) -> Result<Uuid, StoreError> {
        id(&self.organisation_id)
    }

    pub(crate) fn number(&self) -> u64 {
        count(self.number)
    }

    pub(crate) fn options(&self) -> &str {
        &self.options
    }

    pub(crate) fn modules(&self) -> Result<Vec<ModuleChoice>, StoreError> {
        from_json("modules", &self.modules)
    }

    /// Refuses to run a scan that was read from a file: nobody said that it may be run from here.
    pub(crate) fn refuse_imported(&self) -> Result<(), StoreError> {
        if self.modules()?.iter().any(|module| module.id == import::MODULE) {
            return Err(StoreError::Imported { number: self.number() });
        }
        Ok(())
    }

    pub(crate) fn limits(&self) -> Result<Limits, StoreError> {
        let long = |value: Option<i64>| value.and_then(|value| NonZeroU64::new(count(value)));
        Ok(Limits {
            batch_size: positive(self.batch_size)?,
            concurrency: positive(self.concurrency)?,
            max_rate: self.max_rate.map(positive).transpose()?,
            host_timeout_ms: long(self.host_timeout_ms),
            batch_timeout_ms: long(self.batch_timeout_ms),
            attempts: positive(self.attempts)?,
            priority: priority(self.priority)?,
            max_duration_ms: long(self.max_duration_ms),
            max_results: long(self.max_results),
        })
    }

    pub(crate) fn lifecycle(&self) -> Result<Lifecycle, StoreError> {
        let reached = self.reached.as_deref();
        Ok(Lifecycle {
            state: read("a scan state", &self.state)?,
            desired: read("a desired state", &self.desired)?,
            reached: reached.map(|name| read("a limit", name)).transpose()?,
        })
    }

    /// How long it has run by `now`, pauses not counted.
    fn ran_ms(&self, now: Timestamp) -> i64 {
        let this_time = self.running_since.map_or(0, |since| (millis(now) - since).max(0));
        self.ran_ms.saturating_add(this_time)
    }

    /// The limit that it has reached by `now`, if any, and what to say about it.
    fn reached(&self, now: Timestamp) -> Result<Option<(Bound, String)>, StoreError> {
        let limits = self.limits()?;
        let bound = limits.reached(count(self.ran_ms(now)), count(self.hosts_up));
        Ok(bound.map(|bound| (bound, words_for(bound, &limits))))
    }

    /// How many addresses are in each state.
    pub(crate) fn coverage(&self) -> Coverage {
        self.counters.coverage()
    }

    fn into_scan(self, targets: Vec<String>) -> Result<Scan, StoreError> {
        let Lifecycle { state, desired, reached: _ } = self.lifecycle()?;
        Ok(Scan {
            id: id(&self.id)?,
            number: count(self.number),
            limits: self.limits()?,
            targets,
            template: self.template()?,
            name: self.name,
            description: self.description,
            notes: self.notes,
            owner: self.owner,
            organisation: self.organisation,
            organisation_id: id(&self.organisation_id)?,
            project: self.project,
            project_id: id(&self.project_id)?,
            series: id(&self.series)?,
            status: state,
            desired,
            progress: self.counters.coverage().progress(),
            modules: from_json("modules", &self.modules)?,
            recursion_depth: u32::try_from(self.recursion_depth).unwrap_or(u32::MAX),
            options: self.options,
            created_at: time(self.created_at)?,
            updated_at: time(self.updated_at)?,
            started_at: some_time(self.started_at)?,
            completed_at: some_time(self.completed_at)?,
            reason: self.reason,
        })
    }

    fn template(&self) -> Result<Option<TemplateVersion>, StoreError> {
        let used = self.template_id.as_deref().zip(self.template_version);
        let used = used.map(|(template, version)| {
            let version = u32::try_from(version).map_err(|_| damaged("a version", version))?;
            Ok(TemplateVersion { id: id(template)?, version })
        });
        used.transpose()
    }
}

/// Why a scan ends that has reached `bound`.
fn words_for(bound: Bound, limits: &Limits) -> String {
    let most = match bound {
        Bound::MaxDuration => limits.max_duration_ms.map_or(0, NonZeroU64::get),
        Bound::MaxResults => limits.max_results.map_or(0, NonZeroU64::get),
    };
    let most = match bound {
        Bound::MaxResults => most.to_string(),
        Bound::MaxDuration if most % 1_000 == 0 => format!("{} s", most / 1_000),
        Bound::MaxDuration => format!("{most} ms"),
    };
    format!("the scan's {bound} of {most} was reached")
}

pub(crate) fn positive(value: i64) -> Result<NonZeroU32, StoreError> {
    let value = u32::try_from(value).ok().and_then(NonZeroU32::new);
    value.ok_or_else(|| damaged("a limit", "0"))
}

pub(crate) fn priority(value: i64) -> Result<Priority, StoreError> {
    let place = usize::try_from(value).ok();
    place
        .and_then(|place| Priority::ALL.get(place).copied())
        .ok_or_else(|| damaged("a priority", value))
}

pub(crate) fn rank(priority: Priority) -> i64 {
    priority as i64
}

/// Stores a scan with its ledger and its names; the batches come after it.
pub(crate) async fn create(
    connection: &mut Connection,
    new: &NewScan,
    project_key: i64,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let without_address = |denied: bool| {
        let is_it = move |name: &&ResolvedName| match &name.outcome {
            Ok(_) => false,
            Err(why) => (*why == NoAddress::Denied) == denied,
        };
        number(new.names.iter().filter(is_it).count())
    };
    let (unresolved, denied) = (without_address(false), without_address(true));
    let left_out: u128 = new.left_out.iter().map(|range| range.addresses.count()).sum();
    let planned =
        number(new.addresses.count().saturating_add(left_out)).saturating_add(unresolved + denied);
    let next_number: i64 =
        sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) + 1 FROM scans WHERE project_key = $1")
            .bind(project_key)
            .fetch_one(&mut *connection)
            .await?;
    let lifecycle = Lifecycle::created();
    let first_targets: Vec<_> = new.definition.targets.iter().take(FIRST_TARGETS).collect();
    let scan_key: i64 = sqlx::query_scalar(
        "INSERT INTO scans (id, project_key, number, series, name, notes, definition, options,
             addresses, batch_size, concurrency, max_rate, host_timeout_ms, batch_timeout_ms,
             attempts, priority, state, desired, last_seq, last_batch, planned, unresolved,
             out_of_scope, created_at, updated_at, description, owner, modules, recursion_depth,
             template_id, template_version, max_duration_ms, max_results, seal, first_targets)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             0, 0, $19, $20, $21, $22, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)
         RETURNING scan_key",
    )
    .bind(new.id.to_string())
    .bind(project_key)
    .bind(next_number)
    .bind(new.series.unwrap_or(new.id).to_string())
    .bind(&new.name)
    .bind(&new.notes)
    .bind(super::json(&new.definition))
    .bind(&new.options)
    .bind(new.addresses.to_string())
    .bind(i64::from(new.limits.batch_size.get()))
    .bind(i64::from(new.limits.concurrency.get()))
    .bind(new.limits.max_rate.map(|rate| i64::from(rate.get())))
    .bind(new.limits.host_timeout_ms.map(|ms| number(ms.get())))
    .bind(new.limits.batch_timeout_ms.map(|ms| number(ms.get())))
    .bind(i64::from(new.limits.attempts.get()))
    .bind(rank(new.limits.priority))
    .bind(lifecycle.state.name())
    .bind(lifecycle.desired.name())
    .bind(planned)
    .bind(unresolved)
    .bind(denied)
    .bind(millis(now))
    .bind(&new.description)
    .bind(&new.owner)
    .bind(super::json(&new.modules))
    .bind(i64::from(new.recursion_depth))
    .bind(new.template.map(|template| template.id.to_string()))
    .bind(new.template.map(|template| i64::from(template.version)))
    .bind(new.limits.max_duration_ms.map(|ms| number(ms.get())))
    .bind(new.limits.max_results.map(|most| number(most.get())))
    .bind(super::json(&new.seal))
    .bind(super::json(&first_targets))
    .fetch_one(&mut *connection)
    .await?;
    for name in &new.names {
        store_name(connection, scan_key, name).await?;
    }
    ledger::record(connection, scan_key, &new.left_out).await?;
    let told = vec![events::status(lifecycle.state, None)];
    events::tell(connection, scan_key, told, now).await?;
    Ok(scan_key)
}

async fn store_name(
    connection: &mut Connection,
    scan_key: i64,
    name: &ResolvedName,
) -> Result<(), StoreError> {
    let (addresses, why) = match &name.outcome {
        Ok(addresses) => (addresses.to_string(), None),
        Err(why) => (String::new(), Some(why)),
    };
    sqlx::query(
        "INSERT INTO names (scan_key, name, addresses, error, is_denied)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(scan_key)
    .bind(&name.name)
    .bind(addresses)
    .bind(why.map(ToString::to_string))
    .bind(i64::from(why == Some(&NoAddress::Denied)))
    .execute(connection)
    .await?;
    Ok(())
}

/// What the scan was made from. It may be large, and so it is not among the columns of [`ScanRow`].
pub(crate) async fn definition(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<Definition, StoreError> {
    let text: String = sqlx::query_scalar("SELECT definition FROM scans WHERE scan_key = $1")
        .bind(scan_key)
        .fetch_one(connection)
        .await?;
    from_json("a definition", &text)
}

/// The names that were resolved for the scan.
pub(crate) async fn names(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<Vec<ResolvedName>, StoreError> {
    let rows: Vec<(String, String, Option<String>, i64)> = sqlx::query_as(
        "SELECT name, addresses, error, is_denied FROM names WHERE scan_key = $1 ORDER BY name",
    )
    .bind(scan_key)
    .fetch_all(connection)
    .await?;
    let record = |(name, addresses, error, is_denied): (String, String, Option<String>, i64)| {
        let outcome = match error {
            None => Ok(ledger::addresses(&addresses)?),
            Some(_) if is_denied != 0 => Err(NoAddress::Denied),
            Some(error) => Err(NoAddress::Unresolved(error)),
        };
        Ok(ResolvedName { name, outcome })
    };
    rows.into_iter().map(record).collect()
}

/// What the scan may touch, as it was accepted. Scans that are older than seals may touch what they
/// were planned for.
pub(crate) async fn seal(connection: &mut Connection, scan_key: i64) -> Result<Seal, StoreError> {
    let text: String = sqlx::query_scalar("SELECT seal FROM scans WHERE scan_key = $1")
        .bind(scan_key)
        .fetch_one(&mut *connection)
        .await?;
    if text.is_empty() {
        let addresses = addresses(connection, scan_key).await?;
        return Ok(Seal { addresses, authorisation: None });
    }
    from_json("a seal", &text)
}

/// Finds a scan of the project by id, unique prefix of it, number, or `latest`.
pub(crate) async fn find(
    connection: &mut Connection,
    project_key: i64,
    reference: &str,
) -> Result<Option<ScanRow>, StoreError> {
    if reference == "latest" {
        let row = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE s.project_key = $1 ORDER BY s.number DESC LIMIT 1"
        )))
        .bind(project_key)
        .fetch_optional(connection)
        .await?;
        return Ok(row);
    }
    if let Ok(wanted) = reference.parse::<i64>() {
        let row = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE s.project_key = $1 AND s.number = $2"
        )))
        .bind(project_key)
        .bind(wanted)
        .fetch_optional(&mut *connection)
        .await?;
        if row.is_some() {
            return Ok(row);
        }
    }
    let mut rows: Vec<ScanRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE s.project_key = $1 AND $3 <> ''
             AND substr(s.id, 1, CAST($2 AS INTEGER)) = $3"
    )))
    .bind(project_key)
    .bind(number(reference.len()))
    .bind(reference.to_ascii_lowercase())
    .fetch_all(connection)
    .await?;
    if rows.len() > 1 {
        let reference = reference.to_owned();
        return Err(StoreError::Ambiguous { reference, count: rows.len(), things: "scans" });
    }
    Ok(rows.pop())
}

/// The scan's row by its id, whatever its project.
pub(crate) async fn by_id(connection: &mut Connection, scan: Uuid) -> Result<ScanRow, StoreError> {
    let row = sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE s.id = $1")))
        .bind(scan.to_string())
        .fetch_optional(connection)
        .await?;
    row.ok_or(StoreError::NoScan { id: scan })
}

pub(crate) async fn by_key(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<ScanRow, StoreError> {
    let row = sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE s.scan_key = $1")))
        .bind(scan_key)
        .fetch_one(connection)
        .await?;
    Ok(row)
}

/// The scan as everyone may see it.
pub(crate) async fn show(connection: &mut Connection, scan_key: i64) -> Result<Scan, StoreError> {
    let row = by_key(connection, scan_key).await?;
    let targets = definition(connection, scan_key).await?.targets;
    row.into_scan(targets)
}

/// The scan as it is shown in a list: with its first few targets.
fn listed(row: ScanRow) -> Result<Scan, StoreError> {
    let targets = from_json("targets", &row.first_targets)?;
    row.into_scan(targets)
}

/// The project's scans, newest first.
pub(crate) async fn list(
    connection: &mut Connection,
    project_key: i64,
) -> Result<Vec<Scan>, StoreError> {
    let rows: Vec<ScanRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE s.project_key = $1 ORDER BY s.number DESC"
    )))
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(listed).collect()
}

/// The next `limit` scans of the organisation that fit, newest first.
pub(crate) async fn page(
    connection: &mut Connection,
    organisation_key: i64,
    filter: &ScanFilter,
    limit: u32,
) -> Result<Vec<Scan>, StoreError> {
    let mut select = QueryBuilder::<Backend>::new(COLUMNS);
    select.push(" WHERE p.organisation_key = ").push_bind(organisation_key);
    if let Some(project) = filter.project {
        select.push(" AND p.id = ").push_bind(project.to_string());
    }
    if !filter.states.is_empty() {
        push_list(select.push(" AND s.state"), filter.states.iter().map(|state| state.name()));
    }
    if let Some(owner) = &filter.owner {
        select.push(" AND s.owner = ").push_bind(owner.as_str());
    }
    if let Some(part) = &filter.name_contains {
        let pattern = containing(part);
        select.push(" AND LOWER(s.name) LIKE LOWER(").push_bind(pattern).push(r") ESCAPE '\'");
    }
    if let Some(series) = filter.series {
        select.push(" AND s.series = ").push_bind(series.to_string());
    }
    if let Some((created_at, id)) = filter.before.map(crate::records::ScanCursor::place) {
        select.push(" AND (s.created_at, s.id) < (").push_bind(created_at);
        select.push(", ").push_bind(id).push(")");
    }
    select.push(" ORDER BY s.created_at DESC, s.id DESC LIMIT ").push_bind(i64::from(limit));
    let rows: Vec<ScanRow> = select.build_query_as().fetch_all(connection).await?;
    rows.into_iter().map(listed).collect()
}

/// A pattern for LIKE that fits what contains `part`, with nothing in it taken for a wildcard.
fn containing(part: &str) -> String {
    let mut pattern = String::from("%");
    for character in part.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// How far the events of each scan of the organisation, or of one of its projects, have come.
pub(crate) async fn heads(
    connection: &mut Connection,
    organisation_key: i64,
    project: Option<Uuid>,
) -> Result<Vec<(Uuid, u64)>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT s.id, s.last_seq FROM scans s JOIN projects p ON p.project_key = s.project_key
         WHERE p.organisation_key = $1 AND (CAST($2 AS TEXT) IS NULL OR p.id = $2)
         ORDER BY s.scan_key",
    )
    .bind(organisation_key)
    .bind(project.map(|project| project.to_string()))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|(scan, last)| Ok((id(&scan)?, count(last)))).collect()
}

/// How far the events of each scan of the project have come.
pub(crate) async fn heads_of(
    connection: &mut Connection,
    project: Uuid,
) -> Result<Vec<(Uuid, u64)>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT s.id, s.last_seq FROM scans s JOIN projects p ON p.project_key = s.project_key
         WHERE p.id = $1 ORDER BY s.scan_key",
    )
    .bind(project.to_string())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|(scan, last)| Ok((id(&scan)?, count(last)))).collect()
}

/// The number of the scan's last event.
pub(crate) async fn head(connection: &mut Connection, scan: Uuid) -> Result<u64, StoreError> {
    let last: Option<i64> = sqlx::query_scalar("SELECT last_seq FROM scans WHERE id = $1")
        .bind(scan.to_string())
        .fetch_optional(connection)
        .await?;
    last.map(count).ok_or(StoreError::NoScan { id: scan })
}

/// Whether there is such a scan, and it belongs to the organisation.
pub(crate) async fn belongs_to(
    connection: &mut Connection,
    scan: Uuid,
    organisation_key: i64,
) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT s.scan_key FROM scans s JOIN projects p ON p.project_key = s.project_key
         WHERE s.id = $1 AND p.organisation_key = $2",
    )
    .bind(scan.to_string())
    .bind(organisation_key)
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// All scans that are neither over nor waiting to be started.
pub(crate) async fn active(connection: &mut Connection) -> Result<Vec<ScanRow>, StoreError> {
    let rows = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE s.state IN ('queued', 'running', 'paused')
             OR (s.state = 'created' AND s.desired = 'stop')"
    )))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// What the scans want that are to go on, the most urgent first, and of those the oldest.
pub(crate) async fn claims(
    connection: &mut Connection,
    only: Option<Uuid>,
) -> Result<Vec<Claim>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT s.scan_key, s.project_key, s.state, s.concurrency, s.max_rate,
             p.max_scans AS project_scans, p.max_batches AS project_batches,
             p.max_rate AS project_rate
         FROM scans s JOIN projects p ON p.project_key = s.project_key
         WHERE s.state IN ('queued', 'running', 'paused') AND s.desired = 'run'
             AND (CAST($1 AS TEXT) IS NULL OR s.id = $1)
         ORDER BY s.priority DESC, s.scan_key",
    )
    .bind(only.map(|scan| scan.to_string()))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// How many scans of the whole database are in each state.
pub(crate) async fn totals(connection: &mut Connection) -> Result<Vec<(State, u64)>, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT state, COUNT(*) FROM scans GROUP BY state ORDER BY state")
            .fetch_all(connection)
            .await?;
    let total = |(state, scans): (String, i64)| Ok((read("a scan state", &state)?, count(scans)));
    rows.into_iter().map(total).collect()
}

/// The addresses that the scan's batches add up to.
pub(crate) async fn addresses(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<AddressSet, StoreError> {
    let text: String = sqlx::query_scalar("SELECT addresses FROM scans WHERE scan_key = $1")
        .bind(scan_key)
        .fetch_one(connection)
        .await?;
    ledger::addresses(&text)
}

/// The addresses of which nothing is known yet.
pub(crate) async fn pending(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<AddressSet, StoreError> {
    let all = addresses(connection, scan_key).await?;
    Ok(all.subtract(&ledger::all_accounted(connection, scan_key).await?))
}

/// Carries out a command on what people want, and settles what follows at once.
pub(crate) async fn command(
    connection: &mut Connection,
    scan_key: i64,
    command: Command,
    now: Timestamp,
) -> Result<(), StoreError> {
    let before = by_key(connection, scan_key).await?.lifecycle()?;
    let after = before.command(command)?;
    write_lifecycle(connection, scan_key, before, after, now).await?;
    settle(connection, scan_key, now).await
}

/// Brings the scan's state up to what its batches say.
pub(crate) async fn settle(
    connection: &mut Connection,
    scan_key: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let before = by_key(connection, scan_key).await?.lifecycle()?;
    if before.desired == Desired::Stop && !before.state.is_terminal() {
        let row = by_key(connection, scan_key).await?;
        let reason = match before.reached {
            Some(bound) => words_for(bound, &row.limits()?),
            None => "the scan was stopped".to_owned(),
        };
        cancel_waiting(connection, scan_key, &reason, now).await?;
    }
    let open: OpenBatches = batches::open(connection, scan_key).await?;
    let coverage = ledger::coverage(connection, scan_key).await?;
    write_lifecycle(connection, scan_key, before, before.settle(open, &coverage), now).await
}

async fn cancel_waiting(
    connection: &mut Connection,
    scan_key: i64,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let is_any = batches::cancel_waiting(connection, scan_key, now).await?;
    if !is_any {
        return Ok(());
    }
    let leased = batches::leased_addresses(connection, scan_key).await?;
    let dropped = pending(connection, scan_key).await?.subtract(&leased);
    let ranges = CoverageRange::of_all(&dropped, CoverageState::Cancelled, reason);
    ledger::record(connection, scan_key, &ranges).await
}

/// Records everything that is not with a worker as failed, for one reason, and settles the scan.
pub(crate) async fn give_up(
    connection: &mut Connection,
    scan_key: i64,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if batches::cancel_waiting(connection, scan_key, now).await? {
        let leased = batches::leased_addresses(connection, scan_key).await?;
        let dropped = pending(connection, scan_key).await?.subtract(&leased);
        ledger::record(
            connection,
            scan_key,
            &CoverageRange::of_all(&dropped, CoverageState::Failed, reason),
        )
        .await?;
    }
    set_reason(connection, scan_key, Some(reason), now).await?;
    settle(connection, scan_key, now).await
}

/// Sends to rest every running scan but `focus`, and says of each that its program has ended: what
/// was interrupted does not go on unasked when another scan is started.
pub(crate) async fn interrupt(
    connection: &mut Connection,
    focus: uuid::Uuid,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let keys: Vec<i64> = sqlx::query_scalar(
        "SELECT scan_key FROM scans WHERE state = 'running' AND desired = 'run' AND id <> $1",
    )
    .bind(focus.to_string())
    .fetch_all(&mut *connection)
    .await?;
    for scan_key in &keys {
        command(connection, *scan_key, Command::Pause, now).await?;
        let reason = Some("the program that ran it has ended; resume it to go on");
        set_reason(connection, *scan_key, reason, now).await?;
    }
    Ok(count(number(keys.len())))
}

async fn write_lifecycle(
    connection: &mut Connection,
    scan_key: i64,
    before: Lifecycle,
    after: Lifecycle,
    now: Timestamp,
) -> Result<(), StoreError> {
    if before == after {
        return Ok(());
    }
    let row = by_key(connection, scan_key).await?;
    let is_new_state = before.state != after.state;
    let is_started = after.state != State::Created && !after.state.is_terminal();
    let started = is_started.then(|| millis(now));
    let completed = (is_new_state && after.state.is_terminal()).then(|| millis(now));
    // Why it had ended, or rested, says nothing once it goes on.
    let forgets_reason = before.state.is_terminal() || before.desired != after.desired;
    let (ran_ms, running_since) = match (before.state, after.state) {
        (State::Running, State::Running) => (row.ran_ms, row.running_since),
        (_, State::Running) => (row.ran_ms, Some(millis(now))),
        (_, _) => (row.ran_ms(now), None),
    };
    sqlx::query(
        "UPDATE scans SET state = $2, desired = $3, started_at = COALESCE(started_at, $4),
             completed_at = $5, reason = CASE WHEN $6 <> 0 THEN NULL ELSE reason END,
             reached = $7, ran_ms = $8, running_since = $9, updated_at = $10
         WHERE scan_key = $1",
    )
    .bind(scan_key)
    .bind(after.state.name())
    .bind(after.desired.name())
    .bind(started)
    .bind(completed)
    .bind(i64::from(forgets_reason))
    .bind(after.reached.map(Bound::name))
    .bind(ran_ms)
    .bind(running_since)
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    let mut told = Vec::new();
    if is_new_state {
        let reason = row.reason.as_deref().filter(|_| after.reached.is_some() && !forgets_reason);
        told.push(events::status(after.state, reason));
    } else {
        told.push(events::event("desired", &json!({ "desired": after.desired })));
    }
    if is_new_state && after.state.is_terminal() {
        let coverage = ledger::coverage(connection, scan_key).await?;
        tell_end(connection, &row, after.state, &coverage, &mut told, now).await?;
    }
    events::tell(connection, scan_key, told, now).await
}

async fn tell_end(
    connection: &mut Connection,
    row: &ScanRow,
    state: State,
    coverage: &Coverage,
    told: &mut Vec<events::Event>,
    now: Timestamp,
) -> Result<(), StoreError> {
    told.insert(0, events::progress(coverage));
    let body = json!({ "scan_id": row.id, "status": state });
    told.push(events::event("scan_complete", &body));
    let detail = json!({ "status": state });
    note(connection, row, By::ourselves(now), "scan.end", &detail).await
}

/// Writes down who did what to a scan.
pub(crate) async fn note(
    connection: &mut Connection,
    row: &ScanRow,
    by: By<'_>,
    action: &str,
    detail: &serde_json::Value,
) -> Result<(), StoreError> {
    audit::write(connection, row.organisation_key, by, action, &row.id, detail).await
}

/// Stops every scan that has reached one of its own limits by `now`, and says which these are.
pub(crate) async fn enforce_limits(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<Vec<Uuid>, StoreError> {
    let mut ended = Vec::new();
    for (row, bound, reason) in over_limit(connection, now).await? {
        let before = row.lifecycle()?;
        write_lifecycle(connection, row.scan_key, before, before.reach(bound), now).await?;
        set_reason(connection, row.scan_key, Some(&reason), now).await?;
        let detail = json!({ "limit": bound, "reason": reason });
        note(connection, &row, By::ourselves(now), "scan.limit", &detail).await?;
        settle(connection, row.scan_key, now).await?;
        ended.push(row.id()?);
    }
    Ok(ended)
}

/// The scans that go on though they have reached a limit, which, and what to say about it.
pub(crate) async fn over_limit(
    connection: &mut Connection,
    now: Timestamp,
) -> Result<Vec<(ScanRow, Bound, String)>, StoreError> {
    let rows: Vec<ScanRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{COLUMNS} WHERE s.state IN ('queued', 'running', 'paused') AND s.desired <> 'stop'
             AND (s.max_duration_ms IS NOT NULL OR s.max_results IS NOT NULL)"
    )))
    .fetch_all(connection)
    .await?;
    let mut over = Vec::new();
    for row in rows {
        if let Some((bound, reason)) = row.reached(now)? {
            over.push((row, bound, reason));
        }
    }
    Ok(over)
}

/// Changes what a scan is called and how it is run from now on.
pub(crate) async fn change(
    connection: &mut Connection,
    row: &ScanRow,
    changes: &ScanChanges,
    now: Timestamp,
) -> Result<(), StoreError> {
    let limits = changed(row.limits()?, changes);
    sqlx::query(
        "UPDATE scans SET concurrency = $2, max_rate = $3, priority = $4, max_duration_ms = $5,
             max_results = $6, name = COALESCE($7, name), description = COALESCE($8, description),
             notes = COALESCE($9, notes), updated_at = $10
         WHERE scan_key = $1",
    )
    .bind(row.scan_key)
    .bind(i64::from(limits.concurrency.get()))
    .bind(limits.max_rate.map(|rate| i64::from(rate.get())))
    .bind(rank(limits.priority))
    .bind(limits.max_duration_ms.map(|ms| number(ms.get())))
    .bind(limits.max_results.map(|most| number(most.get())))
    .bind(&changes.name)
    .bind(&changes.description)
    .bind(&changes.notes)
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    if limits == row.limits()? {
        return Ok(());
    }
    let body = json!({
        "concurrency": limits.concurrency, "max_rate": limits.max_rate,
        "priority": limits.priority, "max_duration_ms": limits.max_duration_ms,
        "max_results": limits.max_results,
    });
    events::tell(connection, row.scan_key, vec![events::event("limits", &body)], now).await
}

fn changed(mut limits: Limits, changes: &ScanChanges) -> Limits {
    let changes = &changes.limits;
    limits.concurrency = changes.concurrency.unwrap_or(limits.concurrency);
    limits.max_rate = changes.max_rate.unwrap_or(limits.max_rate);
    limits.priority = changes.priority.unwrap_or(limits.priority);
    limits.max_duration_ms = changes.max_duration_ms.unwrap_or(limits.max_duration_ms);
    limits.max_results = changes.max_results.unwrap_or(limits.max_results);
    limits
}

/// Removes a scan with all that is known of it. The audit log keeps what was done to it.
pub(crate) async fn remove(connection: &mut Connection, scan_key: i64) -> Result<(), StoreError> {
    for statement in [
        "INSERT INTO stale_assets (project_key, address)
         SELECT s.project_key, h.address FROM scans s JOIN hosts h ON h.scan_key = s.scan_key
         WHERE s.scan_key = $1
         ON CONFLICT (project_key, address) DO UPDATE SET scan_key = NULL",
        "DELETE FROM ports WHERE host_key IN (SELECT host_key FROM hosts WHERE scan_key = $1)",
        "DELETE FROM hosts WHERE scan_key = $1",
        "DELETE FROM quarantine WHERE scan_key = $1",
        "DELETE FROM coverage WHERE scan_key = $1",
        "DELETE FROM events WHERE scan_key = $1",
        "DELETE FROM names WHERE scan_key = $1",
        "DELETE FROM attempts
         WHERE batch_key IN (SELECT batch_key FROM batches WHERE scan_key = $1)",
        // A part refers to what it was cut from.
        "UPDATE batches SET parent_key = NULL WHERE scan_key = $1 AND parent_key IS NOT NULL",
        "DELETE FROM batches WHERE scan_key = $1",
        "DELETE FROM scans WHERE scan_key = $1",
    ] {
        sqlx::query(statement).bind(scan_key).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The keys of a project's scans.
pub(crate) async fn keys_of(
    connection: &mut Connection,
    project_key: i64,
) -> Result<Vec<i64>, StoreError> {
    let keys = sqlx::query_scalar("SELECT scan_key FROM scans WHERE project_key = $1")
        .bind(project_key)
        .fetch_all(connection)
        .await?;
    Ok(keys)
}

/// Changes how large the scan's batches are. The caller cuts them anew.
pub(crate) async fn set_batch_size(
    connection: &mut Connection,
    scan_key: i64,
    batch_size: NonZeroU32,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE scans SET batch_size = $2 WHERE scan_key = $1")
        .bind(scan_key)
        .bind(i64::from(batch_size.get()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Says in a few words why the scan is where it is, and tells of it when that is new.
pub(crate) async fn set_reason(
    connection: &mut Connection,
    scan_key: i64,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = by_key(connection, scan_key).await?;
    // The limit that ends it is why it ends, whatever happens on the way.
    let is_said = row.reached.is_some() && row.reason.is_some();
    if is_said || row.reason.as_deref() == reason {
        return Ok(());
    }
    sqlx::query("UPDATE scans SET reason = $2, updated_at = $3 WHERE scan_key = $1")
        .bind(scan_key)
        .bind(reason)
        .bind(millis(now))
        .execute(&mut *connection)
        .await?;
    let told = vec![events::status(row.lifecycle()?.state, reason)];
    events::tell(connection, scan_key, told, now).await
}

/// Tells how far the scan is.
pub(crate) async fn tell_progress(
    connection: &mut Connection,
    scan_key: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let coverage = ledger::coverage(connection, scan_key).await?;
    events::tell(connection, scan_key, vec![events::progress(&coverage)], now).await
}
