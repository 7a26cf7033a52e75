//! Lists users.

use axum::Json;
use netscan_api::Page;
use netscan_api::user::UserBody;
use netscan_model::access::Permission;

use super::body::body;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Lists who belongs to the organisation, by name.
#[utoipa::path(get, path = "/users", operation_id = "list_users", tag = "users",
    responses((status = 200, description = "The users.", body = Page<UserBody>)))]
pub(crate) async fn list(caller: Caller) -> Result<Json<Page<UserBody>>, Refusal> {
    let realm = caller.realm(Permission::People)?;
    let members = realm.users().await?;
    let bodies = members.into_iter().map(|member| body(&caller, member));
    Ok(Json(Page::whole(bodies.collect())))
}
