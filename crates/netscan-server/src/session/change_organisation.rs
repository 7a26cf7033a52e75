//! Goes on in another organisation.

use axum::extract::State;
use axum::http::StatusCode;
use netscan_api::session::{ChangeOrganisation, SessionBody};
use netscan_model::access::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::session::guest::Guest;
use crate::session::opening::{self, Opened};
use crate::session::proof;

/// Goes on in another organisation that one belongs to. A new session takes the place of this one.
#[utoipa::path(post, path = "/session/organisation", operation_id = "change_organisation",
    tag = "session", request_body = ChangeOrganisation,
    responses((status = 200, description = "Who one is there.", body = SessionBody)))]
pub(crate) async fn change_organisation(
    State(app): State<App>,
    caller: Caller,
    guest: Guest,
    Body(request): Body<ChangeOrganisation>,
) -> Result<Opened, Refusal> {
    caller.require(Permission::Own)?;
    let user = proof::user(&caller)?;
    if !caller.is_by_cookie() {
        return Err(Refusal::conflict("a token belongs to one organisation; sign in to change"));
    }
    let credentials = app.store().credentials(&user.name).await?;
    let memberships = credentials.map(|credentials| credentials.memberships).unwrap_or_default();
    let meant = memberships.iter().find(|one| one.organisation == request.organisation);
    let not_there =
        || Refusal::field("/organisation", "you belong to no organisation of that name");
    let membership = meant.ok_or_else(not_there)?;
    let opened = opening::open_and_tell(&app, &guest, user, membership, &memberships).await?;
    Ok(opening::answer(StatusCode::OK, opened))
}
