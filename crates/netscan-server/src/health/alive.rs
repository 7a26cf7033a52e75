//! Says that the server is alive. It is, as long as it can say so.

use axum::Json;
use netscan_api::health::Liveness;

pub(super) async fn show() -> Json<Liveness> {
    Json(Liveness { status: "ok".into(), version: env!("CARGO_PKG_VERSION").into() })
}
