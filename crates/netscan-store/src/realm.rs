//! What the people of one organisation may see and do.
//!
//! Every method looks first whether what it is about belongs to the organisation. What belongs to
//! another is not there: nobody can tell it from what never was.

use std::num::NonZeroU32;

use jiff::Timestamp;
use netscan_model::address::{Address, AddressSet};
use netscan_model::batch::StateName;
use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use netscan_model::observation::Host;
use netscan_model::reach::Reach;
use netscan_model::scan::{Command, Scan, State};
use netscan_model::seal::Seal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::StoreError;
use crate::records::{
    AttemptRecord, BatchChanges, BatchCounts, BatchRecord, Definition, Difficult, EventRecord,
    FoundHost, HostCursor, HostFilter, InventoryTarget, LimitChanges, NewProject, NewScan,
    Organisation, Project, ProjectChanges, Pulse, ResolvedName, RetryOf, ScanChanges, ScanFilter,
    Sighting, Split, Tally, Waiting,
};
use crate::sqlite::Connection;
use crate::steps::{audit, batches, hosts, leases, ledger, projects, reach, scans};
use crate::{By, DEFAULT_ORGANISATION, Store};

/// What the people of one organisation may see and do.
#[derive(Clone, Debug)]
pub struct Realm {
    pub(crate) store: Store,
    pub(crate) organisation_key: i64,
    pub(crate) organisation_id: Uuid,
}

impl Store {
    /// What the people of the organisation may see and do, if there is such an organisation.
    pub async fn realm(&self, organisation: Uuid) -> Result<Option<Realm>, StoreError> {
        let mut step = self.database.read().await?;
        let key = projects::organisation_key(&mut step, organisation).await?;
        Ok(key.map(|organisation_key| Realm {
            store: self.clone(),
            organisation_key,
            organisation_id: organisation,
        }))
    }

    /// What belongs to the organisation that every database begins with: that of whoever uses the
    /// database without a server.
    pub async fn default_realm(&self) -> Result<Realm, StoreError> {
        let realm = self.realm(DEFAULT_ORGANISATION).await?;
        realm.ok_or_else(|| StoreError::Damaged {
            what: "the first organisation",
            value: Organisation::FIRST.to_string(),
        })
    }
}

impl Realm {
    /// The organisation's id.
    #[must_use]
    pub fn organisation_id(&self) -> Uuid {
        self.organisation_id
    }

    // Projects. They are found by name or id.

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
        let mut step = self.store.database.write().await?;
        let key = self.ensured(&mut step, name, new_id, by).await?;
        let project = projects::show(&mut step, key).await?;
        step.commit().await?;
        Ok(project)
    }

    pub(crate) async fn ensured(
        &self,
        step: &mut Connection,
        name: &str,
        new_id: Uuid,
        by: By<'_>,
    ) -> Result<i64, StoreError> {
        let (key, is_new) =
            projects::ensure(step, self.organisation_key, name, new_id, by.now).await?;
        if is_new {
            self.audit(step, by, "project.create", name, json!({})).await?;
        }
        Ok(key)
    }

    /// The project of that name or id.
    pub async fn project(&self, reference: &str) -> Result<Option<Project>, StoreError> {
        let mut step = self.store.database.read().await?;
        match projects::key(&mut step, self.organisation_key, reference).await? {
            Some(key) => projects::show(&mut step, key).await.map(Some),
            None => Ok(None),
        }
    }

    /// The projects by name.
    pub async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        projects::list(&mut *self.store.database.read().await?, self.organisation_key).await
    }

    /// Stores a project.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] when another has its name.
    pub async fn create_project(
        &self,
        new: &NewProject,
        by: By<'_>,
    ) -> Result<Project, StoreError> {
        let mut step = self.store.database.write().await?;
        let project = projects::create_new(&mut step, self.organisation_key, new, by.now).await?;
        self.audit(&mut step, by, "project.create", &new.name, json!({})).await?;
        step.commit().await?;
        Ok(project)
    }

    /// Changes what a project is called, what it is for, and how much of it may run at a time.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoProject`], and [`StoreError::Taken`] when another has the new name.
    pub async fn change_project(
        &self,
        project: Uuid,
        changes: &ProjectChanges,
        by: By<'_>,
    ) -> Result<Project, StoreError> {
        let mut step = self.store.database.write().await?;
        let key = self.existing(&mut step, &project.to_string()).await?;
        let after =
            projects::change(&mut step, self.organisation_key, key, changes, by.now).await?;
        self.audit(&mut step, by, "project.set", &after.name, json!(changes)).await?;
        step.commit().await?;
        Ok(after)
    }

    /// Removes a project with its scans and all that they found.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoProject`], and [`StoreError::InUse`] while it has scans that have been
    /// started and have not ended.
    pub async fn remove_project(&self, project: Uuid, by: By<'_>) -> Result<(), StoreError> {
        let mut step = self.store.database.write().await?;
        let key = self.existing(&mut step, &project.to_string()).await?;
        let name = projects::show(&mut step, key).await?.name;
        let open = projects::open_scans(&mut step, key).await?;
        if open > 0 {
            return Err(StoreError::InUse { name, scans: open });
        }
        for scan_key in scans::keys_of(&mut step, key).await? {
            scans::remove(&mut step, scan_key).await?;
        }
        projects::remove(&mut step, key).await?;
        self.audit(&mut step, by, "project.remove", &name, json!({ "id": project })).await?;
        step.commit().await?;
        Ok(())
    }

    /// Replaces what the project may touch, if it still is `before`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Changed`] when somebody else changed it meanwhile, and
    /// [`StoreError::NoProject`] when there is none of that name or id.
    pub async fn change_scope(
        &self,
        project: &str,
        before: &Value,
        after: &Value,
        by: By<'_>,
    ) -> Result<(), StoreError> {
        let mut step = self.store.database.write().await?;
        let key = self.existing(&mut step, project).await?;
        if !projects::change_scope(&mut step, key, before, after, by.now).await? {
            return Err(StoreError::Changed { what: "scope" });
        }
        let name = projects::show(&mut step, key).await?.name;
        self.audit(&mut step, by, "scope.change", &name, after.clone()).await?;
        step.commit().await?;
        Ok(())
    }

    /// Adds targets to the project's inventory and says how many were new.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoProject`] when there is none of that name or id.
    pub async fn add_targets(
        &self,
        project: &str,
        targets: &[InventoryTarget],
        by: By<'_>,
    ) -> Result<u64, StoreError> {
        let mut step = self.store.database.write().await?;
        let key = self.existing(&mut step, project).await?;
        let added = projects::add_targets(&mut step, key, targets).await?;
        self.audit(&mut step, by, "targets.add", project, json!({ "new": added })).await?;
        step.commit().await?;
        Ok(added)
    }

    /// The project's inventory, oldest first.
    pub async fn targets(&self, project: &str) -> Result<Vec<InventoryTarget>, StoreError> {
        let mut step = self.store.database.read().await?;
        match projects::key(&mut step, self.organisation_key, project).await? {
            Some(key) => projects::targets(&mut step, key).await,
            None => Ok(Vec::new()),
        }
    }

    /// The next `limit` targets of the project's inventory behind this one, in the order of their
    /// texts.
    pub async fn targets_page(
        &self,
        project: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<InventoryTarget>, StoreError> {
        let mut step = self.store.database.read().await?;
        match projects::key(&mut step, self.organisation_key, project).await? {
            Some(key) => projects::targets_page(&mut step, key, after, limit).await,
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
        let mut step = self.store.database.write().await?;
        let Some(key) = projects::key(&mut step, self.organisation_key, project).await? else {
            return Ok(false);
        };
        let is_removed = projects::remove_target(&mut step, key, target).await?;
        if is_removed {
            let detail = json!({ "project": project });
            self.audit(&mut step, by, "targets.remove", target, detail).await?;
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
        let mut step = self.store.database.write().await?;
        let Some(key) = projects::key(&mut step, self.organisation_key, project).await? else {
            return Ok(false);
        };
        let is_tagged = projects::set_tags(&mut step, key, target, tags).await?;
        if is_tagged {
            let detail = json!({ "project": project, "tags": tags });
            self.audit(&mut step, by, "targets.tag", target, detail).await?;
        }
        step.commit().await?;
        Ok(is_tagged)
    }

    // Scans

    /// Stores a scan with its batches, its ledger and its audit row. Once this has come back, it
    /// cannot be lost. A project that is not there yet is made under `new_project_id`.
    pub async fn create_scan(
        &self,
        new: &NewScan,
        batches: impl Iterator<Item = AddressSet>,
        new_project_id: Uuid,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        let mut step = self.store.database.write().await?;
        let project = self.ensured(&mut step, &new.project, new_project_id, by).await?;
        let scan_key = scans::create(&mut step, new, project, by.now).await?;
        let parts = batches::alike(batches, new.limits.attempts.get());
        batches::insert(&mut step, scan_key, None, parts, by.now).await?;
        let detail = json!({ "options": new.options, "targets": new.definition.targets });
        self.audit(&mut step, by, "scan.create", &new.id.to_string(), detail).await?;
        if new.is_started {
            scans::command(&mut step, scan_key, Command::Start, by.now).await?;
        }
        let scan = scans::show(&mut step, scan_key).await?;
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
        let mut step = self.store.database.read().await?;
        let Some(key) = projects::key(&mut step, self.organisation_key, project).await? else {
            return Ok(None);
        };
        match scans::find(&mut step, key, reference).await? {
            Some(row) => Ok(Some(scans::show(&mut step, row.scan_key).await?)),
            None => Ok(None),
        }
    }

    /// The project's scans, newest first, each with its first few targets.
    pub async fn scans(&self, project: &str) -> Result<Vec<Scan>, StoreError> {
        let mut step = self.store.database.read().await?;
        match projects::key(&mut step, self.organisation_key, project).await? {
            Some(key) => scans::list(&mut step, key).await,
            None => Ok(Vec::new()),
        }
    }

    /// The next `limit` scans that fit, newest first, each with its first few targets.
    pub async fn list_scans(
        &self,
        filter: &ScanFilter,
        limit: u32,
    ) -> Result<Vec<Scan>, StoreError> {
        let mut step = self.store.database.read().await?;
        scans::page(&mut step, self.organisation_key, filter, limit).await
    }

    /// See [`Store::scan`].
    pub async fn scan(&self, scan: Uuid) -> Result<Scan, StoreError> {
        self.own(scan).await?.scan(scan).await
    }

    /// See [`Store::split_scan`].
    pub async fn split_scan<P: Iterator<Item = AddressSet>>(
        &self,
        scan: Uuid,
        batch_size: NonZeroU32,
        plan: impl FnOnce(AddressSet, &Definition) -> P,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        self.own(scan).await?.split_scan(scan, batch_size, plan, by).await
    }

    /// See [`Store::definition`].
    pub async fn definition(&self, scan: Uuid) -> Result<Definition, StoreError> {
        self.own(scan).await?.definition(scan).await
    }

    /// See [`Store::names`].
    pub async fn names(&self, scan: Uuid) -> Result<Vec<ResolvedName>, StoreError> {
        self.own(scan).await?.names(scan).await
    }

    /// See [`Store::seal`].
    pub async fn seal(&self, scan: Uuid) -> Result<Seal, StoreError> {
        self.own(scan).await?.seal(scan).await
    }

    /// See [`Store::command`].
    pub async fn command(
        &self,
        scan: Uuid,
        command: Command,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        self.own(scan).await?.command(scan, command, by).await
    }

    /// See [`Store::retry`].
    pub async fn retry<P: Iterator<Item = AddressSet>>(
        &self,
        scan: Uuid,
        what: RetryOf,
        plan: impl FnOnce(AddressSet) -> P,
        by: By<'_>,
    ) -> Result<(Scan, u64), StoreError> {
        self.own(scan).await?.retry(scan, what, plan, by).await
    }

    /// See [`Store::change_limits`].
    pub async fn change_limits(
        &self,
        scan: Uuid,
        changes: &LimitChanges,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        self.own(scan).await?.change_limits(scan, changes, by).await
    }

    /// See [`Store::change_scan`].
    pub async fn change_scan(
        &self,
        scan: Uuid,
        changes: &ScanChanges,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        self.own(scan).await?.change_scan(scan, changes, by).await
    }

    /// Removes a scan with all that is known of it.
    ///
    /// # Errors
    ///
    /// [`StoreError::ScanRuns`] while it has been started and has not ended.
    pub async fn remove_scan(&self, scan: Uuid, by: By<'_>) -> Result<(), StoreError> {
        self.own(scan).await?;
        let mut step = self.store.database.write().await?;
        let row = scans::by_id(&mut step, scan).await?;
        let state = row.lifecycle()?.state;
        if state != State::Created && !state.is_terminal() {
            return Err(StoreError::ScanRuns { number: row.number(), state });
        }
        scans::remove(&mut step, row.scan_key).await?;
        let detail = json!({ "number": row.number(), "status": state });
        scans::note(&mut step, &row, by, "scan.remove", &detail).await?;
        step.commit().await?;
        Ok(())
    }

    /// See [`Store::pulse`].
    pub async fn pulse(&self, scan: Uuid) -> Result<Pulse, StoreError> {
        self.own(scan).await?.pulse(scan).await
    }

    /// What the scan's batches wait for, if any wait.
    pub async fn waiting(&self, scan: Uuid, now: Timestamp) -> Result<Vec<Waiting>, StoreError> {
        self.own(scan).await?;
        let mut step = self.store.database.read().await?;
        let row = scans::by_id(&mut step, scan).await?;
        leases::waiting(&mut step, &row, now).await
    }

    // Batches

    /// The batch with this id.
    pub async fn batch(&self, batch: Uuid) -> Result<Option<BatchRecord>, StoreError> {
        let mut step = self.store.database.read().await?;
        match batches::by_id(&mut step, batch, self.organisation_key).await? {
            Some(row) => batches::show(&mut step, row.batch_key).await.map(Some),
            None => Ok(None),
        }
    }

    /// See [`Store::batches`].
    pub async fn batches(&self, scan: Uuid) -> Result<Vec<BatchRecord>, StoreError> {
        self.own(scan).await?.batches(scan).await
    }

    /// The next `limit` batches of the scan behind the number `after`, by number, in one state or
    /// in any.
    pub async fn batches_page(
        &self,
        scan: Uuid,
        state: Option<StateName>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<BatchRecord>, StoreError> {
        self.own(scan).await?;
        let mut step = self.store.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        batches::page(&mut step, scan_key, state, after.unwrap_or(0), limit).await
    }

    /// See [`Store::batches_in`].
    pub async fn batches_in(
        &self,
        scan: Uuid,
        state: StateName,
        most: u32,
    ) -> Result<Vec<BatchRecord>, StoreError> {
        self.own(scan).await?.batches_in(scan, state, most).await
    }

    /// See [`Store::batch_counts`].
    pub async fn batch_counts(
        &self,
        scan: Uuid,
        now: Timestamp,
    ) -> Result<BatchCounts, StoreError> {
        self.own(scan).await?.batch_counts(scan, now).await
    }

    /// See [`Store::batch_number`].
    pub async fn batch_number(
        &self,
        scan: Uuid,
        reference: &str,
    ) -> Result<Option<u64>, StoreError> {
        self.own(scan).await?.batch_number(scan, reference).await
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
        let mut step = self.store.database.read().await?;
        let Some(key) = projects::key(&mut step, self.organisation_key, project).await? else {
            return Ok(None);
        };
        match batches::find(&mut step, key, reference).await? {
            Some(row) => Ok(Some(batches::show(&mut step, row.batch_key).await?)),
            None => Ok(None),
        }
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
        match self.find_batch(project, reference).await? {
            Some(batch) => self.split_batch_by_id(batch.id, size, by).await.map(Some),
            None => Ok(None),
        }
    }

    /// Cuts the batch with this id like [`Realm::split_batch`].
    ///
    /// # Errors
    ///
    /// [`StoreError::NoBatch`] when there is none.
    pub async fn split_batch_by_id(
        &self,
        batch: Uuid,
        size: NonZeroU32,
        by: By<'_>,
    ) -> Result<Split, StoreError> {
        let mut step = self.store.database.write().await?;
        let row = self.existing_batch(&mut step, batch).await?;
        let is_cut_before = row.state()? == StateName::Superseded;
        let split = batches::split(&mut step, &row, size, by.now).await?;
        if !is_cut_before && matches!(split, Split::Done(_) | Split::Asked) {
            let detail = json!({ "batch_size": size });
            self.audit(&mut step, by, "batch.split", &row.id, detail).await?;
        }
        scans::settle(&mut step, row.scan_key, by.now).await?;
        step.commit().await?;
        Ok(split)
    }

    /// Makes a new batch of what a batch that was given up or stopped has left over, and says which
    /// that is. A scan that had ended goes on with it.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoBatch`]; [`StoreError::Transition`] while the batch is not over, or when it
    /// left nothing to others; [`StoreError::NothingLeft`] when all of it was taken up again.
    pub async fn retry_batch(&self, batch: Uuid, by: By<'_>) -> Result<BatchRecord, StoreError> {
        let mut step = self.store.database.write().await?;
        let row = self.existing_batch(&mut step, batch).await?;
        let new = batches::retry(&mut step, &row, by.now).await?;
        let detail = json!({ "batch": new.id, "addresses": new.address_count });
        self.audit(&mut step, by, "batch.retry", &row.id, detail).await?;
        scans::settle(&mut step, row.scan_key, by.now).await?;
        step.commit().await?;
        Ok(new)
    }

    /// Cancels a batch that waits, and asks the worker of one that runs to let go of it.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoBatch`], and [`StoreError::Transition`] when it is over.
    pub async fn stop_batch(&self, batch: Uuid, by: By<'_>) -> Result<BatchRecord, StoreError> {
        let mut step = self.store.database.write().await?;
        let row = self.existing_batch(&mut step, batch).await?;
        batches::stop(&mut step, &row, by.now).await?;
        self.audit(&mut step, by, "batch.stop", &row.id, json!({})).await?;
        scans::settle(&mut step, row.scan_key, by.now).await?;
        let stopped = batches::show(&mut step, row.batch_key).await?;
        step.commit().await?;
        Ok(stopped)
    }

    /// Changes how a batch that is not over is run.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoBatch`], and [`StoreError::Transition`] when it is over.
    pub async fn set_batch(
        &self,
        batch: Uuid,
        changes: &BatchChanges,
        by: By<'_>,
    ) -> Result<BatchRecord, StoreError> {
        let mut step = self.store.database.write().await?;
        let row = self.existing_batch(&mut step, batch).await?;
        batches::change(&mut step, &row, changes).await?;
        self.audit(&mut step, by, "batch.set", &row.id, json!(changes)).await?;
        let after = batches::show(&mut step, row.batch_key).await?;
        step.commit().await?;
        Ok(after)
    }

    // Attempts

    /// See [`Store::attempts`].
    pub async fn attempts(&self, scan: Uuid) -> Result<Vec<AttemptRecord>, StoreError> {
        self.own(scan).await?.attempts(scan).await
    }

    /// The next `limit` attempts at the scan's batches behind the attempt `after`, by the batch's
    /// number and their own.
    pub async fn attempts_page(
        &self,
        scan: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        self.own(scan).await?;
        let mut step = self.store.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        leases::page(&mut step, scan_key, after, limit).await
    }

    /// The attempt with this id.
    pub async fn attempt(&self, attempt: Uuid) -> Result<Option<AttemptRecord>, StoreError> {
        let mut step = self.store.database.read().await?;
        leases::attempt_of(&mut step, self.organisation_key, attempt).await
    }

    /// See [`Store::slowest_attempts`].
    pub async fn slowest_attempts(
        &self,
        scan: Uuid,
        most: u32,
        now: Timestamp,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        self.own(scan).await?.slowest_attempts(scan, most, now).await
    }

    /// See [`Store::earliest_attempts`].
    pub async fn earliest_attempts(
        &self,
        scan: Uuid,
        most: u32,
    ) -> Result<Vec<AttemptRecord>, StoreError> {
        self.own(scan).await?.earliest_attempts(scan, most).await
    }

    /// How far the scan looked, as far as its attempts have told.
    pub async fn reach(&self, scan: &Scan) -> Result<Reach, StoreError> {
        self.own(scan.id).await?;
        let mut step = self.store.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan.id).await?.scan_key;
        reach::of(&mut step, scan_key, &scan.options).await
    }

    /// See [`Store::failed_attempts`].
    pub async fn failed_attempts(
        &self,
        scan: Uuid,
        most: u32,
    ) -> Result<(Vec<AttemptRecord>, u64), StoreError> {
        self.own(scan).await?.failed_attempts(scan, most).await
    }

    // What is known

    /// See [`Store::hosts`].
    pub async fn hosts(
        &self,
        scan: Uuid,
        after: &HostCursor,
        limit: u32,
    ) -> Result<Vec<Host>, StoreError> {
        self.own(scan).await?.hosts(scan, after, limit).await
    }

    /// The next `limit` hosts that fit, those of newer scans first, and those of one scan in
    /// ascending order of address.
    pub async fn hosts_page(
        &self,
        filter: &HostFilter,
        limit: u32,
    ) -> Result<Vec<FoundHost>, StoreError> {
        let mut step = self.store.database.read().await?;
        hosts::found(&mut step, self.organisation_key, filter, limit).await
    }

    /// How many hosts fit.
    pub async fn count_hosts(&self, filter: &HostFilter) -> Result<u64, StoreError> {
        let mut step = self.store.database.read().await?;
        hosts::count(&mut step, self.organisation_key, filter).await
    }

    /// What the scan found at the address, if it found anything.
    pub async fn host(
        &self,
        scan: Uuid,
        address: Address,
    ) -> Result<Option<FoundHost>, StoreError> {
        let filter =
            HostFilter { scan: Some(scan), network: Some(address.into()), ..HostFilter::default() };
        Ok(self.hosts_page(&filter, 1).await?.pop())
    }

    /// What the scans of all projects, or of one, saw of an address, newest first: also those that
    /// looked for it and found nothing.
    pub async fn history(
        &self,
        address: Address,
        project: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Sighting>, StoreError> {
        let mut step = self.store.database.read().await?;
        hosts::history(&mut step, self.organisation_key, address, project, limit).await
    }

    /// See [`Store::tally`].
    pub async fn tally(&self, scan: Uuid) -> Result<Tally, StoreError> {
        self.own(scan).await?.tally(scan).await
    }

    /// See [`Store::quarantined`].
    pub async fn quarantined(&self, scan: Uuid) -> Result<u64, StoreError> {
        self.own(scan).await?.quarantined(scan).await
    }

    /// See [`Store::coverage`].
    pub async fn coverage(&self, scan: Uuid) -> Result<Coverage, StoreError> {
        self.own(scan).await?.coverage(scan).await
    }

    /// See [`Store::coverage_ranges`].
    pub async fn coverage_ranges(
        &self,
        scan: Uuid,
        state: CoverageState,
    ) -> Result<Vec<CoverageRange>, StoreError> {
        self.own(scan).await?.coverage_ranges(scan, state).await
    }

    /// The next `limit` lines of the ledger in one of `states` (in any, if none is named) behind the
    /// address, in ascending order.
    pub async fn coverage_page(
        &self,
        scan: Uuid,
        states: &[CoverageState],
        after: Option<Address>,
        limit: u32,
    ) -> Result<Vec<CoverageRange>, StoreError> {
        self.own(scan).await?;
        let mut step = self.store.database.read().await?;
        let row = scans::by_id(&mut step, scan).await?;
        let mut lines = Vec::new();
        if states != [CoverageState::Pending] {
            lines = ledger::page(&mut step, row.scan_key, states, after, limit).await?;
        }
        let is_wanted = states.is_empty() || states.contains(&CoverageState::Pending);
        if is_wanted && row.coverage().pending > 0 {
            let pending = scans::pending(&mut step, row.scan_key).await?;
            let is_behind =
                |line: &CoverageRange| after.is_none_or(|after| line.addresses.first() > after);
            let all = CoverageRange::of_all(&pending, CoverageState::Pending, "");
            lines.extend(all.into_iter().filter(is_behind));
            lines.sort_by_key(|line| line.addresses.first().to_key());
            lines.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok(lines)
    }

    /// The addresses that resist: of one scan, or of every scan of the project.
    pub async fn difficult(
        &self,
        project: &str,
        scan: Option<Uuid>,
    ) -> Result<Vec<Difficult>, StoreError> {
        let shown = self.scans(project).await?;
        let mut step = self.store.database.read().await?;
        let mut found = Vec::new();
        for shown in shown {
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

    /// See [`Store::events`].
    pub async fn events(
        &self,
        scan: Uuid,
        since: u64,
        limit: u32,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.own(scan).await?.events(scan, since, limit).await
    }

    /// See [`Store::head`].
    pub async fn head(&self, scan: Uuid) -> Result<u64, StoreError> {
        self.own(scan).await?.head(scan).await
    }

    /// How far the events of each scan have come, of all projects or of one, oldest first.
    pub async fn scan_heads(&self, project: Option<Uuid>) -> Result<Vec<(Uuid, u64)>, StoreError> {
        let mut step = self.store.database.read().await?;
        scans::heads(&mut step, self.organisation_key, project).await
    }

    /// The store, once it is sure that the scan belongs to the organisation. It belongs to it for
    /// ever, so that this needs not be one step with what follows.
    pub(crate) async fn own(&self, scan: Uuid) -> Result<&Store, StoreError> {
        let mut step = self.store.database.read().await?;
        if scans::belongs_to(&mut step, scan, self.organisation_key).await? {
            Ok(&self.store)
        } else {
            Err(StoreError::NoScan { id: scan })
        }
    }

    pub(crate) async fn existing(
        &self,
        step: &mut Connection,
        project: &str,
    ) -> Result<i64, StoreError> {
        projects::existing_key(step, self.organisation_key, project).await
    }

    async fn existing_batch(
        &self,
        step: &mut Connection,
        batch: Uuid,
    ) -> Result<batches::BatchRow, StoreError> {
        let row = batches::by_id(step, batch, self.organisation_key).await?;
        row.ok_or(StoreError::NoBatch { id: batch })
    }

    /// Writes down what somebody did in the organisation.
    pub(crate) async fn audit(
        &self,
        step: &mut Connection,
        by: By<'_>,
        action: &str,
        subject: &str,
        detail: Value,
    ) -> Result<(), StoreError> {
        audit::write(step, self.organisation_key, by, action, subject, &detail).await
    }
}
