//! Batches, their attempts, and the files that attempts leave.

use std::num::NonZeroU32;

use jiff::Timestamp;
use netscan_model::AddressRange;
use netscan_model::batch::{Outcome, StateName};
use netscan_model::observation::ScanInfo;
use netscan_model::scan::Priority;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::check::{Check, Findings};
use crate::scan::MOST_ATTEMPTS;

/// The slice of a scan that one worker runs at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchBody {
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
    pub targets: Vec<AddressRange>,
    /// How many they are.
    pub target_count: u64,
    /// Attempts begun.
    pub attempts: u32,
    /// Attempts allowed.
    pub attempts_allowed: u32,
    /// How urgent it is among the batches of its scan.
    pub priority: Priority,
    /// Packets per second that it may send, while a worker has it.
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub rate: Option<NonZeroU32>,
    /// Who has it.
    pub worker: Option<String>,
    /// When it may be tried next, if it waits.
    pub not_before: Option<Timestamp>,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchCounts {
    /// All of them.
    pub total: u64,
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
    /// Those that were cut: their children carry the rest.
    pub superseded: u64,
    /// Those of them that wait which failed and wait for their next try.
    pub backing_off: u64,
    /// The first of these tries.
    pub next_try: Option<Timestamp>,
}

/// Changes a batch. What is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(examples(json!({ "attempts_allowed": 5 })))]
pub struct PatchBatch {
    /// How urgent it is among the batches of its scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// How many attempts it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub attempts_allowed: Option<NonZeroU32>,
}

impl Check for PatchBatch {
    fn examine(&self, findings: &mut Findings) {
        let attempts = self.attempts_allowed.map(|attempts| attempts.get().into());
        findings.at_most("/attempts_allowed", attempts, MOST_ATTEMPTS);
    }
}

/// What came of asking for a batch to be cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SplitBody {
    /// What came of it.
    pub outcome: SplitOutcome,
    /// The parts, when it is cut.
    pub parts: Vec<BatchBody>,
}

/// Whether a batch is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SplitOutcome {
    /// It is.
    Done,
    /// A worker has it, and cuts it as soon as it has ended what it runs.
    Asked,
    /// It has no more addresses than a part may have, and stays as it is.
    SmallEnough,
}

netscan_model::named!(SplitOutcome, "outcome of a split", {
    Done = "done", Asked = "asked", SmallEnough = "small_enough",
});

/// One try at a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptBody {
    /// Its id.
    pub id: Uuid,
    /// Its batch's id.
    pub batch_id: Uuid,
    /// Its batch's number.
    pub batch_number: u64,
    /// Its number, from 1.
    pub number: u64,
    /// The fencing token that it ran under.
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
    /// What was started, word by word.
    pub argv: Vec<String>,
    /// What the program calls itself.
    pub version: Option<String>,
    /// What it set out to probe.
    pub scan_infos: Vec<ScanInfo>,
    /// Where it did something other than was asked for.
    pub fallbacks: Vec<String>,
    /// How the program ended.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Its last words on standard error.
    pub stderr: String,
    /// How many log lines were dropped because nobody could keep up.
    pub lines_dropped: u64,
    /// The files that it left.
    pub artifacts: Vec<ArtifactBody>,
    /// Why some of its files could not be written.
    pub artifact_error: Option<String>,
}

/// A file that an attempt left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArtifactBody {
    /// Its id: where it is below `/artifacts/` of its scan.
    pub id: String,
    /// The batch's id.
    pub batch_id: Uuid,
    /// The batch's number.
    pub batch_number: u64,
    /// The attempt's number.
    pub attempt: u64,
    /// What it is, such as `nmap.xml`.
    pub name: String,
    /// Its size as stored.
    pub size_bytes: u64,
    /// Whether it was cut at its limit.
    pub truncated: bool,
    /// Where to get it, below the server's address.
    pub href: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_tried_a_hundred_times_at_most() {
        let patch = PatchBatch { priority: None, attempts_allowed: NonZeroU32::new(101) };

        assert_eq!(patch.check().unwrap_err()[0].field, "/attempts_allowed");
    }
}
