//! Shows a host.

use axum::Json;
use netscan_api::host::HostBody;
use netscan_model::access::Permission;

use super::{HostId, body};
use crate::caller::Caller;
use crate::input::Word;
use crate::refusal::Refusal;

/// Shows what one scan knows of one address.
#[utoipa::path(get, path = "/hosts/{id}", operation_id = "show_host", tag = "hosts",
    params(("id" = String, Path, description = "The host's id, as lists have it")),
    responses((status = 200, description = "The host.", body = HostBody)))]
pub(crate) async fn show(caller: Caller, Word(id): Word) -> Result<Json<HostBody>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let missing = || Refusal::not_found("host");
    let HostId { scan, address } = HostId::parse(&id).ok_or_else(missing)?;
    let found = realm.host(scan, address).await?;
    found.map(|found| Json(body(found))).ok_or_else(missing)
}
