//! Makes an organisation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use netscan_api::organisation::{CreateOrganisation, OrganisationBody};
use netscan_model::access::{Permission, Role};
use uuid::Uuid;

use super::body::body;
use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;

/// Makes an organisation. Whoever makes it is its first admin.
#[utoipa::path(post, path = "/organisations", operation_id = "create_organisation",
    tag = "organisations", request_body = CreateOrganisation,
    responses((status = 201, description = "Made.", body = OrganisationBody)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<CreateOrganisation>,
) -> Result<Response, Refusal> {
    caller.require(Permission::Settings)?;
    let (store, by) = (app.store(), caller.by());
    let made = store.create_organisation(Uuid::now_v7(), &request.name, by).await?;
    if let Some(user) = &caller.record().user {
        store.add_member(made.id, user.id, Role::Admin, by).await?;
    }
    Ok((StatusCode::CREATED, Json(body(made))).into_response())
}
