//! Where a scan is, what runs, and what waits and why.

use jiff::Timestamp;
use netscan_model::coverage::Coverage;
use netscan_model::scan::{Desired, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::batch::{AttemptBody, BatchCounts};

/// Where a scan is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanStatus {
    /// Its id.
    pub scan_id: Uuid,
    /// Its number within the project.
    pub number: u64,
    /// Where it is.
    pub status: State,
    /// What people want of it.
    pub desired: Desired,
    /// 0 to 1, weighted by addresses.
    #[schema(minimum = 0, maximum = 1)]
    pub progress: f64,
    /// Why it is where it is, when that needs saying.
    pub reason: Option<String>,
    /// What became of its addresses.
    pub coverage: Coverage,
    /// Where its batches are.
    pub batches: BatchCounts,
    /// Hosts found up.
    pub hosts_up: u64,
    /// Open ports found.
    pub open_ports: u64,
    /// What waits, and why.
    pub waiting: Vec<WaitingBody>,
    /// What runs.
    pub running: Vec<RunningBody>,
    /// The attempts that take or took longest.
    pub slowest: Vec<AttemptBody>,
    /// The attempts that failed, newest first.
    pub failures: Vec<AttemptBody>,
    /// How many failed in all.
    pub failures_total: u64,
    /// How long it will still take, if that can be told.
    pub forecast_ms: Option<u64>,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// Batches that wait for the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingBody {
    /// How many they are.
    pub batches: u64,
    /// What for.
    #[schema(examples("for their next try, the first in 4 s"))]
    pub reason: String,
}

/// A batch that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunningBody {
    /// Its id.
    pub batch_id: Option<Uuid>,
    /// Its number within the scan.
    pub batch_number: u64,
    /// Who has it.
    pub worker: Option<String>,
    /// How many addresses it has.
    pub addresses: u64,
    /// How many of them are done.
    pub done: u64,
    /// Since when it runs.
    pub since: Timestamp,
    /// What the scanner says that it does.
    pub task: Option<String>,
    /// How much of that it says is done.
    pub percent: Option<f64>,
}
