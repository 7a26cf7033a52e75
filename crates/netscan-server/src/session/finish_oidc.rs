//! Signs in somebody whom the OpenID provider vouches for.

use std::time::Instant;

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use netscan_api::session::OidcAnswer;
use netscan_api::text::{Label, Rule, UserName};
use netscan_model::access::Role;
use netscan_store::{Credentials, NewUser, Organisation, StoreError, User};
use uuid::Uuid;

use crate::app::App;
use crate::browser::ERRAND;
use crate::input::Query;
use crate::refusal::Refusal;
use crate::session::guest::Guest;
use crate::session::oidc::{Vouched, forbidden};
use crate::session::{opening, secret};

/// Signs in somebody whom the OpenID provider vouches for, and goes on to the first page. Those who
/// come for the first time are made users when the server is told to let them in.
#[utoipa::path(get, path = "/session/oidc/callback", operation_id = "finish_oidc", tag = "session",
    params(OidcAnswer),
    responses((status = 302, description = "Signed in; to the first page.")))]
pub(crate) async fn finish(
    State(app): State<App>,
    guest: Guest,
    Query(answer): Query<OidcAnswer>,
) -> Result<Response, Refusal> {
    let (provider, now) = (app.oidc().ok_or_else(super::start_oidc::no_provider)?, Instant::now());
    let admitted = app.sign_in().admit_nameless(&guest.remote, now);
    admitted.map_err(Refusal::too_many_attempts)?;
    let OidcAnswer { state, code, error } = answer;
    if error.is_some() {
        return Err(forbidden("the provider does not vouch for you; begin again, or ask an admin"));
    }
    let (Some(state), Some(code)) = (state, code) else {
        return Err(Refusal::bad_request("a provider sends people back with a state and a code"));
    };
    let cookie = guest.errand.as_deref().unwrap_or_default();
    let vouched = provider.receive((&state, code, cookie), now).await?;
    let known = app.store().user_by_identity(&vouched.identity.issuer, &vouched.identity.subject);
    let (user, organisation) = match (known.await?, provider.default_role()) {
        (Some(credentials), _) => let_in(&app, &guest, credentials).await?,
        (None, Some(role)) => (make(&app, &guest, vouched, role).await?, Organisation::FIRST),
        (None, None) => {
            let name = vouched.name.unwrap_or(vouched.identity.subject);
            return Err(keep_out(&app, &guest, &name, "the provider's user is not known").await);
        }
    };
    let (session, _) = opening::open(&app, &guest, &user, organisation).await?;
    let cookies = [(SET_COOKIE, session), (SET_COOKIE, ERRAND.clear(guest.is_secure))];
    let location = [(LOCATION, HeaderValue::from_static("/"))];
    Ok((StatusCode::FOUND, location, AppendHeaders(cookies)).into_response())
}

/// Where somebody goes on who is known.
async fn let_in(
    app: &App,
    guest: &Guest,
    credentials: Credentials,
) -> Result<(User, Uuid), Refusal> {
    let Credentials { user, memberships, .. } = credentials;
    match memberships.first().filter(|_| !user.is_disabled) {
        Some(first) => Ok((user, first.organisation_id)),
        None => Err(keep_out(app, guest, &user.name, "the user is kept out").await),
    }
}

async fn keep_out(app: &App, guest: &Guest, name: &str, why: &str) -> Refusal {
    let name = name.chars().filter(|character| !character.is_control()).take(100);
    let name = name.collect::<String>();
    match app.store().refuse_sign_in(&name, why, guest.by("netscan")).await {
        Ok(()) => forbidden("you are no user of this server; ask an admin to let you in"),
        Err(error) => error.into(),
    }
}

/// Makes a user of somebody new. Nobody becomes a user that is there already because a provider
/// calls them the same.
async fn make(app: &App, guest: &Guest, vouched: Vouched, role: Role) -> Result<User, Refusal> {
    let realm = app.store().realm(Organisation::FIRST).await?.ok_or_else(Refusal::unauthorised)?;
    let fits = |name: &String| UserName::objection(name).is_none();
    let number = || format!("oidc-{}", &secret::hash(&vouched.identity.subject)[..12]);
    let name = vouched.name.filter(fits).unwrap_or_else(number).to_lowercase();
    let actor = format!("user:{name}");
    let is_label = Label::objection(&vouched.display_name).is_none();
    let user = NewUser {
        id: Uuid::now_v7(),
        name,
        display_name: if is_label { vouched.display_name } else { String::new() },
        password: None,
        identity: Some(vouched.identity),
        role,
    };
    match realm.create_user(&user, guest.by(&actor)).await {
        Ok(member) => Ok(member.user),
        Err(StoreError::Taken { name, .. }) => {
            let why = "somebody else has the name that the provider calls the user";
            Err(keep_out(app, guest, &name, why).await)
        }
        Err(error) => Err(error.into()),
    }
}
