//! Changes a user.

use axum::Json;
use axum::extract::State;
use netscan_api::user::{UpdateUser, UserBody};
use netscan_model::access::{Permission, Role};
use netscan_store::UserChanges;

use super::body::body;
use super::leave::require_no_less;
use crate::app::App;
use crate::caller::Caller;
use crate::input::{Body, Id};
use crate::refusal::Refusal;
use crate::session::password::check_password;

/// Changes a user: what is left out stays as it is. With a new password all their sessions end.
#[utoipa::path(put, path = "/users/{id}", operation_id = "update_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user's id")),
    request_body = UpdateUser,
    responses((status = 200, description = "Changed.", body = UserBody)))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Body(request): Body<UpdateUser>,
) -> Result<Json<UserBody>, Refusal> {
    let realm = caller.realm(Permission::People)?;
    let not_found = || Refusal::not_found("user");
    let before = realm.user(id).await?.ok_or_else(not_found)?;
    refuse_more_than_own(&caller, before.role, &request)?;
    let password = match request.password {
        Some(password) => {
            check_password(&before.user.name, &password)
                .map_err(|weak| Refusal::field("/password", weak.to_string()))?;
            Some(app.passwords().hash(password).await?)
        }
        None => None,
    };
    let changes = UserChanges {
        role: request.role,
        is_disabled: request.is_disabled,
        display_name: request.display_name,
        password,
        drops_totp: request.has_totp == Some(false) && before.user.has_totp,
    };
    let after = realm.change_user(id, &changes, caller.by()).await?.ok_or_else(not_found)?;
    app.bus().access_changed();
    Ok(Json(body(&caller, after)))
}

/// Refuses what would give the caller more than they have: a role beyond their own leave, or the
/// way to sign in as somebody who is more.
fn refuse_more_than_own(caller: &Caller, before: Role, asked: &UpdateUser) -> Result<(), Refusal> {
    let wanted = [
        (asked.role, "/role"),
        (asked.password.as_ref().map(|_| before), "/password"),
        (asked.has_totp.map(|_| before), "/has_totp"),
    ];
    for (role, field) in wanted {
        let Some(role) = role else { continue };
        require_no_less(caller, role, field)?;
    }
    Ok(())
}
