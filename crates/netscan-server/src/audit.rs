//! The audit log: who did what, and whether it is whole.

mod list;
mod verify;
pub(crate) mod witness;

pub use list::body as audit_body;
pub use verify::{head as audit_head, verdict as audit_verdict};

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(verify::verify))
}
