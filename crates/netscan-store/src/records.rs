//! What goes into the store and what comes out of it, in the product's own words.

use std::time::Duration;

use jiff::Timestamp;
use netscan_model::address::{Address, AddressRange, AddressSet};
use netscan_model::batch::{Outcome, StateName};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::observation::ScanInfo;
use netscan_model::scan::{Desired, Limits, Priority, State};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A named set of targets, with what it may touch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Project {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique.
    pub name: String,
    /// Its scope, as JSON of `netscan_model::scope::Scope`.
    pub scope: serde_json::Value,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A target in a project's inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InventoryTarget {
    /// In canonical spelling.
    pub target: String,
    /// What kind it is, such as `cidr`.
    pub kind: String,
    /// Words that people put on it.
    pub tags: Vec<String>,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What a scan was made from, so that it can be made again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The targets as they were written.
    pub targets: Vec<String>,
    /// The exclusions as they were written.
    pub excludes: Vec<String>,
    /// The seed of the plan's order.
    pub seed: u64,
    /// Whether the plan goes through the addresses in ascending order instead.
    pub is_ascending: bool,
}

/// A name, and what it led to when it was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedName {
    /// The name.
    pub name: String,
    /// Its addresses, or why there are none.
    pub outcome: Result<AddressSet, NoAddress>,
}

/// Why a name led to no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// The resolver knows none.
    #[error("{0}")]
    Unresolved(String),
    /// The project's scope does not allow the name, so nobody was asked.
    #[error("the project's scope does not allow it")]
    Denied,
}

/// A scan to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewScan {
    /// Its id.
    pub id: Uuid,
    /// The scan that it repeats, if it does.
    pub series: Option<Uuid>,
    /// The project's name.
    pub project: String,
    /// What people call it.
    pub name: String,
    /// What people noted.
    pub notes: String,
    /// What it was made from.
    pub definition: Definition,
    /// nmap's options in canonical form.
    pub options: String,
    /// How it is run.
    pub limits: Limits,
    /// The addresses to scan: what its batches add up to.
    pub addresses: AddressSet,
    /// The addresses that are left out from the start, with the reason.
    pub left_out: Vec<CoverageRange>,
    /// The names that were resolved for it.
    pub names: Vec<ResolvedName>,
    /// Whether it starts at once.
    pub is_started: bool,
}

/// What may be changed while a scan runs. Nothing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LimitChanges {
    /// Batches at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<std::num::NonZeroU32>,
    /// Packets per second; `Some(None)` takes the limit away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rate: Option<Option<std::num::NonZeroU32>>,
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
}

/// The little of a scan that changes while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// The scan.
    pub scan: Uuid,
    /// Where it is.
    pub status: State,
    /// What people want of it.
    pub desired: Desired,
    /// How it is run now.
    pub limits: Limits,
}

/// What a scan has found so far, in two numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Hosts that answered.
    pub hosts_up: u64,
    /// Their open ports.
    pub open_ports: u64,
}

/// A batch as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BatchRecord {
    /// Its id.
    pub id: Uuid,
    /// Its scan's id.
    pub scan_id: Uuid,
    /// Its number within the scan, from 1.
    pub number: u64,
    /// The batch that it was cut from.
    pub parent_id: Option<Uuid>,
    /// Where it is.
    pub status: StateName,
    /// Its addresses.
    pub addresses: AddressSet,
    /// How many they are.
    pub address_count: u64,
    /// Attempts begun.
    pub attempts: u32,
    /// Attempts allowed.
    pub attempts_allowed: u32,
    /// Who has it.
    pub worker: Option<String>,
    /// When it may be tried next, if it waits.
    pub not_before: Timestamp,
    /// Why the last attempt failed.
    pub reason: Option<String>,
    /// Hosts found up.
    pub hosts_up: u64,
    /// Open ports found.
    pub open_ports: u64,
    /// When its first attempt began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
}

/// How many batches of a scan are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BatchCounts {
    /// Those that wait, for their time or for a worker.
    pub waiting: u64,
    /// Those with workers.
    pub leased: u64,
    /// Those that are done.
    pub succeeded: u64,
    /// Those that were given up.
    pub failed: u64,
    /// Those that were stopped.
    pub cancelled: u64,
    /// Those that were cut.
    pub superseded: u64,
    /// Those of them that wait which failed and wait for their next try.
    pub backing_off: u64,
    /// The first of these tries.
    pub next_try: Option<Timestamp>,
}

impl BatchCounts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.waiting + self.leased + self.succeeded + self.failed + self.cancelled + self.superseded
    }

    /// Those that are not over.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.waiting + self.leased
    }
}

/// A worker's right to one attempt at a batch. Every report carries it, and is refused once the
/// batch has been given to someone else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The scan.
    pub scan: Uuid,
    /// The scan's number.
    pub scan_number: u64,
    /// The batch.
    pub batch: Uuid,
    /// The batch's number within the scan.
    pub batch_number: u64,
    /// The attempt.
    pub attempt: Uuid,
    /// The attempt's number, from 1, counted over all tries at this batch.
    pub attempt_number: u64,
    /// The fencing token.
    pub epoch: i64,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
    /// What is left of the batch.
    pub addresses: AddressSet,
    /// nmap's options in canonical form.
    pub options: String,
    /// How the scan is run.
    pub limits: Limits,
    pub(crate) scan_key: i64,
    pub(crate) batch_key: i64,
}

/// What a worker learns when it renews its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// What people want of the scan now.
    pub desired: Desired,
    /// Until when the lease holds now.
    pub until: Timestamp,
}

/// Who asks for work, and for which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Who asks.
    pub worker: String,
    /// Only batches of this scan, if it is given.
    pub only: Option<Uuid>,
    /// How long the lease holds without a renewal.
    pub duration: Duration,
}

/// What came of asking for a batch to be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// It is cut: these are its parts. None when nothing was left of it to be cut.
    Done(Vec<BatchRecord>),
    /// A worker has it, and cuts it as soon as it has ended what it runs.
    Asked,
    /// It has no more addresses than a part may have, and stays as it is.
    SmallEnough,
    /// It is over, and there is nothing left to cut.
    Over(StateName),
}

/// Addresses that did not answer, and how that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Which.
    pub addresses: AddressRange,
    /// nmap's word for it, such as `no-response`.
    pub reason: String,
}

/// What is kept of an attempt besides its outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttemptDetail {
    /// What was started, word by word.
    pub argv: Vec<String>,
    /// What the program calls itself.
    pub version: Option<String>,
    /// What it set out to probe.
    pub scan_infos: Vec<ScanInfo>,
    /// Where this attempt did something other than was asked for.
    pub fallbacks: Vec<String>,
    /// How the program ended.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Its last words on standard error.
    pub stderr: String,
    /// Its files.
    pub artifacts: Vec<Artifact>,
    /// Why some of its files could not be written.
    pub artifact_error: Option<String>,
    /// How many log lines were dropped because nobody could keep up.
    pub lines_dropped: u64,
}

/// A file that an attempt left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// What it is, such as `nmap.xml.gz`.
    pub name: String,
    /// Where it is, below the artifacts directory.
    pub path: String,
    /// Its size as stored.
    pub size_bytes: u64,
    /// Whether it was cut at its limit.
    pub truncated: bool,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptReport {
    /// How.
    pub outcome: Outcome,
    /// Why, for people; empty for a success.
    pub reason: String,
    /// What should become of the batch.
    pub verdict: Verdict,
    /// The rest.
    pub detail: AttemptDetail,
}

/// What should become of a batch whose attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Success, or the next attempt, by the outcome.
    Judge,
    /// Back to waiting without an attempt used: a pause, a stop or the program's end.
    HandBack,
    /// What is left is cut into so many parts: it held up its scan.
    Cut(u32),
}

/// An attempt as people see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttemptRecord {
    /// Its id.
    pub id: Uuid,
    /// Its batch's number.
    pub batch_number: u64,
    /// Its batch's id.
    pub batch_id: Uuid,
    /// Its number, from 1.
    pub number: u64,
    /// The fencing token it ran under.
    pub epoch: i64,
    /// Who ran it.
    pub worker: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The rest.
    #[serde(flatten)]
    pub detail: AttemptDetail,
}

/// Addresses that resist, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difficult {
    /// The scan's number.
    pub scan_number: u64,
    /// The scan's id.
    pub scan_id: Uuid,
    /// Which addresses.
    pub addresses: AddressRange,
    /// Timed out, or failed.
    pub state: CoverageState,
    /// Why.
    pub reason: String,
}

/// Something that happened to a scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRecord {
    /// Its place among the scan's events, from 1 and without gaps.
    pub seq: u64,
    /// When.
    pub ts: Timestamp,
    /// What, such as `batch_start`.
    pub event: String,
    /// The rest of it.
    #[serde(flatten)]
    pub body: serde_json::Value,
}

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// When.
    pub ts: Timestamp,
    /// Who, such as `cli:root`.
    pub actor: String,
    /// What, such as `scan.pause`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// With what.
    pub detail: serde_json::Value,
}

/// Which addresses a retry takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryOf {
    /// All that could not be scanned, also those left over by a stop.
    Everything,
    /// Those that failed.
    Failed,
    /// Those that timed out or failed, each alone in a batch.
    Difficult,
}

/// A place in the list of a scan's hosts, to read on from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostCursor(pub(crate) Vec<u8>);

impl HostCursor {
    /// Behind `address`.
    #[must_use]
    pub fn after(address: Address) -> Self {
        Self(address.to_key())
    }
}
