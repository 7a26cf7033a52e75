//! Makes a user.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use netscan_api::user::{CreateUser, UserBody};
use netscan_model::access::Permission;
use netscan_store::NewUser;
use uuid::Uuid;

use super::body::body;
use super::leave::require_no_less;
use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::session::password::check_password;

/// Makes a user of the organisation.
#[utoipa::path(post, path = "/users", operation_id = "create_user", tag = "users",
    request_body = CreateUser,
    responses((status = 201, description = "Made.", body = UserBody)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<CreateUser>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::People)?;
    require_no_less(&caller, request.role, "/role")?;
    let password = match request.password {
        Some(password) => {
            check_password(&request.name, &password)
                .map_err(|weak| Refusal::field("/password", weak.to_string()))?;
            Some(app.passwords().hash(password).await?)
        }
        None => None,
    };
    let user = NewUser {
        id: Uuid::now_v7(),
        name: request.name,
        display_name: request.display_name.unwrap_or_default(),
        password,
        identity: None,
        role: request.role,
    };
    let member = realm.create_user(&user, caller.by()).await?;
    let location = format!("/api/v1/users/{}", member.user.id);
    let made = Json(body(&caller, member));
    Ok((StatusCode::CREATED, [("location", location)], made).into_response())
}
