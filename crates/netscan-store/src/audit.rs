//! The audit log of the whole database and of one organisation.

use crate::error::StoreError;
use crate::records::{AuditFilter, AuditHead, AuditRecord, AuditVerdict};
use crate::steps::audit;
use crate::{Realm, Store};

impl Store {
    /// The newest audit rows, oldest first.
    pub async fn audited(&self, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        audit::newest(&mut *self.database.read().await?, limit).await
    }

    /// The end of the audit log, to be kept elsewhere: without it, nobody can tell that the last
    /// rows are missing.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        audit::head(&mut *self.database.read().await?).await
    }

    /// Walks the audit log from its first row, without holding much of it, and says where it stops
    /// being what was written. An `anchor` is its end as it was before.
    pub async fn verify_audit(
        &self,
        anchor: Option<&AuditHead>,
    ) -> Result<AuditVerdict, StoreError> {
        audit::verify(&mut *self.database.read().await?, anchor).await
    }
}

impl Realm {
    /// The newest audit rows of the organisation that pass the filter, newest first.
    pub async fn audited(
        &self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let mut step = self.store.database.read().await?;
        audit::filtered(&mut step, self.organisation_key, filter, limit).await
    }
}
