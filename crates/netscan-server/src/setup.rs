//! The first start: a link that is printed once makes the first user.

pub(crate) mod offer;
mod set_up;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show::show, set_up::set_up))
}
