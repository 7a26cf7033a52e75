//! The only crate that speaks SQL.
//!
//! A method of [`Store`] is one whole step, done in one transaction or not at all: "take the next
//! batch", "store these hosts and what became of their addresses". No transaction and no row ever
//! leaves this crate. [`Store`] is the whole database, for the engine; people have a [`Realm`], which
//! is what their organisation has. Rules on what may follow what are the model's; the steps carry them out.
//! Time, ids and chance are arguments.

mod audit;
mod error;
mod identity;
mod import;
mod inventory;
mod map;
mod pace;
mod people;
mod realm;
mod records;
mod requests;
mod sqlite;
mod steps;
mod templates;

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::address::AddressSet;
use netscan_model::batch::StateName;
use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use netscan_model::observation::Host;
use netscan_model::scan::{Command, Lifecycle, Scan, State};
use netscan_model::seal::Seal;
use serde_json::{Value, json};
use uuid::Uuid;

pub use crate::error::StoreError;
pub use crate::import::{Import, ImportChunk, ImportCounts, ImportEnd, NewImport};
pub use crate::inventory::{AssetFilter, CatchUp, Facet, FoundAssets, SavedSearch};
pub use crate::map::{MapCell, ScanMap};
pub use crate::pace::{Pace, PacePoint};
pub use crate::realm::Realm;
pub use crate::records::{
    Artifact, AttemptDetail, AttemptRecord, AttemptReport, AuditFault, AuditFilter, AuditHead,
    AuditRecord, AuditVerdict, BatchChanges, BatchCounts, BatchRecord, Begun, CallerKind,
    CallerRecord, Counts, Credentials, Definition, Difficult, EventRecord, FoundCursor, FoundHost,
    HostCursor, HostFilter, Identity, InventoryTarget, Lease, LeaseRequest, LimitChanges, Member,
    Membership, NewProject, NewScan, NewSession, NewTemplate, NewToken, NewUser, NoAddress,
    OpenPort, Organisation, Politeness, Project, ProjectChanges, ProjectLimits, Pulse, Renewal,
    ResolvedName, RetryOf, ScanChanges, ScanCursor, ScanFilter, ServerLimits, SessionRecord,
    SetupState, Sighting, Silence, Split, Tally, Template, TemplateChanges, TemplateOverview,
    TemplateVersion, TokenRecord, Totp, User, UserChanges, Verdict, Waiting,
};
use crate::sqlite::Database;
pub use crate::steps::leases::Reclaim;
use crate::steps::{batches, events, hosts, leases, ledger, projects, room, scans};

/// The organisation that every database begins with.
pub const DEFAULT_ORGANISATION: Uuid = Organisation::FIRST;

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
    /// The address they come from, if it is not this machine's terminal.
    pub remote: Option<&'a str>,
    /// When.
    pub now: Timestamp,
}

impl By<'static> {
    /// What nobody asked for but the rules.
    fn ourselves(now: Timestamp) -> Self {
        Self { actor: "netscan", remote: None, now }
    }
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

    // Limits

    /// How much may run at a time over all organisations.
    pub async fn server_limits(&self) -> Result<ServerLimits, StoreError> {
        room::server_limits(&mut *self.database.read().await?).await
    }

    /// Changes how much may run at a time over all organisations, from now on.
    pub async fn set_server_limits(
        &self,
        limits: &ServerLimits,
        by: By<'_>,
    ) -> Result<(), StoreError> {
        let mut step = self.database.write().await?;
        room::set_server_limits(&mut step, limits).await?;
        audit(&mut step, by, "settings.limits", "", json!(limits)).await?;
        step.commit().await?;
        Ok(())
    }

    /// Stops every scan that has reached one of its own limits by `now`, and says which these are.
    /// What waits of them is cancelled, and what runs is for the runner to end.
    pub async fn enforce_limits(&self, now: Timestamp) -> Result<Vec<Uuid>, StoreError> {
        // Most often none has, and then nobody has to wait for a writer.
        if scans::over_limit(&mut *self.database.read().await?, now).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut step = self.database.write().await?;
        let ended = scans::enforce_limits(&mut step, now).await?;
        step.commit().await?;
        Ok(ended)
    }

    /// How much there is in the whole database.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let mut step = self.database.read().await?;
        let (leases, oldest_lease) = leases::in_use(&mut step).await?;
        let scans = scans::totals(&mut step).await?;
        Ok(Counts { scans, batches: batches::totals(&mut step).await?, leases, oldest_lease })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        leases::instance(&mut *self.database.read().await?).await?;
        Ok(())
    }

    // Scans

    /// The project of a scan.
    pub async fn project_of(&self, scan: Uuid) -> Result<Project, StoreError> {
        let mut step = self.database.read().await?;
        let project_key = scans::by_id(&mut step, scan).await?.claim.project_key;
        projects::show(&mut step, project_key).await
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
            scans::note(&mut step, &row, by, "scan.split", &detail).await?;
        }
        let scan = scans::show(&mut step, row.scan_key).await?;
        step.commit().await?;
        Ok(scan)
    }

    /// The scan as it is now.
    pub async fn scan(&self, scan: Uuid) -> Result<Scan, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        scans::show(&mut step, scan_key).await
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

    /// What the scan may touch, and by whose leave, as it was accepted.
    pub async fn seal(&self, scan: Uuid) -> Result<Seal, StoreError> {
        let mut step = self.database.read().await?;
        let scan_key = scans::by_id(&mut step, scan).await?.scan_key;
        scans::seal(&mut step, scan_key).await
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
        let row = scans::by_id(&mut step, scan).await?;
        if command == Command::Retry {
            row.refuse_imported()?;
        }
        scans::note(&mut step, &row, by, &format!("scan.{command}"), &json!({})).await?;
        scans::command(&mut step, row.scan_key, command, by.now).await?;
        let scan = scans::show(&mut step, row.scan_key).await?;
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
        row.refuse_imported()?;
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
            scans::note(&mut step, &row, by, "scan.retry", &detail).await?;
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
        let changes = ScanChanges { limits: changes.clone(), ..ScanChanges::default() };
        self.change_scan(scan, &changes, by).await
    }

    /// Changes what a scan is called and how it is run from now on.
    pub async fn change_scan(
        &self,
        scan: Uuid,
        changes: &ScanChanges,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        let mut step = self.database.write().await?;
        let row = scans::by_id(&mut step, scan).await?;
        scans::change(&mut step, &row, changes, by.now).await?;
        scans::note(&mut step, &row, by, "scan.set", &json!(changes)).await?;
        let scan = scans::show(&mut step, row.scan_key).await?;
        step.commit().await?;
        Ok(scan)
    }

    /// The little of each scan that is neither over nor waiting to be started which whoever runs
    /// it must look at again and again.
    pub async fn pulses(&self) -> Result<Vec<Pulse>, StoreError> {
        let mut step = self.database.read().await?;
        let server = room::server_limits(&mut step).await?;
        let active = scans::active(&mut step).await?;
        active.iter().map(|row| pulse(row, &server)).collect()
    }

    /// The same of one scan, also when it is over.
    pub async fn pulse(&self, scan: Uuid) -> Result<Pulse, StoreError> {
        let mut step = self.database.read().await?;
        let server = room::server_limits(&mut step).await?;
        pulse(&scans::by_id(&mut step, scan).await?, &server)
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
            let by = By::ourselves(now);
            audit(&mut step, by, "batch.reclaim", "", detail).await?;
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

    /// The batches with workers that somebody wants cut or stopped: the workers shall let go of
    /// them, and [`Store::finish_attempt`] does the rest.
    pub async fn to_be_recalled(&self) -> Result<Vec<Uuid>, StoreError> {
        let mut step = self.database.read().await?;
        batches::to_be_recalled(&mut step).await
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

    /// The number of the scan's last event.
    pub async fn head(&self, scan: Uuid) -> Result<u64, StoreError> {
        scans::head(&mut *self.database.read().await?, scan).await
    }

    /// How far the events of each scan of the project have come, oldest scan first.
    pub async fn heads(&self, project: Uuid) -> Result<Vec<(Uuid, u64)>, StoreError> {
        scans::heads_of(&mut *self.database.read().await?, project).await
    }
}

/// Writes down what somebody did that concerns no organisation in particular.
async fn audit(
    step: &mut sqlite::Connection,
    by: By<'_>,
    action: &str,
    subject: &str,
    detail: Value,
) -> Result<(), StoreError> {
    steps::audit::write(step, steps::audit::FIRST, by, action, subject, &detail).await
}

fn pulse(row: &scans::ScanRow, server: &ServerLimits) -> Result<Pulse, StoreError> {
    let Lifecycle { state, desired, reached: _ } = row.lifecycle()?;
    let rate = room::rate(&row.claim, server)?;
    Ok(Pulse { scan: row.id()?, status: state, desired, limits: row.limits()?, rate })
}
