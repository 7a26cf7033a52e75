//! Cuts a batch into smaller ones.

use axum::Json;
use axum::extract::State;
use netscan_api::batch::{SplitBody, SplitOutcome};
use netscan_api::scan::Cut;
use netscan_model::access::Permission;
use netscan_store::{BatchRecord, Split};

use super::batch_body;
use crate::app::App;
use crate::caller::Caller;
use crate::input::{Body, Id};
use crate::refusal::Refusal;

/// Cuts a batch into parts of so many addresses, or asks its worker to. A batch that was cut before
/// keeps the parts that it has.
#[utoipa::path(post, path = "/batches/{id}/split", operation_id = "split_batch", tag = "batches",
    params(("id" = Uuid, Path, description = "The batch's id")),
    request_body = Cut,
    responses((status = 200, description = "What came of it.", body = SplitBody)))]
pub(crate) async fn split(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Body(cut): Body<Cut>,
) -> Result<Json<SplitBody>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let missing = || Refusal::field("/chunk_size", "is missing: how many addresses?");
    let size = cut.size().ok_or_else(missing)?;
    let batch = realm.batch(id).await?.ok_or_else(|| Refusal::not_found("batch"))?;
    let split = realm.split_batch_by_id(id, size, caller.by()).await?;
    app.bus().ring(Some(batch.scan_id));
    body(&batch, split).map(Json)
}

fn body(batch: &BatchRecord, split: Split) -> Result<SplitBody, Refusal> {
    let without_parts = |outcome| SplitBody { outcome, parts: Vec::new() };
    Ok(match split {
        Split::Done(parts) => SplitBody {
            outcome: SplitOutcome::Done,
            parts: parts.into_iter().map(batch_body).collect(),
        },
        Split::Asked => without_parts(SplitOutcome::Asked),
        Split::SmallEnough => without_parts(SplitOutcome::SmallEnough),
        Split::Over(state) => {
            let number = batch.number;
            let detail = format!("batch {number} is {state} and cannot be cut any more");
            return Err(Refusal::conflict(detail));
        }
    })
}
