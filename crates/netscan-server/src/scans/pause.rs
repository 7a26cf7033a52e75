//! Pauses a scan.

use axum::extract::State;
use axum::response::Response;
use netscan_model::scan::{Command, Scan};

use crate::app::App;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Pauses a scan. What runs has a few seconds to end; what it found is kept.
#[utoipa::path(post, path = "/scans/{id}/pause", operation_id = "pause_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id")),
    responses((status = 202, description = "Asked for.", body = Scan)))]
pub(crate) async fn pause(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Refusal> {
    super::ask(&app, &caller, id, Command::Pause).await
}
