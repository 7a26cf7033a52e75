//! Changes one's own password.

use axum::extract::State;
use axum::http::StatusCode;
use netscan_api::session::ChangePassword;
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::session::password::check_password;
use crate::session::proof;

/// Changes one's own password. All other sessions end.
#[utoipa::path(post, path = "/session/password", operation_id = "change_password", tag = "session",
    request_body = ChangePassword,
    responses((status = 204, description = "Changed.")))]
pub(crate) async fn change_password(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<ChangePassword>,
) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let name = &proof::user(&caller)?.name;
    check_password(name, &request.new).map_err(|weak| Refusal::field("/new", weak.to_string()))?;
    let credentials = proof::prove(&app, &caller, request.current, "/current").await?;
    let hash = app.passwords().hash(request.new).await?;
    let keep = proof::session(&caller);
    realm.set_password(credentials.user.id, &hash, keep, caller.by()).await?;
    app.bus().access_changed();
    Ok(StatusCode::NO_CONTENT)
}
