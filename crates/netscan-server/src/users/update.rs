//! Changes a user.

use axum::Json;
use axum::extract::State;
use netscan_api::user::{UpdateUser, UserBody};
use netscan_model::access::Permission;
use netscan_store::{StoreError, UserChanges};

use super::body::body;
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
    };
    let mut after = realm.change_user(id, &changes, caller.by()).await?.ok_or_else(not_found)?;
    if request.has_totp == Some(false) && after.user.has_totp {
        refuse_shared(&app, &after.user.name).await?;
        realm.drop_totp(id, caller.by()).await?;
        after = realm.user(id).await?.ok_or_else(not_found)?;
    }
    app.bus().access_changed();
    Ok(Json(body(&caller, after)))
}

/// Refuses to weaken somebody who belongs to other organisations too: they rely on it as well.
async fn refuse_shared(app: &App, name: &str) -> Result<(), Refusal> {
    let credentials = app.store().credentials(name).await?;
    if credentials.is_some_and(|credentials| credentials.memberships.len() > 1) {
        return Err(StoreError::Shared { name: name.to_owned() }.into());
    }
    Ok(())
}
