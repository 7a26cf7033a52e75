//! Scans: which there are, what is wanted of them, and how far they are.

use std::num::{NonZeroU32, NonZeroU64};

use netscan_api::query::{ListCoverage, ListDifficult, ListScans};
use netscan_api::scan::{Cut, RetryScan, UpdateScan};
use netscan_api::span::Span;
use netscan_api::status::{RunningBody, ScanStatus};
use netscan_api::target::DifficultBody;
use netscan_model::AddressRange;
use netscan_model::coverage::{Coverage, CoverageRange, CoverageState};
use netscan_model::scan::{Command, Scan};
use netscan_orchestrator::runner::Activity;
use netscan_orchestrator::submit;
use netscan_server::bodies;
use netscan_store::{BatchCounts, LimitChanges, NoAddress, ResolvedName, RetryOf, StoreError};

use super::errors::unless_missing;
use super::{Desk, Most, Overview, Place, records};
use crate::ending::Fault;
use crate::output::progress::Snapshot;

/// The names among the targets of a scan that led to no address.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Those that nobody knows an address of, with the reason.
    pub(crate) unresolved: Vec<(String, String)>,
    /// Those that the project's scope does not allow.
    pub(crate) denied: Vec<String>,
}

impl Desk<'_> {
    /// The scan that `reference` means.
    pub(crate) async fn scan(&self, reference: &str) -> anyhow::Result<Scan> {
        let found = match &self.place {
            Place::Here(realm) => realm.find_scan(self.project(), reference).await?,
            Place::There(client) => {
                unless_missing(client.find_scan(self.project(), reference).await)?.flatten()
            }
        };
        let missing = || {
            let project = self.project();
            let sentence = match reference {
                "latest" => format!("there is no scan in project {project}"),
                other => format!("there is no scan {other} in project {project}"),
            };
            Fault::new(sentence).hint(format!("`{}` lists them", self.context.command("status")))
        };
        Ok(found.ok_or_else(missing)?)
    }

    /// All scans of the project, newest first; none when there is no such project.
    pub(crate) async fn scans(&self) -> anyhow::Result<Vec<Scan>> {
        match &self.place {
            Place::Here(realm) => Ok(realm.scans(self.project()).await?),
            Place::There(client) => {
                let project = Some(self.project().to_owned());
                let query = ListScans { project, ..ListScans::default() };
                Ok(unless_missing(client.all_scans(&query).await)?.unwrap_or_default())
            }
        }
    }

    /// The scan as it is now.
    pub(crate) async fn again(&self, scan: &Scan) -> anyhow::Result<Scan> {
        match &self.place {
            Place::Here(realm) => Ok(realm.scan(scan.id).await?),
            Place::There(client) => Ok(client.scan(scan.id).await?),
        }
    }

    pub(crate) async fn command(&self, scan: &Scan, command: Command) -> anyhow::Result<Scan> {
        match &self.place {
            Place::Here(realm) => Ok(realm.command(scan.id, command, self.context.by()).await?),
            Place::There(client) => Ok(client.command(scan.id, command).await?),
        }
    }

    /// Has the scan rest, and says whether it will: it may be ending anyway.
    pub(crate) async fn pause(&self, scan: &Scan) -> anyhow::Result<bool> {
        match self.command(scan, Command::Pause).await {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn set(&self, scan: &Scan, changes: &LimitChanges) -> anyhow::Result<Scan> {
        match &self.place {
            Place::Here(realm) => {
                Ok(realm.change_limits(scan.id, changes, self.context.by()).await?)
            }
            Place::There(client) => {
                let longest = |limit: Option<NonZeroU64>| {
                    limit.map(|limit| Span::from_millis(limit.get())).transpose()
                };
                let update = UpdateScan {
                    concurrency: changes.concurrency,
                    max_rate: changes.max_rate,
                    priority: changes.priority,
                    max_duration: changes.max_duration_ms.map(longest).transpose()?,
                    max_results: changes.max_results,
                    ..UpdateScan::default()
                };
                Ok(client.update_scan(scan.id, &update).await?)
            }
        }
    }

    /// Cuts a scan that has not been started into batches of `size`.
    pub(crate) async fn split(&self, scan: &Scan, size: NonZeroU32) -> anyhow::Result<Scan> {
        match &self.place {
            Place::Here(realm) => Ok(submit::split(realm, scan, size, self.context.by()).await?),
            Place::There(client) => {
                Ok(client.split_scan(scan.id, &Cut::into_batches_of(size)).await?)
            }
        }
    }

    /// Takes up again what could not be scanned, and says how many addresses that are.
    pub(crate) async fn retry(&self, scan: &Scan, what: RetryOf) -> anyhow::Result<(Scan, u64)> {
        match &self.place {
            Place::Here(realm) => Ok(submit::retry(realm, scan, what, self.context.by()).await?),
            Place::There(client) => {
                let count = left_over(&self.coverage(scan).await?, what);
                if count == 0 {
                    return Ok((scan.clone(), 0));
                }
                let only = records::api_retry_of(what);
                Ok((client.retry_scan(scan.id, &RetryScan { only }).await?, count))
            }
        }
    }

    /// How many batches the scan has in each state.
    pub(crate) async fn batch_counts(&self, scan: &Scan) -> anyhow::Result<BatchCounts> {
        match &self.place {
            Place::Here(realm) => Ok(realm.batch_counts(scan.id, self.context.by().now).await?),
            Place::There(client) => {
                Ok(records::batch_counts(&client.scan_status(scan.id).await?.batches))
            }
        }
    }

    /// How far the scan is. `activity` is what this process does for it.
    pub(crate) async fn look(
        &self,
        scan: &Scan,
        activity: Vec<Activity>,
    ) -> anyhow::Result<Snapshot> {
        match &self.place {
            Place::Here(realm) => {
                let scan = realm.scan(scan.id).await?;
                let coverage = realm.coverage(scan.id).await?;
                let open_ports = realm.tally(scan.id).await?.open_ports;
                let ours = activity.into_iter().filter(|activity| activity.scan == scan.id);
                let running = ours.map(running).collect();
                Ok(Snapshot { scan, coverage, open_ports, running })
            }
            Place::There(client) => Ok(snapshot(scan, client.scan_status(scan.id).await?)),
        }
    }

    /// How far the scan is, and how its batches stand; at a server, all of one moment.
    pub(crate) async fn look_closely(
        &self,
        scan: &Scan,
        most: Most,
    ) -> anyhow::Result<(Snapshot, Overview)> {
        match &self.place {
            Place::Here(_) => {
                let overview = self.overview(scan, most, self.by().now).await?;
                Ok((self.look(scan, Vec::new()).await?, overview))
            }
            Place::There(client) => {
                let scan = client.scan(scan.id).await?;
                let status = client.scan_status(scan.id).await?;
                let overview = Overview::told(&status);
                Ok((snapshot(&scan, status), overview))
            }
        }
    }

    pub(crate) async fn coverage(&self, scan: &Scan) -> anyhow::Result<Coverage> {
        match &self.place {
            Place::Here(realm) => Ok(realm.coverage(scan.id).await?),
            Place::There(client) => Ok(client.scan_status(scan.id).await?.coverage),
        }
    }

    /// The addresses of the scan that are in one of `states`, state by state.
    pub(crate) async fn ranges(
        &self,
        scan: &Scan,
        states: &[CoverageState],
    ) -> anyhow::Result<Vec<CoverageRange>> {
        let mut ranges = Vec::new();
        for state in states {
            match &self.place {
                Place::Here(realm) => {
                    ranges.extend(realm.coverage_ranges(scan.id, *state).await?);
                }
                Place::There(client) => {
                    let query = ListCoverage { state: Some(*state), ..ListCoverage::default() };
                    for range in client.all_ranges(scan.id, &query).await? {
                        let addresses = AddressRange::new(range.first, range.last);
                        let (state, reason) = (range.state, range.reason);
                        ranges.extend(addresses.map(|addresses| CoverageRange {
                            addresses,
                            state,
                            reason,
                        }));
                    }
                }
            }
        }
        Ok(ranges)
    }

    /// The names of the scan that led to no address.
    pub(crate) async fn names(&self, scan: &Scan) -> anyhow::Result<Names> {
        match &self.place {
            Place::Here(realm) => {
                let mut names = Names::default();
                for ResolvedName { name, outcome } in realm.names(scan.id).await? {
                    match outcome {
                        Ok(_) => {}
                        Err(NoAddress::Unresolved(reason)) => names.unresolved.push((name, reason)),
                        Err(NoAddress::Denied) => names.denied.push(name),
                    }
                }
                Ok(names)
            }
            Place::There(client) => {
                let query = ListCoverage { limit: Some(1), ..ListCoverage::default() };
                let body = client.coverage(scan.id, &query).await?;
                let unresolved = body.unresolved.into_iter().map(|name| (name.name, name.reason));
                Ok(Names { unresolved: unresolved.collect(), denied: body.denied })
            }
        }
    }

    /// The addresses that resist: of one scan, or of every scan of the project.
    pub(crate) async fn difficult(
        &self,
        scan: Option<&Scan>,
    ) -> anyhow::Result<Vec<DifficultBody>> {
        let scan = scan.map(|scan| scan.id);
        match &self.place {
            Place::Here(realm) => {
                let found = realm.difficult(self.project(), scan).await?;
                Ok(found.into_iter().map(bodies::difficult_body).collect())
            }
            Place::There(client) => {
                let project = Some(self.project().to_owned());
                let query = ListDifficult { project, scan, ..ListDifficult::default() };
                Ok(unless_missing(client.difficult(&query).await)?.unwrap_or_default())
            }
        }
    }
}

/// Whether it is the scan's state that does not allow it.
fn is_refused(error: &anyhow::Error) -> bool {
    let here = error.downcast_ref::<StoreError>();
    let there = error.downcast_ref::<netscan_api::ClientError>();
    matches!(here, Some(StoreError::Refused(_)))
        || there.is_some_and(|refusal| refusal.status() == Some(409))
}

/// The addresses that a retry takes up.
fn left_over(coverage: &Coverage, what: RetryOf) -> u64 {
    match what {
        RetryOf::Failed => coverage.failed,
        RetryOf::Difficult => coverage.failed + coverage.timed_out,
        RetryOf::Everything => coverage.failed + coverage.timed_out + coverage.cancelled,
    }
}

fn running(activity: Activity) -> RunningBody {
    let Activity { scan: _, batch, batch_number, worker, addresses, done, since, task, percent } =
        activity;
    RunningBody {
        batch_id: Some(batch),
        batch_number,
        worker: Some(worker),
        addresses,
        done,
        since,
        task,
        percent,
    }
}

fn snapshot(scan: &Scan, status: ScanStatus) -> Snapshot {
    let scan = Scan {
        status: status.status,
        desired: status.desired,
        progress: status.progress,
        reason: status.reason,
        started_at: status.started_at,
        completed_at: status.completed_at,
        ..scan.clone()
    };
    let ScanStatus { coverage, open_ports, running, .. } = status;
    Snapshot { scan, coverage, open_ports, running }
}
