//! Makes a token.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use netscan_api::token::{CreateToken, NewToken};
use netscan_model::access::{Grant, Permission};
use netscan_store::CallerKind;

use super::body::body;
use super::made::MadeToken;
use crate::app::App;
use crate::caller::Caller;
use crate::idempotency::ShownOnce;
use crate::input::Body;
use crate::refusal::Refusal;

/// Makes a token of one's own, which may do no more than oneself. The answer shows its secret, and
/// no other answer ever will. What a token makes is revoked with it.
#[utoipa::path(post, path = "/tokens", operation_id = "create_token", tag = "tokens",
    request_body = CreateToken,
    responses((status = 201, description = "Made.", body = NewToken)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<CreateToken>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let (now, record) = (Timestamp::now(), caller.record());
    let ends_at = end(&caller, &request, now)?;
    let role = request.role.unwrap_or(record.grant.role);
    let grant = Grant { role, scopes: request.scopes };
    if !record.grant.covers(&grant) {
        return Err(too_much(&record.grant, &grant));
    }
    let owner = record.user.as_ref().map(|user| user.id);
    let mut made = MadeToken::new(&request.name, grant, ends_at, owner);
    made.record.made_by = (record.kind == CallerKind::Token).then(|| record.id.clone());
    let stored = realm.create_token(&made.record, caller.by()).await?;
    let about = body(stored.ok_or_else(Refusal::unauthorised)?);
    app.bus().access_changed();
    let location = format!("/api/v1/tokens/{}", about.id);
    let answer = Json(NewToken { token: made.secret(), about });
    let shown = (StatusCode::CREATED, [("location", location)], Extension(ShownOnce), answer);
    Ok(shown.into_response())
}

/// When the token ends: as asked for, and no later than a token that makes it.
fn end(
    caller: &Caller,
    request: &CreateToken,
    now: Timestamp,
) -> Result<Option<Timestamp>, Refusal> {
    let after = request.expires_in_seconds.map(|seconds| now + Duration::from_secs(seconds));
    let field = if after.is_some() { "/expires_in_seconds" } else { "/expires_at" };
    let asked = after.or(request.expires_at);
    if asked.is_some_and(|end| end <= now) {
        return Err(Refusal::field(field, "this is past; a token ends in the future"));
    }
    let bound = caller.record().ends_at.filter(|_| caller.record().kind == CallerKind::Token);
    match (asked, bound) {
        (Some(asked), Some(bound)) if asked > bound => {
            let message = format!("a token does not outlive the one that makes it, until {bound}");
            Err(Refusal::field(field, message))
        }
        (asked, bound) => Ok(asked.or(bound)),
    }
}

fn too_much(own: &Grant, asked: &Grant) -> Refusal {
    if asked.role > own.role {
        let message =
            format!("you are {}, and a token of yours cannot be {}", own.role, asked.role);
        return Refusal::field("/role", message);
    }
    let message = "name only permissions that you have yourself; none named means all of the role";
    Refusal::field("/scopes", message)
}
