//! Changes a batch.

use axum::Json;
use axum::extract::State;
use netscan_api::batch::{BatchBody, PatchBatch};
use netscan_model::access::Permission;
use netscan_store::BatchChanges;

use super::batch_body;
use crate::app::App;
use crate::caller::Caller;
use crate::input::{Body, Id};
use crate::refusal::Refusal;

/// Changes how a batch that is not over is run.
#[utoipa::path(patch, path = "/batches/{id}", operation_id = "update_batch", tag = "batches",
    params(("id" = Uuid, Path, description = "The batch's id")),
    request_body = PatchBatch,
    responses((status = 200, description = "The batch as it is now.", body = BatchBody)))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Body(request): Body<PatchBatch>,
) -> Result<Json<BatchBody>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let PatchBatch { priority, attempts_allowed } = request;
    let changes = BatchChanges { priority, attempts_allowed };
    let batch = realm.set_batch(id, &changes, caller.by()).await?;
    app.bus().ring(Some(batch.scan_id));
    Ok(Json(batch_body(batch)))
}
