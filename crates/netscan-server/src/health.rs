//! How the server is: for whoever starts, balances and watches over it.

mod alive;
mod disk;
mod exposition;
mod histogram;
mod measures;
mod metrics;
mod process;
mod ready;

use axum::Router;
use axum::routing::get;

pub(crate) use self::measures::{Measures, measure, watch_database};
use crate::app::App;

/// `/healthz`, `/readyz` and `/metrics`, and what earlier generations called them.
pub(crate) fn routes() -> Router<App> {
    let alive = ["/healthz", "/api/health", "/api/healthz"];
    let router =
        Router::new().route("/readyz", get(ready::show)).route("/metrics", get(metrics::show));
    alive.into_iter().fold(router, |router, path| router.route(path, get(alive::show)))
}
