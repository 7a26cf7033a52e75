//! Resumes a scan.

use axum::extract::State;
use axum::response::Response;
use netscan_model::scan::{Command, Scan};

use crate::app::App;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Goes on with a scan that was paused.
#[utoipa::path(post, path = "/scans/{id}/resume", operation_id = "resume_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id")),
    responses((status = 202, description = "Asked for.", body = Scan)))]
pub(crate) async fn resume(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Refusal> {
    super::ask_to_run(&app, &caller, id, Command::Resume).await
}
