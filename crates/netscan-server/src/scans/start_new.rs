//! Makes a scan and starts it, as programs of earlier generations ask for it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use netscan_api::quick::{StartScan, Started, StartedStatus};
use netscan_api::scan::{CreateScan, Options, ScanConfiguration};
use netscan_model::access::Permission;

use super::{location, request};
use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;

/// Makes a scan and starts it. The answer comes at once, and not at the scan's end.
#[utoipa::path(post, path = "/scans/start", operation_id = "start_new_scan", tag = "scans",
    request_body = StartScan,
    responses((status = 202, description = "It is being started.", body = Started)))]
pub(crate) async fn start_new(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<StartScan>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let scan = request::submitted(&app, &caller, realm, asked(request)).await;
    let scan = scan.map_err(|refusal| {
        refusal.renamed("/options", "/nmap_flags").renamed("/configuration", "")
    })?;
    app.bus().ring(Some(scan.id));
    let answer = Started { scan_id: scan.id, status: StartedStatus::Started };
    let place = [(LOCATION, location(scan.id))];
    Ok((StatusCode::ACCEPTED, place, Json(answer)).into_response())
}

fn asked(request: StartScan) -> CreateScan {
    let StartScan {
        project_id,
        nmap_flags,
        targets,
        chunk_size,
        concurrency,
        runner: _,
        profile,
        name,
    } = request;
    CreateScan {
        name,
        project_id: Some(project_id),
        targets,
        configuration: Some(ScanConfiguration {
            chunk_size: Some(chunk_size),
            concurrency: Some(concurrency),
            ..ScanConfiguration::default()
        }),
        options: (!nmap_flags.is_empty()).then_some(Options::Words(nmap_flags)),
        profile,
        start: true,
        ..CreateScan::default()
    }
}
