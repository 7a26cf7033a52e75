//! Shows the limits of the server.

use axum::Json;
use axum::extract::State;
use netscan_api::limits::ServerLimits;
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Shows the limits of the server. They are the same for all organisations.
#[utoipa::path(get, path = "/settings/limits", operation_id = "show_limits", tag = "settings",
    responses((status = 200, description = "The limits.", body = ServerLimits)))]
pub(crate) async fn show(
    caller: Caller,
    State(app): State<App>,
) -> Result<Json<ServerLimits>, Refusal> {
    caller.require(Permission::Settings)?;
    caller.require_first_organisation()?;
    Ok(Json(super::body(app.store().server_limits().await?)))
}
