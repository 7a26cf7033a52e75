//! Scans: made, steered, and what they found.

mod compare;
mod create;
pub(crate) mod leave;
mod list;
mod list_artifacts;
mod list_attempts;
mod list_batches;
mod list_events;
mod list_hosts;
mod pause;
mod plan;
mod read_artifact;
mod read_report;
mod read_results;
mod remove;
pub(crate) mod request;
mod rerun;
mod resume;
mod retry;
mod show;
mod show_coverage;
mod show_map;
mod show_pace;
mod show_status;
mod split;
mod start;
mod start_new;
mod stop;
mod streamed;
mod update;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use netscan_api::Page;
use netscan_api::query::Paging;
use netscan_model::access::Permission;
use netscan_model::scan::{Command, Scan};
use netscan_store::{Realm, ScanCursor, ScanFilter};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::input::{next_cursor, page_size, place};
use crate::refusal::Refusal;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(start_new::start_new))
        .routes(routes!(plan::plan))
        .routes(routes!(show::show, update::update, remove::remove))
        .routes(routes!(start::start))
        .routes(routes!(pause::pause))
        .routes(routes!(resume::resume))
        .routes(routes!(stop::stop))
        .routes(routes!(retry::retry))
        .routes(routes!(rerun::rerun))
        .routes(routes!(split::split))
        .routes(routes!(show_status::show_status))
        .routes(routes!(read_results::read_results))
        .routes(routes!(read_report::read_report))
        .routes(routes!(list_batches::list_batches))
        .routes(routes!(list_hosts::list_hosts))
        .routes(routes!(show_coverage::show_coverage))
        .routes(routes!(show_map::show_map))
        .routes(routes!(show_pace::show_pace))
        .routes(routes!(list_events::list_events))
        .routes(routes!(list_attempts::list_attempts))
        .routes(routes!(list_artifacts::list_artifacts))
        .routes(routes!(read_artifact::read_artifact))
        .routes(routes!(compare::compare))
}

/// The scans that fit.
pub(crate) async fn page(
    realm: &Realm,
    filter: ScanFilter,
    paging: &Paging,
) -> Result<Page<Scan>, Refusal> {
    let size = page_size(paging.limit)?;
    let filter = ScanFilter { before: place(paging.cursor.as_deref())?, ..filter };
    let scans = realm.list_scans(&filter, size).await?;
    let next_cursor = next_cursor(&scans, size, ScanCursor::after);
    Ok(Page { items: scans, next_cursor })
}

/// Asks a scan to run, as somebody who might ask for all that it does.
async fn ask_to_run(
    app: &App,
    caller: &Caller,
    id: Uuid,
    command: Command,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    leave::require(app, caller, realm, &realm.scan(id).await?).await?;
    ask(app, caller, id, command).await
}

/// Asks something of a scan. What is asked for is stored; the runner follows.
async fn ask(
    app: &App,
    caller: &Caller,
    scan: Uuid,
    command: Command,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let scan = realm.command(scan, command, caller.by()).await?;
    app.bus().ring(Some(scan.id));
    Ok((StatusCode::ACCEPTED, Json(scan)).into_response())
}

/// The answer to whoever made `scan`.
fn made(app: &App, scan: Scan, is_started: bool) -> Response {
    app.bus().ring(Some(scan.id));
    let status = if is_started { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    (status, [(LOCATION, location(scan.id))], Json(scan)).into_response()
}

fn location(scan: Uuid) -> String {
    format!("/api/v1/scans/{scan}")
}
