//! Says whether the audit log is whole.

use axum::Json;
use axum::extract::State;
use netscan_api::audit::{Anchor, AuditVerdict};
use netscan_api::query::VerifyAudit;
use netscan_model::access::Permission;
use netscan_store::AuditHead;

use crate::app::App;
use crate::caller::Caller;
use crate::input::Query;
use crate::refusal::Refusal;

/// Walks the audit log from its first row and says whether it is as it was written.
///
/// With an `anchor`, it says too whether the log still holds all that it held then. It is one chain
/// over all organisations, so that it is for the admins of the first one.
#[utoipa::path(get, path = "/audit/verify", operation_id = "verify_audit", tag = "audit",
    params(VerifyAudit),
    responses((status = 200, description = "What was found.", body = AuditVerdict)))]
pub(crate) async fn verify(
    caller: Caller,
    State(app): State<App>,
    Query(query): Query<VerifyAudit>,
) -> Result<Json<AuditVerdict>, Refusal> {
    caller.require(Permission::Audit)?;
    caller.require_first_organisation()?;
    let anchor = query.anchor.map(head);
    Ok(Json(verdict(app.store().verify_audit(anchor.as_ref()).await?)))
}

/// The end of the log that an anchor was taken from.
#[must_use]
pub fn head(anchor: Anchor) -> AuditHead {
    let Anchor { seq, hash } = anchor;
    AuditHead { seq, hash }
}

/// What was found when the log was walked.
#[must_use]
pub fn verdict(found: netscan_store::AuditVerdict) -> AuditVerdict {
    let netscan_store::AuditVerdict { rows, head, first_bad, why } = found;
    let is_intact = first_bad.is_none();
    let why = why.map(|why| why.to_string());
    AuditVerdict { is_intact, rows, first_bad, why, head: head.hash }
}
