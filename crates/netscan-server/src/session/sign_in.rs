//! Signs in with a name and a password, and a code for who has a second factor.

use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use netscan_api::session::{SessionBody, SignIn};
use netscan_store::{Credentials, Membership};

use crate::app::App;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::session::guest::Guest;
use crate::session::opening::{self, Opened};
use crate::session::password::Verdict;
use crate::session::totp;

/// Signs in. The answer sets the session's cookie. Who has a second factor and sends no `totp` is
/// told so with status 401 and `/totp` as the field at fault.
#[utoipa::path(post, path = "/session", operation_id = "sign_in", tag = "session",
    request_body = SignIn,
    responses((status = 200, description = "Signed in.", body = SessionBody)))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    guest: Guest,
    Body(request): Body<SignIn>,
) -> Result<Opened, Refusal> {
    let admitted = app.sign_in().admit(&request.user, &guest.remote, Instant::now());
    admitted.map_err(Refusal::too_many_attempts)?;
    let found = app.store().credentials(&request.user).await?;
    let kept = found.as_ref().and_then(|credentials| credentials.password.clone());
    let verdict = app.passwords().check(request.password.clone(), kept).await?;
    let Some(credentials) = found.filter(|_| verdict != Verdict::Wrong) else {
        return Err(refuse(&app, &guest, &request.user, "wrong name or password").await);
    };
    if credentials.user.is_disabled || credentials.memberships.is_empty() {
        return Err(refuse(&app, &guest, &request.user, "the user is kept out").await);
    }
    prove_second_factor(&app, &guest, &credentials, &request).await?;
    let membership = membership(&credentials, request.organisation.as_deref())?;
    keep_stronger(&app, &guest, &credentials, verdict).await?;
    app.sign_in().note_success(&request.user, &guest.remote);
    let (user, all) = (&credentials.user, &credentials.memberships);
    let opened = opening::open_and_tell(&app, &guest, user, membership, all).await?;
    Ok(opening::answer(StatusCode::OK, opened))
}

/// The refusal of whoever does not prove who they are, the same in all cases. The audit log says
/// why.
async fn refuse(app: &App, guest: &Guest, name: &str, why: &str) -> Refusal {
    match app.store().refuse_sign_in(name, why, guest.by("netscan")).await {
        Ok(()) => Refusal::new(StatusCode::UNAUTHORIZED, "the name or the password is wrong"),
        Err(error) => error.into(),
    }
}

/// Holds the code against the second factor of who has one. Each code is good once.
async fn prove_second_factor(
    app: &App,
    guest: &Guest,
    credentials: &Credentials,
    request: &SignIn,
) -> Result<(), Refusal> {
    let Some(totp) = credentials.totp.as_ref().filter(|totp| totp.is_on) else { return Ok(()) };
    let Some(code) = &request.totp else {
        return Err(code_refusal("write the code that your authenticator shows now"));
    };
    let step = totp::step_of(&totp.secret, code, Timestamp::now());
    let is_right = match step {
        Some(step) => app.store().use_totp_step(credentials.user.id, step).await?,
        None => false,
    };
    if is_right {
        return Ok(());
    }
    let refused = app.store().refuse_sign_in(&request.user, "wrong code", guest.by("netscan"));
    refused.await?;
    Err(code_refusal("this code is wrong or was used; wait for the next one"))
}

fn code_refusal(message: &str) -> Refusal {
    Refusal::field("/totp", message).with_status(StatusCode::UNAUTHORIZED)
}

/// Where one goes on: in the organisation that one names, or else in the oldest of one's own.
fn membership<'a>(
    credentials: &'a Credentials,
    name: Option<&str>,
) -> Result<&'a Membership, Refusal> {
    let is_meant =
        |membership: &&Membership| name.is_none_or(|name| membership.organisation == name);
    let not_there =
        || Refusal::field("/organisation", "you belong to no organisation of that name");
    credentials.memberships.iter().find(is_meant).ok_or_else(not_there)
}

/// Keeps a password that was hashed with too little effort with more.
async fn keep_stronger(
    app: &App,
    guest: &Guest,
    credentials: &Credentials,
    verdict: Verdict,
) -> Result<(), Refusal> {
    let (Verdict::Outdated(hash), Some(membership)) = (verdict, credentials.memberships.first())
    else {
        return Ok(());
    };
    let actor = format!("user:{}", credentials.user.name);
    let Some(realm) = app.store().realm(membership.organisation_id).await? else { return Ok(()) };
    realm.set_password(credentials.user.id, &hash, None, guest.by(&actor)).await?;
    Ok(())
}
