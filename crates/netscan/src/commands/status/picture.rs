//! What `status` knows at one moment.

use std::cmp::Reverse;

use jiff::Timestamp;
use netscan_model::batch::Outcome;
use netscan_model::scan::Scan;
use netscan_orchestrator::lock::RunnerLock;
use netscan_store::{AttemptRecord, BatchRecord, Store};
use serde::Serialize;

use super::waiting::{self, Waiting};
use crate::output::words;
use crate::wire::Context;

/// The slowest attempts that are shown.
const MOST_SLOW: usize = 5;

/// Scans, with the batches and attempts of those that are named or not over.
#[derive(Debug, Serialize)]
pub(super) struct Picture {
    pub(super) scans: Vec<Scan>,
    pub(super) batches: Vec<BatchRecord>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) slowest: Vec<AttemptRecord>,
    pub(super) failures: Vec<AttemptRecord>,
    #[serde(skip)]
    pub(super) now: Timestamp,
}

impl Picture {
    pub(super) async fn take(
        context: &Context,
        store: &Store,
        reference: Option<&str>,
    ) -> anyhow::Result<Self> {
        let now = Timestamp::now();
        let scans = match reference {
            Some(reference) => vec![context.scan(store, reference).await?],
            None => store.scans(context.project()).await?,
        };
        let is_held = RunnerLock::is_held(&context.configuration.database.value);
        let (mut batches, mut waiting, mut attempts) = (Vec::new(), Vec::new(), Vec::new());
        for scan in &scans {
            if reference.is_none() && scan.status.is_terminal() {
                continue;
            }
            let own = store.batches(scan.id).await?;
            waiting.extend(waiting::of_scan(scan, &own, is_held, now));
            batches.extend(own);
            attempts.extend(store.attempts(scan.id).await?);
        }
        let failures = attempts.iter().filter(|attempt| is_failure(attempt)).cloned().collect();
        let took = |attempt: &AttemptRecord| {
            words::between(attempt.started_at, attempt.ended_at.unwrap_or(now))
        };
        attempts.sort_by_key(|attempt| Reverse(took(attempt)));
        attempts.truncate(MOST_SLOW);
        Ok(Self { scans, batches, waiting, slowest: attempts, failures, now })
    }

    /// Whether there is something left to watch.
    pub(super) fn may_change(&self) -> bool {
        self.scans.iter().any(|scan| !scan.status.is_terminal())
    }
}

/// An attempt that ended otherwise than it should. One that is running has not failed, and one
/// that the operator ended has not either.
fn is_failure(attempt: &AttemptRecord) -> bool {
    !matches!(attempt.outcome, Outcome::Running | Outcome::Succeeded | Outcome::Killed)
}
