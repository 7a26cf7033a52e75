//! Scans that come from a file: stored chunk by chunk, and there for good when the last chunk is.
//!
//! From its first chunk on such a scan is over: it is *partial*, because more is to come. So a program
//! that is killed meanwhile leaves behind what is true, and nobody has to clear up after it. No batch
//! of it ever waits, and its seal allows no address, so that nothing can run it.

use jiff::Timestamp;
use netscan_model::import::Repeats;
use netscan_model::observation::Host;
use netscan_model::scan::Scan;
use serde_json::json;
use uuid::Uuid;

use crate::error::StoreError;
use crate::records::{AttemptDetail, Lease};
use crate::steps::{audit, import, scans};
use crate::{By, Realm};

/// A scan to be read from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct NewImport {
    /// Its id.
    pub id: Uuid,
    /// The project's name or id.
    pub project: String,
    /// What people call it.
    pub name: String,
    /// What people noted.
    pub notes: String,
    /// Who reads it, such as `user:mara`.
    pub owner: String,
    /// Where it comes from: what stands in the place of the modules that it ran.
    pub origin: serde_json::Map<String, serde_json::Value>,
    /// When the scan began of which the file tells.
    pub started_at: Timestamp,
}

/// A scan while it is being read from a file.
#[derive(Clone, Debug)]
pub struct Import {
    organisation_key: i64,
    /// What of a lease the steps ask for that store hosts. Nobody has leased anything.
    lease: Lease,
    started_at: Timestamp,
    counts: ImportCounts,
}

/// How much of a file has been stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Hosts that answered.
    pub hosts: u64,
    /// Their ports, in whatever state.
    pub ports: u64,
}

/// A part of a file.
#[derive(Clone, Debug)]
pub struct ImportChunk {
    /// Hosts, up or down, each once.
    pub hosts: Vec<Host>,
    /// What it means that an address was in an earlier part already.
    pub repeats: Repeats,
    /// When they were seen.
    pub seen_at: Timestamp,
}

/// The end of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportEnd {
    /// How the scan was made of which it tells.
    pub detail: AttemptDetail,
    /// Why the file is not whole, if it is not.
    pub fault: Option<String>,
    /// When that scan ended.
    pub ended_at: Timestamp,
}

impl Import {
    /// The scan's id.
    #[must_use]
    pub fn scan(&self) -> Uuid {
        self.lease.scan
    }

    /// How much has been stored.
    #[must_use]
    pub fn counts(&self) -> ImportCounts {
        self.counts
    }
}

impl Realm {
    /// Stores a scan of which nothing has been read yet. A project that is not there is made under
    /// `new_project_id`.
    pub async fn begin_import(
        &self,
        new: &NewImport,
        new_project_id: Uuid,
        by: By<'_>,
    ) -> Result<Import, StoreError> {
        let mut step = self.store.database.write().await?;
        let project = self.ensured(&mut step, &new.project, new_project_id, by).await?;
        let lease = import::begin(&mut step, new, project, by.now).await?;
        let detail = json!({ "name": new.name, "origin": new.origin });
        let subject = new.id.to_string();
        let organisation_key = self.organisation_key;
        audit::write(&mut step, organisation_key, by, "scan.import", &subject, &detail).await?;
        step.commit().await?;
        let (started_at, counts) = (new.started_at, ImportCounts::default());
        Ok(Import { organisation_key, lease, started_at, counts })
    }

    /// Stores a part of the file: hosts, ports, ledger and events.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoScan`] when the scan was removed meanwhile.
    pub async fn import_hosts(
        &self,
        import: &mut Import,
        chunk: ImportChunk,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut step = self.store.database.write().await?;
        self.still_there(&mut step, import).await?;
        let counts = import::hosts(&mut step, &import.lease, chunk, import.counts, now).await?;
        step.commit().await?;
        import.counts = counts;
        Ok(())
    }

    /// Ends the scan with the file.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoScan`] when the scan was removed meanwhile.
    pub async fn finish_import(
        &self,
        import: &Import,
        end: &ImportEnd,
        by: By<'_>,
    ) -> Result<Scan, StoreError> {
        let mut step = self.store.database.write().await?;
        self.still_there(&mut step, import).await?;
        // Clocks of others run backwards now and then.
        let end = ImportEnd { ended_at: end.ended_at.max(import.started_at), ..end.clone() };
        let state = import::finish(&mut step, &import.lease, &end, by.now).await?;
        let ImportCounts { hosts, ports } = import.counts;
        let detail = json!({ "status": state, "hosts": hosts, "ports": ports });
        let subject = import.scan().to_string();
        audit::write(&mut step, self.organisation_key, by, "scan.end", &subject, &detail).await?;
        let scan = scans::show(&mut step, import.lease.scan_key).await?;
        step.commit().await?;
        Ok(scan)
    }

    async fn still_there(
        &self,
        step: &mut crate::sqlite::Connection,
        import: &Import,
    ) -> Result<(), StoreError> {
        let scan = import.scan();
        let is_ours = import.organisation_key == self.organisation_key;
        if is_ours && scans::belongs_to(step, scan, self.organisation_key).await? {
            return Ok(());
        }
        Err(StoreError::NoScan { id: scan })
    }
}
