//! Lists what was done.

use axum::Json;
use netscan_api::Page;
use netscan_api::audit::AuditBody;
use netscan_api::query::ListAudit;
use netscan_model::access::Permission;
use netscan_store::{AuditFilter, AuditRecord};

use crate::caller::Caller;
use crate::input::{Query, next_cursor, page_size, place};
use crate::refusal::Refusal;

/// Lists what was done in the organisation, newest first.
#[utoipa::path(get, path = "/audit", operation_id = "list_audit", tag = "audit", params(ListAudit),
    responses((status = 200, description = "The rows.", body = Page<AuditBody>)))]
pub(crate) async fn list(
    caller: Caller,
    Query(query): Query<ListAudit>,
) -> Result<Json<Page<AuditBody>>, Refusal> {
    let realm = caller.realm(Permission::Audit)?;
    let size = page_size(query.limit)?;
    let filter = AuditFilter {
        before: place(query.cursor.as_deref())?,
        actor: query.actor,
        action: query.action,
        subject: None,
        since: query.from,
        until: query.until,
    };
    let rows = realm.audited(&filter, size).await?;
    let next_cursor = next_cursor(&rows, size, |row| row.seq);
    Ok(Json(Page { items: rows.into_iter().map(body).collect(), next_cursor }))
}

/// A row of the audit log.
#[must_use]
pub fn body(row: AuditRecord) -> AuditBody {
    let AuditRecord { seq, ts, actor, remote, action, subject, detail, hash } = row;
    AuditBody { seq, at: ts, actor, action, subject, detail, address: remote, hash }
}
