//! Lists organisations.

use axum::Json;
use axum::extract::State;
use netscan_api::Page;
use netscan_api::organisation::OrganisationBody;
use netscan_model::access::Permission;

use super::body::body;
use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Lists the organisations that one belongs to, the oldest first; all of them for the admins of the
/// server. A token belongs to one.
#[utoipa::path(get, path = "/organisations", operation_id = "list_organisations",
    tag = "organisations",
    responses((status = 200, description = "The organisations.", body = Page<OrganisationBody>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Page<OrganisationBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    if !caller.is_by_cookie() && caller.require(Permission::Settings).is_err() {
        return Ok(Json(Page::whole(vec![body(realm.organisation().await?)])));
    }
    let all = app.store().organisations().await?;
    if caller.require(Permission::Settings).is_ok() {
        return Ok(Json(Page::whole(all.into_iter().map(body).collect())));
    }
    let credentials = match &caller.record().user {
        Some(user) => app.store().credentials(&user.name).await?,
        None => None,
    };
    let memberships = credentials.map(|credentials| credentials.memberships).unwrap_or_default();
    let own = all
        .into_iter()
        .filter(|one| memberships.iter().any(|membership| membership.organisation_id == one.id));
    Ok(Json(Page::whole(own.map(body).collect())))
}
