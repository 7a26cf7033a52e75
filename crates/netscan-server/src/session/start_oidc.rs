//! Sends a browser to the OpenID provider.

use std::time::Instant;

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue, StatusCode};

use crate::app::App;
use crate::browser::ERRAND;
use crate::refusal::Refusal;
use crate::session::guest::Guest;
use crate::session::oidc;

/// Sends the browser to the OpenID provider, to sign in there.
#[utoipa::path(get, path = "/session/oidc", operation_id = "start_oidc", tag = "session",
    responses((status = 302, description = "To the provider.")))]
pub(crate) async fn start(
    State(app): State<App>,
    guest: Guest,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 2]), Refusal> {
    let (provider, now) = (app.oidc().ok_or_else(no_provider)?, Instant::now());
    let admitted = app.sign_in().admit_nameless(&guest.remote, now);
    admitted.map_err(Refusal::too_many_attempts)?;
    let departure = provider.send(return_to(&app, &guest), now).await?;
    let url = HeaderValue::try_from(departure.url);
    let url = url.map_err(|error| Refusal::fault(&error))?;
    let cookie = ERRAND.set(&departure.cookie, Some(oidc::ERRAND_LIFETIME), guest.is_secure);
    Ok((StatusCode::FOUND, [(LOCATION, url), (SET_COOKIE, cookie)]))
}

pub(super) fn no_provider() -> Refusal {
    Refusal::not_found("OpenID provider; sign in with a password")
}

/// Where the provider sends the browser back to: our public address, or else the one that the
/// browser knows us by.
fn return_to(app: &App, guest: &Guest) -> String {
    let scheme = if guest.is_secure { "https" } else { "http" };
    let public = app.settings().public_url.as_deref().map(|url| url.trim_end_matches('/'));
    let base = public.map_or_else(|| format!("{scheme}://{}", guest.host), str::to_owned);
    format!("{base}/api/v1/session/oidc/callback")
}
