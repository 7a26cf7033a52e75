//! Tries a batch again.

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
use crate::scans::leave;

/// Makes a new batch of what a batch that was given up or stopped has left over. A scan that had
/// ended goes on with it.
#[utoipa::path(post, path = "/batches/{id}/retry", operation_id = "retry_batch", tag = "batches",
    params(("id" = Uuid, Path, description = "The batch's id")),
    responses((status = 202, description = "The new batch.", body = BatchBody)))]
pub(crate) async fn retry(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<(StatusCode, Json<BatchBody>), Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let before = realm.batch(id).await?.ok_or_else(|| Refusal::not_found("batch"))?;
    leave::require(&app, &caller, realm, &realm.scan(before.scan_id).await?).await?;
    let batch = realm.retry_batch(id, caller.by()).await?;
    app.bus().ring(Some(batch.scan_id));
    Ok((StatusCode::ACCEPTED, Json(batch_body(batch))))
}
