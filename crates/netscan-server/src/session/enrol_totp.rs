//! Begins to set up a second factor.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use netscan_api::session::{ProvePassword, TotpEnrolment};
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::idempotency::ShownOnce;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::session::{proof, totp};

/// Begins to set up a second factor. It is asked for once its first code was confirmed.
#[utoipa::path(post, path = "/session/totp", operation_id = "enrol_totp", tag = "session",
    request_body = ProvePassword,
    responses((status = 200, description = "What to tell the authenticator.", body = TotpEnrolment)))]
pub(crate) async fn enrol(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<ProvePassword>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let credentials = proof::prove(&app, &caller, request.password, "/password").await?;
    let secret = totp::new_secret();
    if !realm.set_totp(credentials.user.id, &secret, caller.by()).await? {
        let detail = "you have a second factor already; take it away before you set up another";
        return Err(Refusal::conflict(detail));
    }
    let uri = totp::uri(&secret, &credentials.user.name);
    Ok((Extension(ShownOnce), Json(TotpEnrolment { secret, uri })).into_response())
}
