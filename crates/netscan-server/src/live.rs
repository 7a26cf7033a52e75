//! Live events over WebSockets.
//!
//! ```text
//!  GET /ws/scans/{id}?since=SEQ ── Guest: who asks, from which page, for which organisation ──▶ 401, 403
//!        │                          the scan is theirs ────────────────────────────────────────▶ 404
//!        ▼
//!   connected ─▶ stored events behind `since`, then what is new: a Watcher of the bus, which is a
//!                cursor and no queue, so that nobody who is slow costs memory or holds up a scan
//! ```
//!
//! Everything that can be refused is refused before the upgrade, with a problem. Afterwards only
//! close codes are left: 1001 the server ends, 1008 whoever watches may no longer do so, 1011 the
//! events cannot be read, 1013 they were sent faster than they were read.

mod guest;
mod history;
mod listen;
mod project;
mod scan;
mod socket;
mod ticket;

use axum::Router;
use axum::routing::get;
use netscan_api::Check;
use netscan_api::check::Findings;
use netscan_api::text::{Name, Secret};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::history::StoredHistory;
pub(crate) use self::listen::{follow_access, follow_runner};
pub(crate) use self::ticket::Tickets;
use crate::app::App;

/// The operations that lead to a WebSocket.
pub(crate) fn operations() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(ticket::take))
}

/// The WebSockets themselves.
pub(crate) fn routes() -> Router<App> {
    ["", "/api", "/api/v1"].into_iter().fold(Router::new(), |router, base| {
        router
            .route(&format!("{base}/ws/scans/{{id}}"), get(scan::watch))
            .route(&format!("{base}/ws/events"), get(project::watch))
    })
}

/// What stands behind the question mark of a WebSocket's address.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wishes {
    /// Stored events up to this one are known already.
    since: Option<u64>,
    /// Leave to connect, for who can send neither a cookie nor a header.
    ticket: Option<String>,
    /// The project's name or id.
    project: Option<String>,
}

impl Check for Wishes {
    fn examine(&self, findings: &mut Findings) {
        findings.some_text::<Secret>("/ticket", self.ticket.as_deref());
        findings.some_text::<Name>("/project", self.project.as_deref());
    }
}
