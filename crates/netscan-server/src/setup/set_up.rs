//! Makes the first user.

use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use netscan_api::session::SessionBody;
use netscan_api::setup::SetUp;
use netscan_model::access::Role;
use netscan_store::{NewUser, StoreError, User};
use uuid::Uuid;

use super::offer::is_needed;
use crate::app::App;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::session::guest::Guest;
use crate::session::password::check_password;
use crate::session::{opening, secret};

/// Makes the first user, an admin of the first organisation, and signs them in. It is possible once,
/// with the secret of the link that the server printed when it was started.
#[utoipa::path(post, path = "/setup", operation_id = "set_up", tag = "setup",
    request_body = SetUp,
    responses((status = 201, description = "Made, and signed in.", body = SessionBody)))]
pub(crate) async fn set_up(
    State(app): State<App>,
    guest: Guest,
    Body(request): Body<SetUp>,
) -> Result<Response, Refusal> {
    let admitted = app.sign_in().admit_nameless(&guest.remote, Instant::now());
    admitted.map_err(Refusal::too_many_attempts)?;
    if !is_needed(app.store(), Timestamp::now()).await? {
        return Err(refusal(StoreError::SetUp));
    }
    check_password(&request.user, &request.password)
        .map_err(|weak| Refusal::field("/password", weak.to_string()))?;
    let user = make(&app, &guest, request).await?;
    let (location, credentials) = ("/api/v1/session", app.store().credentials(&user.name).await?);
    let memberships = credentials.map(|credentials| credentials.memberships).unwrap_or_default();
    let removed = || Refusal::conflict("the user was removed a moment ago");
    let first = memberships.first().ok_or_else(removed)?;
    let opened = opening::open_and_tell(&app, &guest, &user, first, &memberships).await?;
    let answer = opening::answer(StatusCode::CREATED, opened);
    Ok(([("location", location)], answer).into_response())
}

async fn make(app: &App, guest: &Guest, request: SetUp) -> Result<User, Refusal> {
    let password = app.passwords().hash(request.password).await?;
    let actor = format!("user:{}", request.user.to_lowercase());
    let user = NewUser {
        id: Uuid::now_v7(),
        name: request.user,
        display_name: String::new(),
        password: Some(password),
        identity: None,
        role: Role::Admin,
    };
    let (hash, by) = (secret::hash(&request.token), guest.by(&actor));
    let organisation = request.organisation.as_deref();
    app.store().complete_setup(&hash, &user, organisation, by).await.map_err(refusal)
}

fn refusal(error: StoreError) -> Refusal {
    match error {
        StoreError::SetUp => {
            Refusal::new(StatusCode::GONE, "this server is set up already; sign in")
        }
        StoreError::SetupRefused => {
            let detail = "this link does not hold; take the one that the server printed when it \
                          was started last";
            Refusal::new(StatusCode::FORBIDDEN, detail)
        }
        other => other.into(),
    }
}
