//! Scans, their batches, and what they found.

use netscan_model::scan::{Command, Scan};
use reqwest::Method;
use uuid::Uuid;

use super::{Client, ClientError, Download, NOTHING};
use crate::batch::{ArtifactBody, AttemptBody, BatchBody, PatchBatch, SplitBody};
use crate::coverage::{CoverageBody, RangeBody};
use crate::frame::EventBody;
use crate::host::HostBody;
use crate::page::Page;
use crate::query::{
    Compare, FindBatch, ListBatches, ListCoverage, ListDifficult, ListEvents, ListHistory,
    ListHosts, ListScans, ReadReport, ReadResults, SearchHosts,
};
use crate::quick::{QuickResult, QuickScan};
use crate::scan::{CreateScan, Cut, RerunScan, RetryScan, UpdateScan};
use crate::status::ScanStatus;
use crate::target::{DifficultBody, HistoryEntry};
use crate::template::CostBody;

/// Each fails as [`Client::get`] does.
impl Client {
    /// A page of scans, newest first.
    pub async fn scans(&self, query: &ListScans) -> Result<Page<Scan>, ClientError> {
        self.get(&["scans"], query).await
    }

    /// All scans, newest first.
    pub async fn all_scans(&self, query: &ListScans) -> Result<Vec<Scan>, ClientError> {
        self.all(&["scans"], query).await
    }

    /// The scan of a project that `reference` means: an id or the beginning of one, a number, or
    /// `latest`.
    pub async fn find_scan(
        &self,
        project: &str,
        reference: &str,
    ) -> Result<Option<Scan>, ClientError> {
        let query = ListScans {
            project: Some(project.to_owned()),
            reference: Some(reference.to_owned()),
            ..ListScans::default()
        };
        Ok(self.scans(&query).await?.items.into_iter().next())
    }

    /// Makes a scan.
    pub async fn create_scan(&self, body: &CreateScan) -> Result<Scan, ClientError> {
        self.post(&["scans"], body).await
    }

    /// Shows a scan.
    pub async fn scan(&self, id: Uuid) -> Result<Scan, ClientError> {
        self.get(&["scans", &id.to_string()], NOTHING).await
    }

    /// Changes a scan.
    pub async fn update_scan(&self, id: Uuid, body: &UpdateScan) -> Result<Scan, ClientError> {
        self.put(&["scans", &id.to_string()], body).await
    }

    /// Removes a scan, with all that it found.
    pub async fn delete_scan(&self, id: Uuid) -> Result<(), ClientError> {
        self.delete(&["scans", &id.to_string()]).await
    }

    /// Starts, pauses, resumes, stops or retries a scan.
    pub async fn command(&self, id: Uuid, command: Command) -> Result<Scan, ClientError> {
        self.post(&["scans", &id.to_string(), command.name()], NOTHING).await
    }

    /// Takes up again what a scan could not reach.
    pub async fn retry_scan(&self, id: Uuid, body: &RetryScan) -> Result<Scan, ClientError> {
        self.post(&["scans", &id.to_string(), "retry"], body).await
    }

    /// Makes a scan again.
    pub async fn rerun_scan(&self, id: Uuid, body: &RerunScan) -> Result<Scan, ClientError> {
        self.post(&["scans", &id.to_string(), "rerun"], body).await
    }

    /// Cuts a scan that has not been started into batches of another size.
    pub async fn split_scan(&self, id: Uuid, body: &Cut) -> Result<Scan, ClientError> {
        self.post(&["scans", &id.to_string(), "split"], body).await
    }

    /// Where a scan is, what runs, and what waits and why.
    pub async fn scan_status(&self, id: Uuid) -> Result<ScanStatus, ClientError> {
        self.get(&["scans", &id.to_string(), "status"], NOTHING).await
    }

    /// What happened to a scan.
    pub async fn events(
        &self,
        id: Uuid,
        query: &ListEvents,
    ) -> Result<Page<EventBody>, ClientError> {
        self.get(&["scans", &id.to_string(), "events"], query).await
    }

    /// What a scan found, as a file.
    pub async fn results(&self, id: Uuid, query: &ReadResults) -> Result<Download, ClientError> {
        self.download(&["scans", &id.to_string(), "results"], query).await
    }

    /// The report of a scan for people, piece by piece.
    pub async fn report(&self, id: Uuid, query: &ReadReport) -> Result<Download, ClientError> {
        self.download(&["scans", &id.to_string(), "report"], query).await
    }

    /// A page of what a scan found.
    pub async fn hosts_of_scan(
        &self,
        id: Uuid,
        query: &ListHosts,
    ) -> Result<Page<HostBody>, ClientError> {
        self.get(&["scans", &id.to_string(), "hosts"], query).await
    }

    /// What became of the addresses of a scan.
    pub async fn coverage(
        &self,
        id: Uuid,
        query: &ListCoverage,
    ) -> Result<CoverageBody, ClientError> {
        self.get(&["scans", &id.to_string(), "coverage"], query).await
    }

    /// All ranges of a scan's coverage, in one state or in all.
    pub async fn all_ranges(
        &self,
        id: Uuid,
        query: &ListCoverage,
    ) -> Result<Vec<RangeBody>, ClientError> {
        let mut query = ListCoverage { limit: Some(crate::page::MOST), ..query.clone() };
        let mut ranges = Vec::new();
        loop {
            let page = self.coverage(id, &query).await?.ranges;
            ranges.extend(page.items);
            if page.next_cursor.is_none() || page.next_cursor == query.cursor {
                return Ok(ranges);
            }
            query.cursor = page.next_cursor;
        }
    }

    /// What changed to the scan `to` from the one that `query` names, as a file.
    pub async fn diff(&self, to: Uuid, query: &Compare) -> Result<Download, ClientError> {
        self.download(&["scans", &to.to_string(), "diff"], query).await
    }

    /// A page of the batches of a scan.
    pub async fn batches(
        &self,
        id: Uuid,
        query: &ListBatches,
    ) -> Result<Page<BatchBody>, ClientError> {
        self.get(&["scans", &id.to_string(), "batches"], query).await
    }

    /// All batches of a scan.
    pub async fn all_batches(
        &self,
        id: Uuid,
        query: &ListBatches,
    ) -> Result<Vec<BatchBody>, ClientError> {
        self.all(&["scans", &id.to_string(), "batches"], query).await
    }

    /// The batch of a project that `reference` means: an id or the beginning of one, `SCAN/NUMBER`,
    /// or a number within the newest scan.
    pub async fn find_batch(
        &self,
        project: &str,
        reference: &str,
    ) -> Result<Option<BatchBody>, ClientError> {
        let query = FindBatch { project: project.to_owned(), reference: reference.to_owned() };
        let page: Page<BatchBody> = self.get(&["batches"], &query).await?;
        Ok(page.items.into_iter().next())
    }

    /// What a scan would cost. Nothing is stored.
    pub async fn plan_scan(&self, body: &CreateScan) -> Result<CostBody, ClientError> {
        self.post(&["scans", "plan"], body).await
    }

    /// Shows a batch.
    pub async fn batch(&self, id: Uuid) -> Result<BatchBody, ClientError> {
        self.get(&["batches", &id.to_string()], NOTHING).await
    }

    /// Changes a batch.
    pub async fn update_batch(
        &self,
        id: Uuid,
        body: &PatchBatch,
    ) -> Result<BatchBody, ClientError> {
        self.patch(&["batches", &id.to_string()], body).await
    }

    /// Tries a batch again.
    pub async fn retry_batch(&self, id: Uuid) -> Result<BatchBody, ClientError> {
        self.post(&["batches", &id.to_string(), "retry"], NOTHING).await
    }

    /// Ends a batch for good.
    pub async fn stop_batch(&self, id: Uuid) -> Result<BatchBody, ClientError> {
        self.post(&["batches", &id.to_string(), "stop"], NOTHING).await
    }

    /// Cuts a batch into smaller ones.
    pub async fn split_batch(&self, id: Uuid, body: &Cut) -> Result<SplitBody, ClientError> {
        self.post(&["batches", &id.to_string(), "split"], body).await
    }

    /// All attempts at the batches of a scan.
    pub async fn attempts(&self, id: Uuid) -> Result<Vec<AttemptBody>, ClientError> {
        self.all(&["scans", &id.to_string(), "attempts"], NOTHING).await
    }

    /// All files that the attempts of a scan left.
    pub async fn artifacts(&self, id: Uuid) -> Result<Vec<ArtifactBody>, ClientError> {
        self.all(&["scans", &id.to_string(), "artifacts"], NOTHING).await
    }

    /// A file that an attempt left, by its `href`.
    pub async fn artifact(&self, href: &str) -> Result<Download, ClientError> {
        let foreign = || ClientError::Foreign { url: self.address().to_owned(), status: 200 };
        let url = self.own(href).ok_or_else(foreign)?;
        Ok(Download::new(self.send(Method::GET, url, None::<&()>).await?))
    }

    /// A page of hosts of all scans.
    pub async fn search_hosts(&self, query: &SearchHosts) -> Result<Page<HostBody>, ClientError> {
        self.get(&["hosts"], query).await
    }

    /// Shows a host.
    pub async fn host(&self, id: &str) -> Result<HostBody, ClientError> {
        self.get(&["hosts", id], NOTHING).await
    }

    /// What is known of an address, newest first.
    pub async fn history(
        &self,
        address: &str,
        query: &ListHistory,
    ) -> Result<Vec<HistoryEntry>, ClientError> {
        self.all(&["targets", address, "history"], query).await
    }

    /// All addresses that resist.
    pub async fn difficult(
        &self,
        query: &ListDifficult,
    ) -> Result<Vec<DifficultBody>, ClientError> {
        self.all(&["difficult-targets"], query).await
    }

    /// Scans a few targets while one waits.
    pub async fn quick_scan(&self, body: &QuickScan) -> Result<QuickResult, ClientError> {
        self.post(&["nmap", "run"], body).await
    }
}
