//! Templates: what scans are made from again and again.

mod body;
mod create;
mod list;
mod list_versions;
mod plan;
mod remove;
mod show;
mod update;
mod validate;

pub use body::{body as template_body, problem as template_problem};

use netscan_store::{Realm, Template};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::input::LARGEST_PAGE;
use crate::refusal::Refusal;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(validate::validate))
        .routes(routes!(plan::plan))
        .routes(routes!(show::show, update::update, remove::remove))
        .routes(routes!(list_versions::list_versions))
}

/// The template of that id or name, in that version or its newest.
pub(crate) async fn existing(
    realm: &Realm,
    reference: &str,
    version: Option<u32>,
) -> Result<Template, Refusal> {
    let id = match Uuid::try_parse(reference) {
        Ok(id) => Some(id),
        Err(_) => id_of(realm, reference).await?,
    };
    let found = match id {
        Some(id) => realm.template(id, version).await?,
        None => None,
    };
    found.ok_or_else(|| Refusal::not_found("template, or no such version of it"))
}

async fn id_of(realm: &Realm, name: &str) -> Result<Option<Uuid>, Refusal> {
    let mut after = None;
    loop {
        let page = realm.templates(after.as_deref(), LARGEST_PAGE).await?;
        if let Some(found) = page.iter().find(|template| template.name == name) {
            return Ok(Some(found.id));
        }
        match page.last() {
            Some(last) => after = Some(last.name.clone()),
            None => return Ok(None),
        }
    }
}
