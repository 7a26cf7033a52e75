//! Ends all of one's own sessions but the one that asks.

use axum::extract::State;
use axum::http::StatusCode;
use netscan_model::access::Permission;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::session::proof;

/// Ends all of one's own sessions but the one that asks.
#[utoipa::path(delete, path = "/session/others", operation_id = "end_other_sessions",
    tag = "session", responses((status = 204, description = "Ended.")))]
pub(crate) async fn end_others(
    State(app): State<App>,
    caller: Caller,
) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let user = proof::user(&caller)?;
    // A token keeps none: no session has this id.
    let keep = proof::session(&caller).unwrap_or(Uuid::nil());
    realm.end_other_sessions(user.id, keep, caller.by()).await?;
    app.bus().access_changed();
    Ok(StatusCode::NO_CONTENT)
}
