//! Makes a project.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use netscan_api::project::{CreateProject, ProjectBody};
use netscan_model::access::Permission;
use netscan_store::{NewProject, ProjectChanges};
use uuid::Uuid;

use super::body::{body, stored_limits};
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;

/// Makes a project.
#[utoipa::path(post, path = "/projects", operation_id = "create_project", tag = "projects",
    request_body = CreateProject,
    responses((status = 201, description = "Made.", body = ProjectBody)))]
pub(crate) async fn create(
    caller: Caller,
    Body(request): Body<CreateProject>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Projects)?;
    let description = request.description.unwrap_or_default();
    let new = NewProject { id: Uuid::now_v7(), name: request.name, description };
    let mut project = realm.create_project(&new, caller.by()).await?;
    if let Some(limits) = request.limits {
        let limits = Some(stored_limits(limits));
        let changes = ProjectChanges { limits, ..ProjectChanges::default() };
        project = realm.change_project(project.id, &changes, caller.by()).await?;
    }
    let location = format!("/api/v1/projects/{}", project.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(body(project)?)).into_response())
}
