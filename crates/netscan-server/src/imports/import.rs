//! Makes a scan of a file.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use netscan_api::import::{ImportBody, ImportFile};
use netscan_model::access::Permission;
use netscan_orchestrator::import::{self, ImportError, ImportRequest, Imported};
use netscan_store::Realm;
use tokio::sync::Semaphore;

use super::upload;
use crate::app::App;
use crate::caller::Caller;
use crate::input::Query;
use crate::projects;
use crate::refusal::Refusal;
use crate::scans::request;

/// So many files are read at a time: each takes a thread and the memory of its hosts.
static PLACES: Semaphore = Semaphore::const_new(4);
/// When there may be a place again.
const LATER: Duration = Duration::from_secs(10);

/// Makes a scan of a file that nmap or masscan wrote: the file is the body of the request, as it is or
/// packed by gzip, and is stored while it is being sent. Nothing is scanned.
///
/// A file that is not whole becomes a scan that is `partial`.
#[utoipa::path(post, path = "/import", operation_id = "import_scan", tag = "scans",
    params(ImportFile),
    request_body(content = String, content_type = "application/octet-stream",
        description = "nmap's XML, or masscan's XML or JSON."),
    responses((status = 201, description = "Made.", body = ImportBody)))]
pub(crate) async fn import(
    State(app): State<App>,
    caller: Caller,
    Query(said): Query<ImportFile>,
    body: Body,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let request = asked(&caller, realm, said).await?;
    let _place = PLACES.try_acquire().map_err(|_| {
        Refusal::too_many("other files are being imported; try again when one is done", LATER)
    })?;
    let (upload, source) = upload::pipe();
    let stored = import::import(realm, &request, source, caller.by());
    let (imported, ()) = tokio::join!(stored, upload.forward(body));
    let Imported { scan, hosts, ports, skipped, truncated } = imported?;
    app.bus().ring(Some(scan.id));
    let place = [(LOCATION, format!("/api/v1/scans/{}", scan.id))];
    let answer = ImportBody { scan, hosts, ports, skipped, truncated };
    Ok((StatusCode::CREATED, place, Json(answer)).into_response())
}

/// What the orchestrator is to be asked for. A project that is named has to be there; the usual one is
/// made.
async fn asked(caller: &Caller, realm: &Realm, said: ImportFile) -> Result<ImportRequest, Refusal> {
    let project = match said.project.as_deref() {
        None | Some(projects::USUAL) => projects::USUAL.to_owned(),
        Some(reference) => projects::existing(realm, reference).await?.name,
    };
    Ok(ImportRequest {
        project,
        name: said.name.or(said.file.clone()).unwrap_or_default(),
        notes: said.notes.unwrap_or_default(),
        owner: request::owner(caller),
        file: said.file,
        format: said.format,
    })
}

impl From<ImportError> for Refusal {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            fault if fault.is_files_fault() => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, fault.to_string())
            }
            fault => Self::fault(&fault),
        }
    }
}
