//! Gives out the report of a scan for people.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use netscan_api::query::ReadReport;
use netscan_model::access::Permission;
use netscan_model::scan::Scan;
use netscan_modules::chromium::Chromium;
use netscan_report::ReportFormat;
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use super::streamed::streamed;
use crate::app::App;
use crate::caller::Caller;
use crate::input::{Id, Query};
use crate::refusal::Refusal;
use crate::results::Report;

/// How long a report waits for those that are printed before it.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// Gives out the report of a scan for people: as a page, as Markdown, as PDF if the server has
/// Chromium, or as the JSON that a template is given.
#[utoipa::path(get, path = "/scans/{id}/report", operation_id = "read_report", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), ReadReport),
    responses((status = 200, description = "The report.", content(
        (String = "text/html"),
        (String = "text/markdown"),
        (Vec<u8> = "application/pdf"),
        (Object = "application/json"),
    ))))]
pub(crate) async fn read_report(
    caller: Caller,
    State(app): State<App>,
    Id(id): Id,
    Query(query): Query<ReadReport>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let format = format(query.format.as_deref())?;
    let scan = realm.scan(id).await?;
    let chromium = || Chromium::find(app.settings().chromium.as_deref());
    let turn = if format == ReportFormat::Pdf { Some(turn(&app).await?) } else { None };
    let report = Report::begin(realm, &scan, format, chromium).await?;
    drop(turn);
    let mut response = streamed(report).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(format)));
    headers.insert(CONTENT_DISPOSITION, disposition(&scan, format)?);
    if format == ReportFormat::Html {
        // It has its own style, and no business with this server.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    Ok(response)
}

fn format(name: Option<&str>) -> Result<ReportFormat, Refusal> {
    let Some(name) = name else { return Ok(ReportFormat::Html) };
    name.parse().map_err(|error: netscan_model::observation::UnknownName| {
        Refusal::field("/format", error.to_string())
    })
}

/// The right to print. One Chromium at a time is enough for a machine that scans.
async fn turn(app: &App) -> Result<SemaphorePermit<'_>, Refusal> {
    let turn = timeout(LONGEST_WAIT, app.printer().acquire()).await.ok().and_then(Result::ok);
    turn.ok_or_else(|| {
        let detail = "other reports are being printed; ask again later, or for html";
        Refusal::later(StatusCode::SERVICE_UNAVAILABLE, detail, LONGEST_WAIT)
    })
}

fn media_type(format: ReportFormat) -> &'static str {
    match format {
        ReportFormat::Html => "text/html; charset=utf-8",
        ReportFormat::Markdown => "text/markdown; charset=utf-8",
        ReportFormat::Pdf => "application/pdf",
        ReportFormat::Json => "application/json",
    }
}

/// What the report is called when it is saved.
fn disposition(scan: &Scan, format: ReportFormat) -> Result<HeaderValue, Refusal> {
    let value = format!("inline; filename=\"report-{}.{format}\"", scan.number);
    HeaderValue::from_str(&value).map_err(|error| Refusal::fault(&error))
}
