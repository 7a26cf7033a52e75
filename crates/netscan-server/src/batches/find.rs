//! Finds the batch of a project that somebody means.

use axum::Json;
use netscan_api::Page;
use netscan_api::batch::BatchBody;
use netscan_api::query::FindBatch;
use netscan_model::access::Permission;

use super::batch_body;
use crate::caller::Caller;
use crate::input::Query;
use crate::projects;
use crate::refusal::Refusal;

/// Finds the batch of a project that an id or the beginning of one, `SCAN/NUMBER`, or a number
/// within the newest scan means.
#[utoipa::path(get, path = "/batches", operation_id = "find_batch", tag = "batches",
    params(FindBatch),
    responses((status = 200, description = "The batch, or none.", body = Page<BatchBody>)))]
pub(crate) async fn find(
    caller: Caller,
    Query(query): Query<FindBatch>,
) -> Result<Json<Page<BatchBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let project = projects::existing(realm, &query.project).await?.id.to_string();
    let found = realm.find_batch(&project, &query.reference).await?;
    Ok(Json(Page::whole(found.into_iter().map(batch_body).collect())))
}
