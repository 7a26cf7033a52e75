//! Turns a second factor on.

use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use netscan_api::session::ConfirmTotp;
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::session::{proof, totp};

/// Turns the second factor on that was begun, once its authenticator shows the right code.
#[utoipa::path(post, path = "/session/totp/confirm", operation_id = "confirm_totp",
    tag = "session", request_body = ConfirmTotp,
    responses((status = 204, description = "It is asked for from now on.")))]
pub(crate) async fn confirm(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<ConfirmTotp>,
) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let user = proof::user(&caller)?;
    let admitted = app.sign_in().admit(&user.name, caller.remote(), Instant::now());
    admitted.map_err(Refusal::too_many_attempts)?;
    let credentials = app.store().credentials(&user.name).await?;
    let begun = credentials.and_then(|credentials| credentials.totp).filter(|totp| !totp.is_on);
    let none = || Refusal::conflict("no second factor is being set up; begin with it first");
    let secret = begun.ok_or_else(none)?.secret;
    let by = caller.by();
    let step = totp::step_of(&secret, &request.code, by.now);
    let wrong = || Refusal::field("/code", "this is not what the authenticator shows now");
    let is_on = realm.confirm_totp(user.id, &secret, step.ok_or_else(wrong)?, by).await?;
    if !is_on {
        return Err(none());
    }
    app.sign_in().note_success(&user.name, caller.remote());
    Ok(StatusCode::NO_CONTENT)
}
