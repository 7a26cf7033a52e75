//! Shows how one comes in: whether the first user is still to be made, and who vouches for others.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use netscan_api::setup::SetupState;

use super::offer::is_needed;
use crate::app::App;
use crate::refusal::Refusal;

/// Shows whether the first user is still to be made, and whether an OpenID provider lets people in.
#[utoipa::path(get, path = "/setup", operation_id = "show_setup", tag = "setup",
    responses((status = 200, description = "How it is.", body = SetupState)))]
pub(crate) async fn show(State(app): State<App>) -> Result<Json<SetupState>, Refusal> {
    let needed = is_needed(app.store(), Timestamp::now()).await?;
    Ok(Json(SetupState { needed, openid: app.oidc().is_some() }))
}
