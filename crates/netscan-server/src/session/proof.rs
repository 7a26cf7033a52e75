//! The password once more, before something is changed that whoever walks up to an open screen must
//! not change.

use std::time::Instant;

use netscan_store::{Credentials, User};
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::session::password::Verdict;

/// The user who calls.
pub(crate) fn user(caller: &Caller) -> Result<&User, Refusal> {
    let nobody = "this token is nobody's own; call as a user";
    caller.record().user.as_ref().ok_or_else(|| Refusal::conflict(nobody))
}

/// The session that calls; none when it is a token.
pub(crate) fn session(caller: &Caller) -> Option<Uuid> {
    let id = Some(caller.record().id.as_str()).filter(|_| caller.is_by_cookie());
    id.and_then(|id| Uuid::try_parse(id).ok())
}

/// Who the caller is, if `password` is theirs; `field` is where it was written.
pub(crate) async fn prove(
    app: &App,
    caller: &Caller,
    password: String,
    field: &str,
) -> Result<Credentials, Refusal> {
    let user = user(caller)?;
    let admitted = app.sign_in().admit(&user.name, caller.remote(), Instant::now());
    admitted.map_err(Refusal::too_many_attempts)?;
    let credentials = app.store().credentials(&user.name).await?;
    let credentials = credentials.ok_or_else(Refusal::unauthorised)?;
    if credentials.password.is_none() {
        let detail = "you have no password here; whoever vouches for you keeps it";
        return Err(Refusal::conflict(detail));
    }
    match app.passwords().check(password, credentials.password.clone()).await? {
        Verdict::Wrong => Err(Refusal::field(field, "this is not your password")),
        Verdict::Right | Verdict::Outdated(_) => {
            app.sign_in().note_success(&user.name, caller.remote());
            Ok(credentials)
        }
    }
}
