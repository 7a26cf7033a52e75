//! Workers: who runs batches.

use jiff::Timestamp;
use netscan_model::named;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkerKind {
    /// Within the server.
    Embedded,
    /// In a program of its own on the same database.
    Local,
    /// On another machine.
    Remote,
}

named!(WorkerKind, "kind of worker", {
    Embedded = "embedded", Local = "local", Remote = "remote",
});

/// A worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkerBody {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub kind: WorkerKind,
    /// Its process, if that is on the server's machine.
    pub pid: Option<u32>,
    /// netscan's version there.
    pub version: String,
    /// nmap's version there; null when there is none.
    pub nmap_version: Option<String>,
    /// Whether it may send packets of its own making.
    pub raw_sockets: bool,
    /// The modules that it can run.
    pub modules: Vec<String>,
    /// Since when it works.
    pub since: Timestamp,
    /// When it was last heard of.
    pub last_seen_at: Timestamp,
    /// What it runs.
    pub batches: Vec<WorkerBatch>,
}

/// A batch that a worker runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkerBatch {
    /// The scan's id; null for a scan of another organisation.
    pub scan_id: Option<Uuid>,
    /// The batch's id; null for a scan of another organisation.
    pub batch_id: Option<Uuid>,
    /// The batch's number; null for a scan of another organisation.
    pub batch_number: Option<u64>,
    /// Since when it runs.
    pub since: Timestamp,
}
