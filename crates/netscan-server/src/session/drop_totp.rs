//! Takes one's own second factor away.

use axum::extract::State;
use axum::http::StatusCode;
use netscan_api::session::ProvePassword;
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::session::proof;

/// Takes one's own second factor away.
#[utoipa::path(delete, path = "/session/totp", operation_id = "drop_totp", tag = "session",
    request_body = ProvePassword,
    responses((status = 204, description = "It is not asked for any more.")))]
pub(crate) async fn drop(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<ProvePassword>,
) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let credentials = proof::prove(&app, &caller, request.password, "/password").await?;
    if !realm.drop_totp(credentials.user.id, caller.by()).await? {
        return Err(Refusal::not_found("second factor"));
    }
    Ok(StatusCode::NO_CONTENT)
}
