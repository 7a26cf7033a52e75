//! Ends a batch for good.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use netscan_api::batch::BatchBody;
use netscan_model::access::Permission;

use super::batch_body;
use crate::app::App;
use crate::caller::Caller;
use crate::input::Id;
use crate::refusal::Refusal;

/// Ends a batch for good. One that runs is over as soon as its worker has let go of it; what it
/// found is kept.
#[utoipa::path(post, path = "/batches/{id}/stop", operation_id = "stop_batch", tag = "batches",
    params(("id" = Uuid, Path, description = "The batch's id")),
    responses((status = 202, description = "The batch as it is now.", body = BatchBody)))]
pub(crate) async fn stop(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<(StatusCode, Json<BatchBody>), Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let batch = realm.stop_batch(id, caller.by()).await?;
    app.bus().ring(Some(batch.scan_id));
    Ok((StatusCode::ACCEPTED, Json(batch_body(batch))))
}
