//! Tokens: what programs say who they are with.

mod body;
mod create;
mod list;
pub(crate) mod made;
mod revoke;

pub use body::body as token_body;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(revoke::revoke))
}
