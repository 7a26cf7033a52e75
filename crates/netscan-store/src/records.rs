//! What goes into the store and what comes out of it, in the product's own words.

mod audit;
mod people;
mod templates;

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::address::{Address, AddressRange, AddressSet};
use netscan_model::batch::{Outcome, StateName};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::observation::{Host, HostStatus, Protocol, ScanInfo};
use netscan_model::scan::{
    Desired, Limits, ModuleChoice, Priority, Scan, State, TemplateVersion as UsedTemplate,
};
use netscan_model::seal::Seal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::audit::{AuditFault, AuditFilter, AuditHead, AuditRecord, AuditVerdict};
pub use self::people::{
    Begun, CallerKind, CallerRecord, Credentials, Identity, Member, Membership, NewSession,
    NewToken, NewUser, Organisation, SessionRecord, SetupState, TokenRecord, Totp, User,
    UserChanges,
};
pub use self::templates::{
    NewTemplate, Template, TemplateChanges, TemplateOverview, TemplateVersion,
};

/// A named set of targets, with what it may touch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Project {
    /// Its id.
    pub id: Uuid,
    /// The organisation that it belongs to.
    pub organisation_id: Uuid,
    /// Its name, unique within the organisation.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its scope, as JSON of `netscan_model::scope::Scope`.
    pub scope: serde_json::Value,
    /// How much of it may run at a time.
    pub limits: ProjectLimits,
    /// How many scans it has.
    pub scans: u64,
    /// How many targets are in its inventory.
    pub targets: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed, its scans and its inventory apart.
    pub updated_at: Timestamp,
}

/// How much of a project may run at a time. Nothing stands for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectLimits {
    /// Scans that are running.
    pub max_scans: Option<NonZeroU32>,
    /// Batches, over all of its scans.
    pub max_batches: Option<NonZeroU32>,
    /// Packets per second, over all of its batches.
    pub max_rate: Option<NonZeroU32>,
}

/// A project to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique within the organisation.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// What is to be changed of a project. Nothing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProjectChanges {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How much of it may run at a time, all three limits at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<ProjectLimits>,
}

/// How much may run at a time over all projects of all organisations. Nothing stands for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerLimits {
    /// Batches.
    pub max_batches: Option<NonZeroU32>,
    /// Packets per second, over all batches.
    pub max_rate: Option<NonZeroU32>,
    /// What is spared, whoever scans it.
    pub politeness: Politeness,
}

/// How many packets per second one place takes at most, over all scans of all people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Politeness {
    /// One address.
    pub address_rate: Option<NonZeroU32>,
    /// One network: a /24 of IPv4, a /64 of IPv6.
    pub network_rate: Option<NonZeroU32>,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The targets as they were written.
    pub targets: Vec<String>,
    /// The exclusions as they were written.
    pub excludes: Vec<String>,
    /// The seed of the plan's order.
    pub seed: u64,
    /// Whether the plan goes through the addresses in ascending order instead.
    pub is_ascending: bool,
    /// Whether its targets open the blocks that are closed by default when they name them outright.
    #[serde(default = "yes")]
    pub opens_outright: bool,
}

fn yes() -> bool {
    true
}

impl Default for Definition {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            excludes: Vec::new(),
            seed: 0,
            is_ascending: false,
            opens_outright: true,
        }
    }
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
    /// The project's name or id.
    pub project: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What people noted.
    pub notes: String,
    /// Who made it, such as `user:mara`.
    pub owner: String,
    /// The modules that it runs.
    pub modules: Vec<ModuleChoice>,
    /// How far what one module finds is taken up by others.
    pub recursion_depth: u32,
    /// The template that it was made from, if it was.
    pub template: Option<UsedTemplate>,
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
    /// The copy of what it may touch that goes with every batch.
    pub seal: Seal,
    /// Whether it starts at once.
    pub is_started: bool,
}

/// What may be changed while a scan runs. Nothing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LimitChanges {
    /// Batches at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<NonZeroU32>,
    /// Packets per second; `Some(None)` takes the limit away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rate: Option<Option<NonZeroU32>>,
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The longest that it may run; `Some(None)` takes the limit away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration_ms: Option<Option<NonZeroU64>>,
    /// The most results that are wanted; `Some(None)` takes the limit away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_results: Option<Option<NonZeroU64>>,
}

/// What is to be changed of a scan. Nothing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScanChanges {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What people noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// How it is run.
    #[serde(flatten)]
    pub limits: LimitChanges,
}

/// Which scans of an organisation are wanted; nothing stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanFilter {
    /// Those of this project.
    pub project: Option<Uuid>,
    /// Those in one of these states.
    pub states: Vec<State>,
    /// Those that this one made, such as `user:mara`.
    pub owner: Option<String>,
    /// Those with this in their names, in any case.
    pub name_contains: Option<String>,
    /// Those that repeat each other under this id.
    pub series: Option<Uuid>,
    /// Those behind this place in the list.
    pub before: Option<ScanCursor>,
}

/// A place in the list of scans, to read on from. Newer scans come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanCursor {
    created_ms: i64,
    id: Uuid,
}

impl ScanCursor {
    /// Behind `scan`.
    #[must_use]
    pub fn after(scan: &Scan) -> Self {
        Self { created_ms: scan.created_at.as_millisecond(), id: scan.id }
    }

    pub(crate) fn place(self) -> (i64, String) {
        (self.created_ms, self.id.to_string())
    }
}

/// Batches that wait, and what they wait for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// How many.
    pub batches: u64,
    /// For what, for people.
    pub reason: String,
}

/// What is to be changed of a batch. Nothing stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BatchChanges {
    /// How urgent it is among the batches of its scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Attempts allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_allowed: Option<NonZeroU32>,
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
    /// Packets per second that one of its batches may send now, as the limits of the scan, its
    /// project and the server have it.
    pub rate: Option<NonZeroU32>,
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
    /// How urgent it is among the batches of its scan.
    pub priority: Priority,
    /// Packets per second that it may send, while a worker has it.
    pub rate: Option<NonZeroU32>,
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
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// The scan.
    pub scan: Uuid,
    /// The scan's number.
    pub scan_number: u64,
    /// The scan's project.
    pub project_id: Uuid,
    /// The organisation that it belongs to.
    pub organisation_id: Uuid,
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
    /// The modules that the scan runs.
    pub modules: Vec<ModuleChoice>,
    /// How the scan is run.
    pub limits: Limits,
    /// How many times as long as the limits say it may take: more than once for a host that comes
    /// back alone because it took too long.
    pub patience: NonZeroU32,
    /// Packets per second that it may send: its share of what the scan, the project and the server
    /// may, and no more than is polite.
    pub rate: Option<NonZeroU32>,
    /// What the scan may touch, as it was accepted.
    pub seal: Seal,
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

/// Which hosts of an organisation are wanted; nothing stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFilter {
    /// Those of this scan.
    pub scan: Option<Uuid>,
    /// Those of this project.
    pub project: Option<Uuid>,
    /// Those with these addresses.
    pub network: Option<AddressRange>,
    /// Those on which this port is open.
    pub port: Option<u16>,
    /// Those with an open port on which this service is.
    pub service: Option<String>,
    /// Those in this state.
    pub status: Option<HostStatus>,
    /// Those with any open port.
    pub open_only: bool,
    /// Those behind this place in the list.
    pub after: Option<FoundCursor>,
    /// Without the first so many of these.
    pub skip: u64,
}

/// A place in the list of an organisation's hosts, to read on from. Those of newer scans come
/// first, and those of one scan in ascending order of address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundCursor {
    pub(crate) scan: i64,
    pub(crate) address: Vec<u8>,
}

impl FoundCursor {
    /// Behind `found`.
    #[must_use]
    pub fn after(found: &FoundHost) -> Self {
        Self { scan: found.scan_key, address: found.host.address.to_key() }
    }
}

/// A host, and where it was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundHost {
    /// The scan's id.
    pub scan_id: Uuid,
    /// The scan's number.
    pub scan_number: u64,
    /// The project's name.
    pub project: String,
    /// When it was stored.
    pub observed_at: Timestamp,
    /// The host.
    #[serde(flatten)]
    pub host: Host,
    #[serde(skip)]
    pub(crate) scan_key: i64,
}

/// What one scan saw of an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sighting {
    /// The scan's id.
    pub scan_id: Uuid,
    /// The scan's number.
    pub scan_number: u64,
    /// The scan's name.
    pub scan_name: String,
    /// The project's name.
    pub project: String,
    /// Where the scan is.
    pub scan_status: State,
    /// When the host was stored, or else when the scan ended, began or was made.
    pub at: Timestamp,
    /// What became of the address.
    pub state: CoverageState,
    /// Why.
    pub reason: String,
    /// The open ports.
    pub open_ports: Vec<OpenPort>,
}

/// An open port in few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenPort {
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// The service on it, if that is known.
    pub service: Option<String>,
}

/// How much there is in the whole database, for whoever watches over it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Scans by state; states without any are left out.
    pub scans: Vec<(State, u64)>,
    /// Batches by state; states without any are left out.
    pub batches: Vec<(StateName, u64)>,
    /// Batches with workers.
    pub leases: u64,
    /// When the attempt began that has been running longest.
    pub oldest_lease: Option<Timestamp>,
}
