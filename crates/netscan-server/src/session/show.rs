//! Shows who one is.

use axum::Json;
use axum::extract::State;
use netscan_api::session::SessionBody;

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::session::opening;

/// Shows who one is, and what one may do.
#[utoipa::path(get, path = "/session", operation_id = "show_session", tag = "session",
    responses((status = 200, description = "Who one is.", body = SessionBody)))]
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<SessionBody>, Refusal> {
    let record = caller.record();
    let credentials = match &record.user {
        Some(user) => app.store().credentials(&user.name).await?,
        None => None,
    };
    let memberships = credentials.map(|credentials| credentials.memberships).unwrap_or_default();
    Ok(Json(opening::body(record, &memberships)))
}
