//! Scans a few targets while the caller waits.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use netscan_api::quick::{QuickResult, QuickScan};
use netscan_api::scan::{CreateScan, Options};
use netscan_model::access::Permission;
use netscan_orchestrator::quick::{self, Answer, Quick, QuickError};

use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::scans::request;

/// Scans a few targets, and answers when that is done: within ten minutes. It is a scan like any
/// other, and stays in the project.
#[utoipa::path(post, path = "/nmap/run", operation_id = "run_nmap", tag = "nmap",
    request_body = QuickScan,
    responses((status = 200, description = "What was found.", body = QuickResult)))]
pub(crate) async fn run(
    State(app): State<App>,
    caller: Caller,
    Body(quick): Body<QuickScan>,
) -> Result<Json<QuickResult>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    refuse_idle(&app)?;
    let request = request::of(&app, &caller, realm, asked(quick)).await;
    let request = request.map_err(|refusal| refusal.renamed("/options", "/nmap_flags"))?;
    let quick = Quick { request, artifacts: &app.settings().artifacts, deadline: quick::DEADLINE };
    let answer = quick::quick_scan(realm, quick, caller.by()).await;
    let Answer { scan, stdout, exit_code, hosts } = answer.map_err(|error| match error {
        QuickError::Submit(error) => Refusal::from(error),
        QuickError::Store(error) => Refusal::from(error),
        other => Refusal::fault(&other),
    })?;
    Ok(Json(QuickResult {
        scan_id: Some(scan.id),
        stdout,
        exit_code: exit_code.unwrap_or(-1),
        hosts,
    }))
}

fn asked(quick: QuickScan) -> CreateScan {
    let QuickScan { nmap_flags, targets, project } = quick;
    let options = (!nmap_flags.is_empty()).then_some(Options::Words(nmap_flags));
    CreateScan { project, targets, options, start: true, ..CreateScan::default() }
}

/// Nobody waits for a scan that nothing would run.
fn refuse_idle(app: &App) -> Result<(), Refusal> {
    let unavailable = |detail: String| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, detail);
    let Some(runner) = app.runner() else {
        return Err(unavailable("this server runs no scans itself; make a scan instead".into()));
    };
    match runner.trouble() {
        Some(trouble) => Err(unavailable(format!("nothing can be run just now: {trouble}"))),
        None => Ok(()),
    }
}
