//! Shows what a project may touch.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use netscan_model::access::Permission;
use netscan_model::scope::Scope;
use sha2::{Digest, Sha256};

use super::existing;
use crate::caller::Caller;
use crate::input::Word;
use crate::refusal::Refusal;
use crate::session::secret::hex;

/// Shows what a project may touch, and by whose leave.
///
/// The header `ETag` names this state of it; sent back as `If-Match` with a change, the change is
/// only made if the scope still is as it was seen.
#[utoipa::path(get, path = "/projects/{id}/scope", operation_id = "show_scope", tag = "projects",
    params(("id" = String, Path, description = "The project's id or name")),
    responses((status = 200, description = "The scope.", body = Scope)))]
pub(crate) async fn show_scope(caller: Caller, Word(reference): Word) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    answer(existing(realm, &reference).await?.scope)
}

/// A stored scope with its name.
pub(super) fn answer(stored: serde_json::Value) -> Result<Response, Refusal> {
    let tag = HeaderValue::from_str(&tag(&stored)).map_err(|error| Refusal::fault(&error))?;
    Ok(([(ETAG, tag)], Json(super::body::scope(stored)?)).into_response())
}

/// The entity tag of a stored scope (RFC 9110, section 8.8.3).
pub(super) fn tag(stored: &serde_json::Value) -> String {
    let hash = hex(&Sha256::digest(stored.to_string()));
    format!("\"{}\"", &hash[..32])
}
