//! Revokes a token.

use axum::extract::State;
use axum::http::StatusCode;
use netscan_model::access::Permission;
use netscan_store::TokenRecord;

use crate::app::App;
use crate::caller::Caller;
use crate::input::Word;
use crate::refusal::Refusal;

/// Revokes a token: one's own, or anyone's for who may say who belongs to the organisation. It is
/// dead at once, and so are those that were made by it.
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "revoke_token", tag = "tokens",
    params(("id" = String, Path, description = "The part of the token that is no secret")),
    responses((status = 204, description = "Revoked.")))]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Word(id): Word,
) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let not_found = || Refusal::not_found("token");
    let token = realm.token(&id).await?.ok_or_else(not_found)?;
    // Those of others are not there for who may not see them.
    if !is_own(&caller, &token) && caller.require(Permission::People).is_err() {
        return Err(not_found());
    }
    if !realm.revoke_token(&id, caller.by()).await? {
        return Err(not_found());
    }
    app.bus().access_changed();
    Ok(StatusCode::NO_CONTENT)
}

fn is_own(caller: &Caller, token: &TokenRecord) -> bool {
    let record = caller.record();
    let user = record.user.as_ref().map(|user| user.id);
    token.id == record.id || (token.user.is_some() && token.user == user)
}
