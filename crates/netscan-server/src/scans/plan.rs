//! Says what a scan would cost.

use axum::Json;
use axum::extract::State;
use netscan_api::scan::CreateScan;
use netscan_api::template::CostBody;
use netscan_model::access::Permission;
use netscan_orchestrator::submit;

use super::request;
use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;

/// Says what a scan would cost. Names are looked up for it; nothing is stored, and no packet is sent
/// to a target.
#[utoipa::path(post, path = "/scans/plan", operation_id = "plan_scan", tag = "scans",
    request_body = CreateScan,
    responses((status = 200, description = "What it would cost.", body = CostBody)))]
pub(crate) async fn plan(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<CreateScan>,
) -> Result<Json<CostBody>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let request = request::of(&app, &caller, realm, asked).await?;
    let cost = submit::preview(realm, &request, caller.by().now).await?;
    Ok(Json(request::cost_body(cost, &request.options)))
}
