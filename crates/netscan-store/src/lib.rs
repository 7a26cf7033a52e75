//! The only crate that speaks SQL.
//!
//! A method of [`Store`] is one whole step, done in one transaction or not at all: "take the next
//! batch", "store these hosts and what became of their addresses". No transaction and no row ever
//! leaves this crate. Rules on what may follow what are the model's; the steps carry them out.
//! Time, ids and chance are arguments.

mod error;
mod records;
mod sqlite;
mod steps;

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::address::AddressSet;
use netscan_model::batch::StateName;
use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use netscan_model::observation::Host;
use netscan_model::scan::{Command, Lifecycle, Scan, State};
use serde_json::{Value, json};
use uuid::Uuid;

pub use crate::error::StoreError;
pub use crate::records::{
    Artifact, AttemptDetail, AttemptRecord, AttemptReport, AuditRecord, BatchCounts, BatchRecord,
    Definition, Difficult, EventRecord, HostCursor, InventoryTarget, Lease, LeaseRequest,
    LimitChanges, NewScan, NoAddress, Project, Pulse, Renewal, ResolvedName, RetryOf, Silence,
    Split, Tally, Verdict,
};
use crate::sqlite::Database;
pub use crate::steps::leases::Reclaim;
use crate::steps::{batches, events, hosts, leases, ledger, projects, scans};

/// Everything that outlives the program.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    /// How long a step waits for another program that writes, before it is [`StoreError::Busy`].
    pub busy_timeout: Duration,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(10) }
    }
}

/// Who did something, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Who, such as `cli:root`.
    pub actor: &'a str,
    /// When.
    pub now: Timestamp,
}

impl Store {
    /// Opens the SQLite database in `path`, makes it when it is missing, and brings its schema up
    /// to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, OpenOptions::default()).await
    }

    /// Opens the database in `path` like [`Store::open`], not as usual.
    pub async fn open_with(path: &Path, options: OpenOptions) -> Result<Self, StoreError> {
        Ok(Self { database: Database::open(path, options).await? })
    }

    /// Waits for what is being written and lets go of the file.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// The schema's version in the database, and the newest that this program knows.
    pub async fn schema_versions(&self) -> Result<(i64, i64), StoreError> {
        self.database.versions().await
    }

    /// The database's own id; `new_id` becomes it when it has none yet.
    pub async fn instance(&self, new_id: Uuid, now: Timestamp) -> Result<Uuid, StoreError> {
        if let Some(instance) = leases::instance(&mut *self.database.read().await?).await? {
            return Ok(instance);
        }
        let mut step = self.database.write().await?;
        let instance = leases::ensure_instance(&mut step, new_id, now).await?;
        step.commit().await?;
        Ok(instance)
    }

    // Projects

    /// The project of that name, made under `new_id` when there is none.
    pub async fn ensure_project(
        &self,
        name: &str,
        new_id: Uuid,
        by: By<'_>,
    ) -> Result<Project, StoreError> {
        if let Some(project) = self.project(name).await? {
            return Ok(project);
        }
        let mut step = self.database.write().await?;
        ensure_project(&mut step, name, new_id, by).await?;
        let project = projects::find(&mut step, name).await?;
        step.commit().await?;
        Ok(project.expect("it was made in this transaction"))
    }

    /// The project of that name.
    pub async fn project(&self, name: &str) -> Result<Option<Project>, StoreError> {
        let mut step = self.database.read().await?;
        projects::find(&mut step, name).await
    }

    /// Replaces what the project may touch, if it still is `before`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Changed`] when somebody else changed it meanwhile, and
    /// [`StoreError::NoProject`] when there is none of that name.
    pub async fn change_scope(
        &self,
        project: &str,
        before: &Value,
        after: &Value,
        by: By<'_>,
    ) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        let key = projects::existing_key(&mut step, project).await?;
        if !projects::change_scope(&mut step, key, before, after).await? {
            return Err(StoreError::Changed { what: "scope" });
        }
        audit(&mut step, by, "scope.change", project, after.clone()).await?;
        step.commit().await?;
        Ok(())
    }

    /// Adds targets to the project's inventory and says how many were new.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoProject`] when there is none of that name.
    pub async fn add_targets(
        &self,
        project: &str,
        targets: &[InventoryTarget],
        by: By<'_>,
    ) -> Result<u64, StoreError> {
        let mut step = self.database.write().await?;
        let key = projects::existing_key(&mut step, project).await?;
        let added = projects::add_targets(&mut step, key, targets).await?;
        audit(&mut step, by, "targets.add", project, json!({ "new": added })).await?;
        step.commit().await?;
        Ok(added)
    }

    /// The project's inventory, oldest first.
    pub async fn targets(&self, project: &str) -> Result<Vec<InventoryTarget>, StoreError> {
        let mut step = self.database.read().await?;
        match projects::key(&mut step, project).await? {
            Some(key) => projects::targets(&mut step, key).await,
            None => Ok(Vec::new()),
        }
    }

    /// Removes a target from the inventory, and says whether it was there.
    pub async fn remove_target(
        &self,
        project: &str,
        target: &str,
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let mut step = self.database.write().await?;
        let Some(key) = projects::key(&mut step, project).await? else { return Ok(false) };
        let is_removed = projects::remove_target(&mut step, key, target).await?;
        if is_removed {
            audit(&mut step, by, "targets.remove", target, json!({ "project": project })).await?;
        }
        step.commit().await?;
        Ok(is_removed)
    }

    /// Puts these tags on a target in place of those it has, and says whether there is such one.
    pub async fn tag_target(
        &self,
        project: &str,
        target: &str,
        tags: &[String],
        by: By<'_>,
    ) -> Result<bool, StoreError> {
        let mut step = self.database.write().await?;
        let Some(key) = projects::key(&mut step, project).await? else { return Ok(false) };
        let is_tagged = projects::set_tags(&mut step, key, target, tags).await?;
        if is_tagged {
            let detail = json!({ "project": project, "tags": tags });
            audit(&mut step, by, "targets.tag", target, detail).await?;
        }
        step.commit().await?;
        Ok(is_tagged)
    }

    // Scans

    /// Stores a scan with its batches, its ledger and its audit row. Once this has come back, it
    /// cannot be lost.
    pub async fn create_scan(
        &self,
        new: &NewScan,
        batches: impl Iterator<Item = AddressSet>,
        new_project_id: Uuid,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        let mut step = self.database.write().await?;
        let project = ensure_project(&mut step, &new.project, new_project_id, by).await?;
        let scan_key = scans::create(&mut step, new, project, by.now).await?;
        let parts = batches::alike(batches, new.limits.attempts.get());
        batches::insert(&mut step, scan_key, None, parts, by.now).await?;
        let detail = json!({ "options": new.options, "targets": new.definition.targets });
        audit(&mut step, by, "scan.create", &new.id.to_string(), detail).await?;
        if new.is_started {
            scans::command(&mut step, scan_key, Command::Start, by.now).await?;
        }
        let scan = scans::show(&mut step, scan_key).await?;
        step.commit().await?;
        Ok(scan)
    }

    /// Cuts a scan that has not been started into new batches. `plan` makes them from its addresses.
    ///
    /// # Errors
    ///
    /// [`StoreError::Started`] once it has been started.
    pub async fn split_scan<P: Iterator<Item = AddressSet>>(
        &self,
        scan: Uuid,
        batch_size: NonZeroU32,
        plan: impl FnOnce(AddressSet, &Definition) -> P,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        let mut step = self.database.write().await?;
        let row = scans::by_id(&mut step, scan).await?;
        if row.lifecycle()?.state != State::Created {
            return Err(StoreError::Started { number: row.number() });
        }
        let limits = row.limits()?;
        if limits.batch_size != batch_size {
            let addresses = scans::addresses(&mut step, row.scan_key).await?;
            let definition = scans::definition(&mut step, row.scan_key).await?;
            let parts = plan(addresses, &definition);
            scans::set_batch_size(&mut step, row.scan_key, batch_size).await?;
            batches::clear(&mut step, row.scan_key).await?;
            let parts = batches::alike(parts, limits.attempts.get());
            batches::insert(&mut step, row.scan_key, None, parts, by.now).await?;
            let body = json!({ "batch_size": batch_size });
            events::tell(&mut step, row.scan_key, vec![events::event("limits", &body)], by.now)
                .await?;
            let detail = json!({ "chunk_size": batch_size });
            audit(&mut step, by, "scan.split", &scan.to_string(), detail).await?;
        }
        let scan = scans::show(&mut step, row.scan_key).await?;
        step.commit().await?;
        Ok(scan)
    }

    /// Finds a scan of the project by id, unique prefix of it, number, or `latest`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Ambiguous`] when a prefix fits several.
    pub async fn find_scan(
        &self,
        project: &str,
        reference: &str,
    ) -> Result<Option<Scan>, StoreError> {
        let mut step = self.database.read().await?;
        match scans::find(&mut step, project, reference).await? {
            Some(row) => Ok(Some(scans::show(&mut step, row.scan_key).await?)),
            None => Ok(None),
        }
    }

    /// The scan as it is now.
    pub async fn scan(&self, scan: Uuid) -> Result<Scan, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        scans::show(&mut step, scan_key).await
    }

    /// The project's scans, newest first.
    pub async fn scans(&self, project: &str) -> Result<Vec<Scan>, StoreError> {
        let mut step = self.database.read().await?;
        scans::list(&mut step, project).await
    }

    /// What the scan was made from.
    pub async fn definition(&self, scan: Uuid) -> Result<Definition, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        scans::definition(&mut step, scan_key).await
    }

    /// The names that were resolved for the scan.
    pub async fn names(&self, scan: Uuid) -> Result<Vec<ResolvedName>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        scans::names(&mut step, scan_key).await
    }

    /// Carries out what someone asks of a scan.
    ///
    /// # Errors
    ///
    /// [`StoreError::Refused`] when the scan's state does not allow it.
    pub async fn command(
        &self,
        scan: Uuid,
        command: Command,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        let mut step = self.database.write().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        let action = format!("scan.{command}");
        audit(&mut step, by, &action, &scan.to_string(), json!({})).await?;
        scans::command(&mut step, scan_key, command, by.now).await?;
        let scan = scans::show(&mut step, scan_key).await?;
        step.commit().await?;
        Ok(scan)
    }

    /// Takes up again what could not be scanned, in new batches. The scan goes on from `queued`;
    /// with nothing to take up it stays as it is, and 0 comes back beside it.
    pub async fn retry<P: Iterator<Item = AddressSet>>(
        &self,
        scan: Uuid,
        what: RetryOf,
        plan: impl FnOnce(AddressSet) -> P,
        by: By<'_>,
    ) -> Result<(Scan, u64), StoreError> {
        let mut step = self.database.write().await?;
        let row = scans::by_id(&mut step, scan).await?;
        let resumed = row.lifecycle()?.command(Command::Retry)?;
        debug_assert_eq!(resumed.state, State::Queued);
        let states: &[_] = match what {
            RetryOf::Everything => {
                &[CoverageState::Failed, CoverageState::TimedOut, CoverageState::Cancelled]
            }
            RetryOf::Failed => &[CoverageState::Failed],
            RetryOf::Difficult => &[CoverageState::Failed, CoverageState::TimedOut],
        };
        let addresses = ledger::reopen(&mut step, row.scan_key, states).await?;
        let count = u64::try_from(addresses.count()).unwrap_or(u64::MAX);
        if count > 0 {
            let parts = batches::alike(plan(addresses), row.limits()?.attempts.get());
            batches::insert(&mut step, row.scan_key, None, parts, by.now).await?;
            scans::command(&mut step, row.scan_key, Command::Retry, by.now).await?;
            let detail = json!({ "addresses": count });
            audit(&mut step, by, "scan.retry", &scan.to_string(), detail).await?;
        }
        let scan = scans::show(&mut step, row.scan_key).await?;
        step.commit().await?;
        Ok((scan, count))
    }

    /// Changes how a scan is run from now on.
    pub async fn change_limits(
        &self,
        scan: Uuid,
        changes: &LimitChanges,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        let mut step = self.database.write().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        scans::change_limits(&mut step, scan_key, changes, by.now).await?;
        audit(&mut step, by, "scan.set", &scan.to_string(), json!(changes)).await?;
        let scan = scans::show(&mut step, scan_key).await?;
        step.commit().await?;
        Ok(scan)
    }

    /// The little of each scan that is neither over nor waiting to be started which whoever runs
    /// it must look at again and again.
    pub async fn pulses(&self) -> Result<Vec<Pulse>, StoreError> {
        let mut step = self.database.read().await?;
        let mut pulses = Vec::new();
        for scan_key in scans::active(&mut step).await? {
            pulses.push(pulse(&scans::by_key(&mut step, scan_key).await?)?);
        }
        Ok(pulses)
    }

    /// The same of one scan, also when it is over.
    pub async fn pulse(&self, scan: Uuid) -> Result<Pulse, StoreError> {
        let mut step = self.database.read().await?;
        pulse(&scans::by_id(&mut step, scan).await?)
    }

    /// Brings a scan up to what its batches say.
    pub async fn settle(&self, scan: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        scans::settle(&mut step, scan_key, now).await?;
        step.commit().await?;
        Ok(())
    }

    /// Sends every running scan but `focus` to rest, because the program that ran it has ended, and
    /// says how many these were.
    pub async fn interrupt(&self, focus: Uuid, now: Timestamp) -> Result<u64, StoreError> {
        let mut step = self.database.write().await?;
        let count = scans::interrupt(&mut step, focus, now).await?;
        step.commit().await?;
        Ok(count)
    }

    /// Records everything of a scan that is not with a worker as failed, for one reason.
    pub async fn give_up(
        &self,
        scan: Uuid,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        scans::give_up(&mut step, scan_key, reason, now).await?;
        step.commit().await?;
        Ok(())
    }

    /// Says in a few words why a scan is where it is.
    pub async fn explain(
        &self,
        scan: Uuid,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        scans::set_reason(&mut step, scan_key, reason, now).await?;
        step.commit().await?;
        Ok(())
    }

    // Batches

    /// Takes the next batch that may run: of the most urgent scan, the oldest first.
    pub async fn lease_next(
        &self,
        request: &LeaseRequest,
        now: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let mut step = self.database.write().await?;
        let lease = leases::take(&mut step, request, now).await?;
        step.commit().await?;
        Ok(lease)
    }

    /// Keeps a lease for another while, and learns what people want now.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] when the batch has been given to someone else or is over: the worker
    /// must stop what it runs.
    pub async fn renew(
        &self,
        lease: &Lease,
        duration: Duration,
        now: Timestamp,
    ) -> Result<Renewal, StoreError> {
        let mut step = self.database.write().await?;
        let renewal = leases::renew(&mut step, lease, duration, now).await?;
        step.commit().await?;
        Ok(renewal)
    }

    /// Writes down what an attempt has started, while it runs.
    pub async fn note_attempt(
        &self,
        lease: &Lease,
        detail: &AttemptDetail,
    ) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        leases::note(&mut step, lease, detail).await?;
        step.commit().await?;
        Ok(())
    }

    /// Stores complete hosts and silent addresses with what became of them, all or nothing. What is
    /// known of an address already stays, so that a report may be sent twice. A host that the lease
    /// did not ask for is set aside.
    pub async fn record_hosts(
        &self,
        lease: &Lease,
        hosts: &[Host],
        silences: &[Silence],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        hosts::record(&mut step, lease, hosts, silences, now).await?;
        step.commit().await?;
        Ok(())
    }

    /// Sets aside a host that nobody asked for.
    pub async fn quarantine(
        &self,
        lease: &Lease,
        host: &Host,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        hosts::quarantine(&mut step, lease, host, now).await?;
        step.commit().await?;
        Ok(())
    }

    /// Records addresses of a batch that must not be scanned after all. Those that are accounted
    /// for already stay as they are.
    pub async fn withhold(
        &self,
        lease: &Lease,
        lines: &[CoverageRange],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        leases::withhold(&mut step, lease, lines, now).await?;
        step.commit().await?;
        Ok(())
    }

    /// Ends an attempt, decides on the batch by what the ledger says is left, and settles the scan.
    pub async fn finish_attempt(
        &self,
        lease: &Lease,
        report: &AttemptReport,
        now: Timestamp,
    ) -> Result<StateName, StoreError> {
        let mut step = self.database.write().await?;
        let state = leases::finish(&mut step, lease, report, now).await?;
        step.commit().await?;
        Ok(state)
    }

    /// Takes back the batches of workers that are gone, and says how many these were.
    pub async fn reclaim(&self, which: Reclaim, now: Timestamp) -> Result<u64, StoreError> {
        let mut step = self.database.write().await?;
        let count = leases::reclaim(&mut step, which, now).await?;
        if count > 0 {
            let detail = json!({ "batches": count });
            events::audit(&mut step, "netscan", "batch.reclaim", "", &detail, now).await?;
        }
        step.commit().await?;
        Ok(count)
    }

    /// The scan's batches by number.
    pub async fn batches(&self, scan: Uuid) -> Result<Vec<BatchRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        batches::list(&mut step, scan_key).await
    }

    /// Cuts a batch into parts of `size` addresses, or asks its worker to. A batch that was cut before
    /// keeps the parts it has. Nothing comes back when the project has no such batch.
    pub async fn split_batch(
        &self,
        project: &str,
        reference: &str,
        size: NonZeroU32,
        by: By<'_>,
    ) -> Result<Option<Split>, StoreError> {
        let mut step = self.database.write().await?;
        let Some(row) = batches::find(&mut step, project, reference).await? else {
            return Ok(None);
        };
        let is_cut_before = row.state()? == StateName::Superseded;
        let split = batches::split(&mut step, &row, size, by.now).await?;
        if !is_cut_before && matches!(split, Split::Done(_) | Split::Asked) {
            let detail = json!({ "batch_size": size });
            audit(&mut step, by, "batch.split", &row.id, detail).await?;
        }
        scans::settle(&mut step, row.scan_key, by.now).await?;
        step.commit().await?;
        Ok(Some(split))
    }

    /// The batches with workers that somebody wants cut.
    pub async fn to_be_cut(&self) -> Result<Vec<Uuid>, StoreError> {
        let mut step = self.database.read().await?;
        batches::to_be_cut(&mut step).await
    }

    /// The attempts at the scan's batches, oldest first.
    pub async fn attempts(&self, scan: Uuid) -> Result<Vec<AttemptRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        leases::attempts(&mut step, scan_key).await
    }

    /// A batch's number within the scan, found by that number, by id, or by unique prefix of it.
    pub async fn batch_number(
        &self,
        scan: Uuid,
        reference: &str,
    ) -> Result<Option<u64>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        let row = batches::in_scan(&mut step, scan_key, reference).await?;
        Ok(row.map(|row| u64::try_from(row.number).unwrap_or(0)))
    }

    /// How many batches of the scan are in each state.
    pub async fn batch_counts(
        &self,
        scan: Uuid,
        now: Timestamp,
    ) -> Result<BatchCounts, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        batches::counts(&mut step, scan_key, now).await
    }

    /// The first `most` batches of the scan in one state, by number.
    pub async fn batches_in(
        &self,
        scan: Uuid,
        state: StateName,
        most: u32,
    ) -> Result<Vec<BatchRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        batches::in_state(&mut step, scan_key, state, most).await
    }

    /// Finds a batch of the project by id or unique prefix of it, by `SCAN/NUMBER`, or by its number
    /// in the newest scan.
    ///
    /// # Errors
    ///
    /// [`StoreError::Ambiguous`] when a prefix fits several.
    pub async fn find_batch(
        &self,
        project: &str,
        reference: &str,
    ) -> Result<Option<BatchRecord>, StoreError> {
        let mut step = self.database.read().await?;
        match batches::find(&mut step, project, reference).await? {
            Some(row) => Ok(Some(batches::show(&mut step, row.batch_key).await?)),
            None => Ok(None),
        }
    }

    /// The `most` attempts at the scan's batches that took longest, or have been running longest by
    /// now.
    pub async fn slowest_attempts(
        &self,
        scan: Uuid,
        most: u32,
        now: Timestamp,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        leases::slowest(&mut step, scan_key, most, now).await
    }

    /// The first `most` attempts at the scan's batches, oldest first.
    pub async fn earliest_attempts(
        &self,
        scan: Uuid,
        most: u32,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        leases::earliest(&mut step, scan_key, most).await
    }

    /// The last `most` attempts at the scan's batches that ended otherwise than they should, oldest
    /// first, and how many there are in all. What the operator ended has not failed.
    pub async fn failed_attempts(
        &self,
        scan: Uuid,
        most: u32,
    ) -> Result<(Vec<AttemptRecord>, u64), StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        leases::failures(&mut step, scan_key, most).await
    }

    // What is known

    /// The next `limit` hosts of the scan behind the cursor, in ascending order of address.
    pub async fn hosts(
        &self,
        scan: Uuid,
        after: &HostCursor,
        limit: u32,
    ) -> Result<Vec<Host>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        hosts::page(&mut step, scan_key, after, limit).await
    }

    /// How many hosts answered, and how many of their ports are open, as far as is known now.
    pub async fn tally(&self, scan: Uuid) -> Result<Tally, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        hosts::tally(&mut step, scan_key).await
    }

    /// How many hosts were reported though nobody had asked for them.
    pub async fn quarantined(&self, scan: Uuid) -> Result<u64, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        hosts::quarantined(&mut step, scan_key).await
    }

    /// How many addresses of the scan are in each state.
    pub async fn coverage(&self, scan: Uuid) -> Result<Coverage, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        ledger::coverage(&mut step, scan_key).await
    }

    /// The addresses of the scan in one state, in ascending order, with the reasons.
    pub async fn coverage_ranges(
        &self,
        scan: Uuid,
        state: CoverageState,
    ) -> Result<Vec<CoverageRange>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        if state == CoverageState::Pending {
            let pending = scans::pending(&mut step, scan_key).await?;
            return Ok(CoverageRange::of_all(&pending, state, ""));
        }
        ledger::ranges_in(&mut step, scan_key, state).await
    }

    /// The addresses that resist: of one scan, or of every scan of the project.
    pub async fn difficult(
        &self,
        project: &str,
        scan: Option<Uuid>,
    ) -> Result<Vec<Difficult>, StoreError> {
        let mut step = self.database.read().await?;
        let mut found = Vec::new();
        for shown in scans::list(&mut step, project).await? {
            if scan.is_some_and(|wanted| wanted != shown.id) {
                continue;
            }
            let scan_key = scans::by_id(&mut step, shown.id).await?.scan_key;
            for state in [CoverageState::TimedOut, CoverageState::Failed] {
                for line in ledger::ranges_in(&mut step, scan_key, state).await? {
                    found.push(Difficult {
                        scan_number: shown.number,
                        scan_id: shown.id,
                        addresses: line.addresses,
                        state,
                        reason: line.reason,
                    });
                }
            }
        }
        Ok(found)
    }

    /// The scan's events after `since`, oldest first.
    pub async fn events(
        &self,
        scan: Uuid,
        since: u64,
        limit: u32,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        events::after(&mut step, scan_key, since, limit).await
    }

    /// The newest audit rows, oldest first.
    pub async fn audited(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let mut step = self.database.read().await?;
        events::audited(&mut step, limit).await
    }
}

async fn ensure_project(
    step: &mut sqlite::Connection,
    name: &str,
    new_id: Uuid,
    by: By<'_>,
) -> Result<i64, StoreError> {
    let (key, is_new) = projects::ensure(step, name, new_id, by.now).await?;
    if is_new {
        audit(step, by, "project.create", name, json!({})).await?;
    }
    Ok(key)
}

async fn audit(
    step: &mut sqlite::Connection,
    by: By<'_>,
    action: &str,
    subject: &str,
    detail: Value,
) -> Result<(), StoreError> {
    events::audit(step, by.actor, action, subject, &detail, by.now).await
}

fn pulse(row: &scans::ScanRow) -> Result<Pulse, StoreError> {
    let Lifecycle { state, desired } = row.lifecycle()?;
    Ok(Pulse { scan: row.id()?, status: state, desired, limits: row.limits()? })
}
