//! Projects: named sets of targets, what they may touch, and how much of them may run.
//!
//! In a path, a project goes by its id or by its name.

mod add_targets;
mod body;
mod change_limits;
mod change_scope;
mod create;
mod list;
mod list_scans;
mod list_targets;
mod remove;
mod remove_target;
mod remove_targets;
mod show;
mod show_limits;
mod show_scope;
mod tag_target;
mod update;

use netscan_store::{Project, Realm};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::refusal::Refusal;

/// The project of whoever names none.
pub(crate) const USUAL: &str = "default";

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, update::update, remove::remove))
        .routes(routes!(show_scope::show_scope, change_scope::change_scope))
        .routes(routes!(show_limits::show_limits, change_limits::change_limits))
        .routes(routes!(list_targets::list_targets, add_targets::add_targets))
        .routes(routes!(remove_targets::remove_targets))
        .routes(routes!(tag_target::tag_target))
        .routes(routes!(remove_target::remove_target))
        .routes(routes!(list_scans::list_scans))
}

/// The project of that name or id, which has to be there.
pub(crate) async fn existing(realm: &Realm, reference: &str) -> Result<Project, Refusal> {
    let project = realm.project(reference).await?;
    project.ok_or_else(|| Refusal::not_found("project"))
}
