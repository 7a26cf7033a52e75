//! Batches: the slices of a scan that workers run.

mod body;
mod find;
mod retry;
mod show;
mod split;
mod stop;
mod update;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) use body::artifact_bodies;
pub use body::{attempt_body, batch_body, counts_body, file_name};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(find::find))
        .routes(routes!(show::show, update::update))
        .routes(routes!(retry::retry))
        .routes(routes!(split::split))
        .routes(routes!(stop::stop))
}
