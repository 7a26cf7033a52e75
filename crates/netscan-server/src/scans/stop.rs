//! Stops a scan.

use axum::extract::State;
use axum::response::Response;
use netscan_model::scan::{Command, Scan};

use crate::app::App;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Ends a scan for good; what it found is kept. It beats a pause, and may be asked for twice.
#[utoipa::path(post, path = "/scans/{id}/stop", operation_id = "stop_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id")),
    responses((status = 202, description = "Asked for.", body = Scan)))]
pub(crate) async fn stop(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Refusal> {
    super::ask(&app, &caller, id, Command::Stop).await
}
