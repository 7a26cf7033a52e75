//! Changes what a project may touch.

use axum::http::header::IF_MATCH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use netscan_model::access::Permission;
use netscan_model::scope::Scope;

use super::existing;
use super::show_scope::{answer, tag};
use crate::caller::Caller;
use crate::input::{Body, Word};
use crate::refusal::Refusal;

/// Says anew what a project may touch, and by whose leave: all rules at once.
#[utoipa::path(put, path = "/projects/{id}/scope", operation_id = "change_scope", tag = "projects",
    params(
        ("id" = String, Path, description = "The project's id or name"),
        ("If-Match" = Option<String>, Header,
            description = "The ETag of the scope that was looked at before: when it is another by \
                now, nothing is changed"),
    ),
    request_body = Scope,
    responses((status = 200, description = "The scope as it is now.", body = Scope)))]
pub(crate) async fn change_scope(
    caller: Caller,
    Word(reference): Word,
    headers: HeaderMap,
    Body(scope): Body<Scope>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Scope)?;
    let project = existing(realm, &reference).await?;
    refuse_surprise(&headers, &tag(&project.scope))?;
    let after = serde_json::to_value(&scope).map_err(|error| Refusal::fault(&error))?;
    let id = project.id.to_string();
    realm.change_scope(&id, &project.scope, &after, caller.by()).await?;
    answer(after)
}

/// Whoever says what they have seen must have seen the present state.
fn refuse_surprise(headers: &HeaderMap, tag: &str) -> Result<(), Refusal> {
    let Some(seen) = headers.get(IF_MATCH) else { return Ok(()) };
    let seen = seen.to_str().unwrap_or_default();
    if seen.split(',').map(str::trim).any(|seen| seen == tag || seen == "*") {
        return Ok(());
    }
    let detail = "the scope was changed by someone else meanwhile; look at it again";
    Err(Refusal::new(StatusCode::PRECONDITION_FAILED, detail))
}
