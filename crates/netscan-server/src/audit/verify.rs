//! Says whether the audit log is whole.

use axum::Json;
use axum::extract::State;
use netscan_api::audit::AuditVerdict;
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Walks the audit log from its first row and says whether it is as it was written.
///
/// It is one chain over all organisations, so that it is for the admins of the first one.
#[utoipa::path(get, path = "/audit/verify", operation_id = "verify_audit", tag = "audit",
    responses((status = 200, description = "What was found.", body = AuditVerdict)))]
pub(crate) async fn verify(
    caller: Caller,
    State(app): State<App>,
) -> Result<Json<AuditVerdict>, Refusal> {
    caller.require(Permission::Audit)?;
    caller.require_first_organisation()?;
    let verdict = app.store().verify_audit(None).await?;
    let netscan_store::AuditVerdict { rows, head, first_bad, why: _ } = verdict;
    let is_intact = first_bad.is_none();
    Ok(Json(AuditVerdict { is_intact, rows, first_bad, head: head.hash }))
}
