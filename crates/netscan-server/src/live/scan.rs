//! Watches one scan: its stored events, each once and in order, and the lines of its scanners.

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
use crate::input::{Id, Query};
use crate::refusal::Refusal;

pub(super) async fn watch(
    State(app): State<App>,
    Id(id): Id,
    Query(wishes): Query<Wishes>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parts: Parts,
) -> Result<Response, Refusal> {
    let guest = Guest::of(&parts, &app, wishes.ticket.as_deref()).await?;
    let scan = guest.realm().scan(id).await?.id;
    let upgrade = upgrade.map_err(|rejection| socket::not_asked_for(&rejection))?;
    let seq = wishes.since.unwrap_or(0);
    let watched = Watched::Scan(scan, app.bus().watch(scan, seq));
    let greeting = Frame::Connected { scan_id: Some(scan), seq, ts: Timestamp::now() };
    Ok(socket::open(upgrade, &parts, app, guest, greeting, watched))
}
