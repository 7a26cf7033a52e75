//! Batches and their attempts: how they stand, and which resist.

use std::num::NonZeroU32;

use jiff::Timestamp;
use netscan_api::batch::{AttemptBody, BatchBody, SplitOutcome};
use netscan_api::query::ListBatches;
use netscan_api::scan::Cut;
use netscan_api::status::{ScanStatus, WaitingBody};
use netscan_model::address::AddressSet;
use netscan_model::batch::StateName;
use netscan_model::scan::Scan;
use netscan_server::bodies;
use netscan_store::{BatchCounts, BatchRecord, Split, Waiting};
use serde::Serialize;

use super::errors::unless_missing;
use super::{Desk, Place, records};

/// A batch as it is shown: as the API tells it, with its addresses as one set beside it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Batch {
    #[serde(flatten)]
    pub(crate) body: BatchBody,
    addresses: AddressSet,
    address_count: u64,
}

impl From<BatchBody> for Batch {
    fn from(body: BatchBody) -> Self {
        let addresses = body.targets.iter().copied().collect();
        Self { addresses, address_count: body.target_count, body }
    }
}

impl From<BatchRecord> for Batch {
    fn from(record: BatchRecord) -> Self {
        bodies::batch_body(record).into()
    }
}

/// What came of asking for a batch to be cut.
#[derive(Clone, Debug)]
pub(crate) enum Cutting {
    /// It is cut: these are its parts. None when nothing was left of it to be cut.
    Done(Vec<Batch>),
    /// A worker has it, and cuts it as soon as it has ended what it runs.
    Asked,
    /// It has no more addresses than a part may have, and stays as it is.
    SmallEnough,
    /// It is over, and there is nothing left to cut.
    Over(StateName),
}

/// What is told of a scan's batches in few lines.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) counts: BatchCounts,
    /// What the batches wait for, apart from those whose time has not come.
    pub(crate) waiting: Vec<Waiting>,
    /// The slowest attempts, at least as many as asked for if there are so many.
    pub(crate) slowest: Vec<AttemptBody>,
    /// The latest attempts that failed.
    pub(crate) failures: Vec<AttemptBody>,
    /// How many have failed.
    pub(crate) failures_total: u64,
}

impl Overview {
    /// What a server tells.
    pub(super) fn told(status: &ScanStatus) -> Self {
        let line =
            |line: &WaitingBody| Waiting { batches: line.batches, reason: line.reason.clone() };
        Self {
            counts: records::batch_counts(&status.batches),
            waiting: status.waiting.iter().map(line).collect(),
            slowest: status.slowest.clone(),
            failures: status.failures.clone(),
            failures_total: status.failures_total,
        }
    }
}

/// How many attempts an overview tells of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    pub(crate) slowest: u32,
    pub(crate) failures: u32,
}

impl Desk<'_> {
    pub(crate) async fn overview(
        &self,
        scan: &Scan,
        most: Most,
        now: Timestamp,
    ) -> anyhow::Result<Overview> {
        match &self.place {
            Place::Here(realm) => {
                let told = |records: Vec<_>| {
                    let body = |record| bodies::attempt_body(scan.id, record);
                    records.into_iter().map(body).collect()
                };
                let (failures, failures_total) =
                    realm.failed_attempts(scan.id, most.failures).await?;
                Ok(Overview {
                    counts: realm.batch_counts(scan.id, now).await?,
                    waiting: realm.waiting(scan.id, now).await?,
                    slowest: told(realm.slowest_attempts(scan.id, most.slowest, now).await?),
                    failures: told(failures),
                    failures_total,
                })
            }
            Place::There(client) => Ok(Overview::told(&client.scan_status(scan.id).await?)),
        }
    }

    /// All batches of the scan, by number.
    pub(crate) async fn batches(&self, scan: &Scan) -> anyhow::Result<Vec<Batch>> {
        match &self.place {
            Place::Here(realm) => Ok(batches(realm.batches(scan.id).await?)),
            Place::There(client) => {
                Ok(batches(client.all_batches(scan.id, &ListBatches::default()).await?))
            }
        }
    }

    /// The first `most` batches of the scan in one state, by number.
    pub(crate) async fn batches_in(
        &self,
        scan: &Scan,
        state: StateName,
        most: u32,
    ) -> anyhow::Result<Vec<Batch>> {
        match &self.place {
            _ if most == 0 => Ok(Vec::new()),
            Place::Here(realm) => Ok(batches(realm.batches_in(scan.id, state, most).await?)),
            Place::There(client) => {
                let (status, limit) = (Some(state), Some(most.min(netscan_api::page::MOST)));
                let query = ListBatches { status, limit, ..ListBatches::default() };
                Ok(batches(client.batches(scan.id, &query).await?.items))
            }
        }
    }

    /// The batch that `reference` means: an id or the beginning of one, `SCAN/NUMBER`, or a number
    /// within the newest scan.
    pub(crate) async fn find_batch(&self, reference: &str) -> anyhow::Result<Option<Batch>> {
        match &self.place {
            Place::Here(realm) => {
                Ok(realm.find_batch(self.project(), reference).await?.map(Batch::from))
            }
            Place::There(client) => {
                let found = client.find_batch(self.project(), reference).await;
                Ok(unless_missing(found)?.flatten().map(Batch::from))
            }
        }
    }

    /// Has the batch cut into parts of `size`, or its worker asked to.
    pub(crate) async fn split_batch(
        &self,
        batch: &Batch,
        size: NonZeroU32,
    ) -> anyhow::Result<Option<Cutting>> {
        let client = match &self.place {
            Place::Here(realm) => {
                let id = batch.body.id.to_string();
                let split = realm.split_batch(self.project(), &id, size, self.by()).await?;
                return Ok(split.map(|split| match split {
                    Split::Done(parts) => Cutting::Done(batches(parts)),
                    Split::Asked => Cutting::Asked,
                    Split::SmallEnough => Cutting::SmallEnough,
                    Split::Over(state) => Cutting::Over(state),
                }));
            }
            Place::There(client) => client,
        };
        let now = client.batch(batch.body.id).await?.status;
        if matches!(now, StateName::Succeeded | StateName::Failed | StateName::Cancelled) {
            return Ok(Some(Cutting::Over(now)));
        }
        let answer = client.split_batch(batch.body.id, &Cut::into_batches_of(size)).await?;
        Ok(Some(match answer.outcome {
            SplitOutcome::Done => Cutting::Done(batches(answer.parts)),
            SplitOutcome::Asked => Cutting::Asked,
            SplitOutcome::SmallEnough => Cutting::SmallEnough,
        }))
    }

    /// All attempts at the batches of the scan.
    pub(crate) async fn attempts(&self, scan: &Scan) -> anyhow::Result<Vec<AttemptBody>> {
        match &self.place {
            Place::Here(realm) => {
                let attempts = realm.attempts(scan.id).await?.into_iter();
                Ok(attempts.map(|attempt| bodies::attempt_body(scan.id, attempt)).collect())
            }
            Place::There(client) => Ok(client.attempts(scan.id).await?),
        }
    }

    /// The number of the scan's batch that `reference` means: a number, an id, or the beginning of one.
    pub(crate) async fn batch_number(
        &self,
        scan: &Scan,
        reference: &str,
    ) -> anyhow::Result<Option<u64>> {
        if let Place::Here(realm) = &self.place {
            return Ok(realm.batch_number(scan.id, reference).await?);
        }
        let by_number = self.find_batch(&format!("{}/{reference}", scan.number)).await?;
        Ok(by_number.map(|batch| batch.body.number))
    }
}

fn batches<T: Into<Batch>>(told: Vec<T>) -> Vec<Batch> {
    told.into_iter().map(Into::into).collect()
}
