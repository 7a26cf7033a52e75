//! Changes a template.

use axum::Json;
use netscan_api::Check;
use netscan_api::check::Findings;
use netscan_api::template::{TemplateBody, UpdateTemplate};
use netscan_model::access::Permission;
use netscan_store::TemplateChanges;
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::body;
use super::validate::refuse_problems;
use crate::caller::Caller;
use crate::input::{Body, Id, Query};
use crate::refusal::Refusal;

/// Which version is meant.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct Version {
    /// The number of a version. When a template is changed: the newest version that was looked at
    /// before; when there is a newer one, nothing is changed.
    #[param(minimum = 1, maximum = 1_000_000)]
    pub(super) version: Option<u32>,
}

impl Check for Version {
    fn examine(&self, _findings: &mut Findings) {}
}

/// Changes a template. What is left out stays as it is; a text that differs is a new version, and
/// those before it stay as they are.
#[utoipa::path(put, path = "/templates/{id}", operation_id = "update_template", tag = "templates",
    params(("id" = Uuid, Path, description = "The template's id"), Version),
    request_body = UpdateTemplate,
    responses((status = 200, description = "The template.", body = TemplateBody)))]
pub(crate) async fn update(
    caller: Caller,
    Id(id): Id,
    Query(Version { version: seen }): Query<Version>,
    Body(asked): Body<UpdateTemplate>,
) -> Result<Json<TemplateBody>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    if let Some(text) = &asked.body {
        refuse_problems(text)?;
    }
    let UpdateTemplate { name, description, body: text } = asked;
    let changes = TemplateChanges { seen, name, description, body: text };
    let template = realm.change_template(id, &changes, caller.by()).await?;
    let template = template.ok_or_else(|| Refusal::not_found("template"))?;
    Ok(Json(body(realm, template).await?))
}
