//! The audit log: who did what, and whether it is whole.

mod list;
mod verify;

pub use list::body as audit_body;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(verify::verify))
}
