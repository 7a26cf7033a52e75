//! Watches all scans of a project, also those that it does not have yet: what is stored from now
//! on, without lines.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::request::Parts;
use axum::response::Response;
use jiff::Timestamp;
use netscan_api::frame::Frame;

use super::Wishes;
use super::guest::Guest;
use super::socket::{self, Watched};
use crate::app::App;
use crate::input::Query;
use crate::refusal::Refusal;

/// The project that is meant when none is named.
const USUAL: &str = "default";

pub(super) async fn watch(
    State(app): State<App>,
    Query(wishes): Query<Wishes>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parts: Parts,
) -> Result<Response, Refusal> {
    let guest = Guest::of(&parts, &app, wishes.ticket.as_deref()).await?;
    let name = wishes.project.as_deref().unwrap_or(USUAL);
    let project = guest.realm().project(name).await?;
    let project = project.ok_or_else(|| Refusal::not_found("project"))?;
    let upgrade = upgrade.map_err(|rejection| socket::not_asked_for(&rejection))?;
    let watched = Watched::Project(app.bus().watch_project(project.id).await);
    let greeting = Frame::Connected { scan_id: None, seq: 0, ts: Timestamp::now() };
    Ok(socket::open(upgrade, &parts, app, guest, greeting, watched))
}
