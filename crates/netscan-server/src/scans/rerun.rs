//! Makes a scan again.

use axum::extract::State;
use axum::response::Response;
use netscan_api::check::{Check, Findings};
use netscan_api::scan::{Options, RerunScan};
use netscan_model::access::Permission;
use netscan_model::scan::Scan;
use netscan_orchestrator::submit::{self, Rerun};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{made, request};
use crate::app::App;
use crate::caller::Caller;
use crate::input::{Id, OptionalBody, Query};
use crate::refusal::Refusal;

/// Whether to start it, for who sends no body.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Beginning {
    /// Whether it starts at once; goes before what the body says.
    start: Option<bool>,
}

impl Check for Beginning {
    fn examine(&self, _: &mut Findings) {}
}

/// Makes a new scan like this one, in the same series, and starts it unless told otherwise. Names
/// are looked up anew, and today's scope holds.
#[utoipa::path(post, path = "/scans/{id}/rerun", operation_id = "rerun_scan", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), Beginning),
    request_body = Option<RerunScan>,
    responses(
        (status = 201, description = "Made.", body = Scan),
        (status = 202, description = "Made, and being started.", body = Scan),
    ))]
pub(crate) async fn rerun(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(beginning): Query<Beginning>,
    OptionalBody(body): OptionalBody<RerunScan>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let scan = realm.scan(id).await?;
    // Whoever repeats a scan may be allowed less than who made it.
    let policy = app.policy(caller.record().grant.role);
    let options = request::parsed("/options", &Options::Line(scan.options.clone()), &policy)?;
    request::allow_rate("/max_rate", scan.limits.max_rate, &policy)?;
    let is_started = beginning.start.unwrap_or(body.start);
    let how = Rerun {
        ports_per_host: options.port_count_estimate(),
        address_limit: app.settings().address_limit,
        opens_outright: request::opens_outright(&caller),
        is_started,
        owner: request::owner(&caller),
    };
    let (scan, _) = submit::rerun(realm, &scan, how, caller.by()).await?;
    Ok(made(&app, scan, is_started))
}
