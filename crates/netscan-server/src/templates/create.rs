//! Makes a template.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use netscan_api::template::{CreateTemplate, TemplateBody};
use netscan_model::access::Permission;
use netscan_store::NewTemplate;
use uuid::Uuid;

use super::body::body;
use super::validate::refuse_problems;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;

/// Makes a template. One with mistakes is refused, with the line of each.
#[utoipa::path(post, path = "/templates", operation_id = "create_template", tag = "templates",
    request_body = CreateTemplate,
    responses((status = 201, description = "Made.", body = TemplateBody)))]
pub(crate) async fn create(
    caller: Caller,
    Body(asked): Body<CreateTemplate>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    refuse_problems(&asked.body)?;
    let CreateTemplate { name, description, body: text } = asked;
    let description = description.unwrap_or_default();
    let new = NewTemplate { id: Uuid::now_v7(), name, description, body: text };
    let made = realm.create_template(&new, caller.by()).await?;
    let location = format!("/api/v1/templates/{}", made.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body(realm, made).await?))
        .into_response())
}
