//! Ends one of one's own sessions.

use axum::extract::State;
use axum::http::StatusCode;
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;
use crate::session::proof;

/// Ends one of one's own sessions, such as that of a machine one has lost.
#[utoipa::path(delete, path = "/session/others/{id}", operation_id = "end_session", tag = "session",
    params(("id" = Uuid, Path, description = "The session's id")),
    responses((status = 204, description = "Ended.")))]
pub(crate) async fn end(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let user = proof::user(&caller)?;
    if !realm.end_session(user.id, id, caller.by()).await? {
        return Err(Refusal::not_found("session"));
    }
    app.bus().access_changed();
    Ok(StatusCode::NO_CONTENT)
}
