//! Sets the limits of the server.

use axum::Json;
use axum::extract::State;
use netscan_api::limits::ServerLimits;
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;

/// Sets the limits of the server, all of them anew. They hold at once, also for what is running.
#[utoipa::path(put, path = "/settings/limits", operation_id = "set_limits", tag = "settings",
    request_body = ServerLimits,
    responses((status = 200, description = "The limits.", body = ServerLimits)))]
pub(crate) async fn set(
    caller: Caller,
    State(app): State<App>,
    Body(limits): Body<ServerLimits>,
) -> Result<Json<ServerLimits>, Refusal> {
    caller.require(Permission::Settings)?;
    caller.require_first_organisation()?;
    app.store().set_server_limits(&super::stored(limits), caller.by()).await?;
    Ok(Json(super::body(app.store().server_limits().await?)))
}
