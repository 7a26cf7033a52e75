//! Makes a scan.

use axum::extract::State;
use axum::response::Response;
use netscan_api::scan::CreateScan;
use netscan_model::access::Permission;
use netscan_model::scan::Scan;

use super::{made, request};
use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;

/// Makes a scan, and starts it with `start`.
///
/// Targets that cannot be read, that are too many or that the project's scope does not allow are
/// refused at once, and nothing is stored.
#[utoipa::path(post, path = "/scans", operation_id = "create_scan", tag = "scans",
    request_body = CreateScan,
    responses(
        (status = 201, description = "Made.", body = Scan),
        (status = 202, description = "Made, and being started.", body = Scan),
    ))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<CreateScan>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let is_started = asked.start;
    let scan = request::submitted(&app, &caller, realm, asked).await?;
    Ok(made(&app, scan, is_started))
}
