//! Takes up again what a scan could not reach.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use netscan_api::check::{Check, Findings};
use netscan_api::scan::{RetryOf, RetryScan};
use netscan_model::access::Permission;
use netscan_model::scan::Scan;
use netscan_orchestrator::submit;
use serde::Deserialize;
use utoipa::IntoParams;

use super::leave;
use crate::app::App;
use crate::caller::Caller;
use crate::input::{Id, OptionalBody, Query};
use crate::refusal::Refusal;

/// Which part, for who sends no body.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Which addresses; goes before what the body says.
    what: Option<RetryOf>,
}

impl Check for Part {
    fn examine(&self, _: &mut Findings) {}
}

/// Takes up again what a scan that has ended could not reach.
#[utoipa::path(post, path = "/scans/{id}/retry", operation_id = "retry_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), Part),
    request_body = Option<RetryScan>,
    responses((status = 202, description = "It goes on.", body = Scan)))]
pub(crate) async fn retry(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(part): Query<Part>,
    OptionalBody(request): OptionalBody<RetryScan>,
) -> Result<(StatusCode, Json<Scan>), Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let scan = realm.scan(id).await?;
    leave::require(&app, &caller, realm, &scan).await?;
    let what = match part.what.unwrap_or(request.only) {
        RetryOf::Everything => netscan_store::RetryOf::Everything,
        RetryOf::Failed => netscan_store::RetryOf::Failed,
        RetryOf::Difficult => netscan_store::RetryOf::Difficult,
    };
    let (scan, batches) = submit::retry(realm, &scan, what, caller.by()).await?;
    if batches == 0 {
        let detail = format!("scan {} has nothing of that kind to take up again", scan.number);
        return Err(Refusal::conflict(detail));
    }
    app.bus().ring(Some(id));
    Ok((StatusCode::ACCEPTED, Json(scan)))
}
