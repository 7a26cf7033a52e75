//! Shows one user.

use axum::Json;
use netscan_api::user::UserBody;
use netscan_model::access::Permission;

use super::body::body;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Shows one user.
#[utoipa::path(get, path = "/users/{id}", operation_id = "show_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user's id")),
    responses((status = 200, description = "The user.", body = UserBody)))]
pub(crate) async fn show(caller: Caller, Id(id): Id) -> Result<Json<UserBody>, Refusal> {
    let realm = caller.realm(Permission::People)?;
    let member = realm.user(id).await?.ok_or_else(|| Refusal::not_found("user"))?;
    Ok(Json(body(&caller, member)))
}
