//! Starts a scan.

use axum::extract::State;
use axum::response::Response;
use netscan_model::scan::{Command, Scan};

use crate::app::App;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Starts a scan, or takes up one that was paused. What runs already goes on.
#[utoipa::path(post, path = "/scans/{id}/start", operation_id = "start_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id")),
    responses((status = 202, description = "Asked for.", body = Scan)))]
pub(crate) async fn start(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Refusal> {
    super::ask_to_run(&app, &caller, id, Command::Start).await
}
