//! Users: who belongs to the organisation, and as what.

mod body;
mod create;
mod leave;
mod list;
mod remove;
mod show;
mod update;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(
        show::show,
        update::update,
        remove::remove
    ))
}
