//! Takes a user out of the organisation.

use axum::extract::State;
use axum::http::StatusCode;
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Takes a user out of the organisation. Their sessions and tokens in it end; what they made stays.
#[utoipa::path(delete, path = "/users/{id}", operation_id = "remove_user", tag = "users",
    params(("id" = Uuid, Path, description = "The user's id")),
    responses((status = 204, description = "Removed.")))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<StatusCode, Refusal> {
    let realm = caller.realm(Permission::People)?;
    if !realm.remove_user(id, caller.by()).await? {
        return Err(Refusal::not_found("user"));
    }
    app.bus().access_changed();
    Ok(StatusCode::NO_CONTENT)
}
