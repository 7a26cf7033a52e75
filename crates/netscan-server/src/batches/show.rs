//! Shows a batch.

use axum::Json;
use netscan_api::batch::BatchBody;
use netscan_model::access::Permission;

use super::batch_body;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Shows a batch.
#[utoipa::path(get, path = "/batches/{id}", operation_id = "show_batch", tag = "batches",
    params(("id" = Uuid, Path, description = "The batch's id")),
    responses((status = 200, description = "The batch.", body = BatchBody)))]
pub(crate) async fn show(caller: Caller, Id(id): Id) -> Result<Json<BatchBody>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let batch = realm.batch(id).await?.ok_or_else(|| Refusal::not_found("batch"))?;
    Ok(Json(batch_body(batch)))
}
