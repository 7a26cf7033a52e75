//! Lists one's own sessions.

use axum::Json;
use netscan_api::Page;
use netscan_api::session::SessionEntry;
use netscan_model::access::Permission;

use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::session::proof;

/// Lists one's own sessions in this organisation, newest first, the one that asks among them.
#[utoipa::path(get, path = "/session/others", operation_id = "list_sessions", tag = "session",
    responses((status = 200, description = "The sessions.", body = Page<SessionEntry>)))]
pub(crate) async fn list(caller: Caller) -> Result<Json<Page<SessionEntry>>, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let (user, current) = (proof::user(&caller)?, proof::session(&caller));
    let sessions = realm.sessions(user.id, caller.by().now).await?;
    let entries = sessions.into_iter().map(|session| SessionEntry {
        id: session.id,
        remote: session.remote,
        agent: session.agent,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        expires_at: session.ends_at,
        is_current: Some(session.id) == current,
    });
    Ok(Json(Page::whole(entries.collect())))
}
