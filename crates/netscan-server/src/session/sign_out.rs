//! Signs out.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderName, HeaderValue, StatusCode};

use crate::app::App;
use crate::browser::SESSION;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::session::guest::Guest;

/// Signs out: the session ends, and its cookie with it.
#[utoipa::path(delete, path = "/session", operation_id = "sign_out", tag = "session",
    responses((status = 204, description = "Signed out.")))]
pub(crate) async fn sign_out(
    State(app): State<App>,
    caller: Caller,
    guest: Guest,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), Refusal> {
    let Some(hash) = guest.session.as_deref().filter(|_| caller.is_by_cookie()) else {
        let detail = "a token has no session that could end; revoke the token instead";
        return Err(Refusal::conflict(detail));
    };
    app.store().close_session(hash, caller.by()).await?;
    app.bus().access_changed();
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, SESSION.clear(guest.is_secure))]))
}
