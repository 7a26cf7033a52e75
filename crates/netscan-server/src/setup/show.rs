//! Shows whether the first user is still to be made.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use netscan_api::setup::SetupState;

use super::offer::is_needed;
use crate::app::App;
use crate::refusal::Refusal;

/// Shows whether the first user is still to be made.
#[utoipa::path(get, path = "/setup", operation_id = "show_setup", tag = "setup",
    responses((status = 200, description = "Whether it is.", body = SetupState)))]
pub(crate) async fn show(State(app): State<App>) -> Result<Json<SetupState>, Refusal> {
    let needed = is_needed(app.store(), Timestamp::now()).await?;
    Ok(Json(SetupState { needed }))
}
